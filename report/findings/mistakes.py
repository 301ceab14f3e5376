"""Where the best network errs: its classes, its confusions, its certainty."""

from report.evidence.by_picture import are_classes, distinct
from report.evidence.display_names import INTERVAL
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, integer, percent, points
from report.evidence.repeats import has_several, in_which
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, Sentence, numbered, say
from report.evidence.statistics import by_class as count_by_class
from report.evidence.statistics import right_by_class
from report.findings.calibration import how_sure
from report.findings.scored import scored
from training.records import confused_pairs, rank


def best_finalist(view: StudyView) -> Run | None:
    """Return the first seed's run of the tested model that validation chooses.

    The test set has no part in the choice, so that the mistakes shown are not picked by it.
    """
    if view.dataset is None:
        return None
    usable = [e for e in view.listed if any(fits(run, view) for run in view.tested(e.id)[:1])]
    best = min(usable, key=lambda e: rank([run.metrics for run in view.tested(e.id)]), default=None)
    return None if best is None else view.tested(best.id)[0]


def fits(run: Run, view: StudyView) -> bool:
    """Tell whether the predictions are of the data set described here."""
    record, dataset = run.predictions, view.dataset
    return (
        record is not None
        and dataset is not None
        and record.dataset_fingerprint == dataset.fingerprint
        and are_classes(record.label, len(dataset.classes))
        and are_classes(record.predicted, len(dataset.classes))
    )


def class_name(view: StudyView, index: int) -> Name:
    assert view.dataset is not None
    return Name(view.dataset.classes[index].replace("_", " "))


def class_size(view: StudyView, run: Run, index: int) -> Quantity:
    """Return how many test pictures a class has."""
    return derive("in_class", run.prediction("/label"), *_named(view, index))


def class_right(view: StudyView, run: Run, index: int) -> Quantity:
    """Return how many of a class's test pictures were named rightly."""
    return derive("right_in_class", *_answers(run), *_named(view, index))


def confusion(view: StudyView, run: Run, true: int, guess: int) -> Quantity:
    """Return how many pictures of one class were taken for another."""
    guessed = view.dataset_number(f"/classes/{guess}")
    return derive("confused", *_answers(run), *_named(view, true), guessed)


def _answers(run: Run) -> tuple[Quantity, Quantity]:
    return run.prediction("/label"), run.prediction("/predicted")


def _named(view: StudyView, index: int) -> tuple[Quantity, Quantity]:
    return view.dataset_number("/classes"), view.dataset_number(f"/classes/{index}")


def hardest_classes(run: Run, n: int) -> list[int]:
    """Return classes by rising share of pictures named rightly; ties: the larger class first."""
    assert run.predictions is not None
    label, predicted = run.predictions.label, run.predictions.predicted
    classes = distinct(label)
    n_classes = max(classes, default=-1) + 1
    sizes = count_by_class(label, n_classes)
    right = right_by_class(label, predicted, n_classes)
    ranked = sorted(classes, key=lambda i: (right[i] / sizes[i], -sizes[i], i))
    return [i for i in ranked if right[i] < sizes[i]][:n]


def whose_mistakes(view: StudyView, run: Run) -> list[Sentence]:
    """Name the network looked at, and how it was chosen."""
    wrong = derive("difference", run.number("/test/n_images"), run.number("/test/n_correct"))
    validation = run.number("/validation/accuracy")
    return [
        say(
            "The network looked at is ", Name(run.name),
            ", of all tested networks the one with the highest validation accuracy (",
            percent(validation), *_seed(view, run),
            "). Of ", numbered(integer(run.number("/test/n_images")), "test picture"),
            " it names ",
            integer(wrong), " wrongly.",
        )
    ]  # fmt: skip


def _seed(view: StudyView, run: Run) -> Parts:
    """Name the seed or fold where there are several."""
    if not has_several(view):
        return ()
    return in_which(run)


def by_class(view: StudyView, run: Run) -> list[Sentence]:
    """State how many classes are without a mistake, and which is the hardest."""
    assert view.dataset is not None
    sentences = [
        say(
            "Classes of which every test picture is named rightly: ",
            integer(derive("n_perfect", *_answers(run))), " of ",
            integer(derive("length", view.dataset_number("/classes"))), ".",
        )
    ]  # fmt: skip
    hardest = hardest_classes(run, 1)
    if hardest:
        sentences.append(
            say(
                "The hardest class is ", class_name(view, hardest[0]), ": ",
                integer(class_right(view, run, hardest[0])), " of ",
                integer(class_size(view, run, hardest[0])), " right.",
            )
        )  # fmt: skip
    return sentences + _commonest(view, run)


def _commonest(view: StudyView, run: Run) -> list[Sentence]:
    assert run.predictions is not None
    pairs = confused_pairs(run.predictions, 1)
    if not pairs:
        return []
    true, guess = pairs[0]
    return [
        say(
            "Most often ", class_name(view, true), " is taken for ", class_name(view, guess), ": ",
            integer(confusion(view, run, true, guess)), " of its ",
            numbered(integer(class_size(view, run, true)), "picture"), ".",
        )
    ]  # fmt: skip


def certainty(view: StudyView, run: Run) -> list[Sentence]:
    """Compare the stated probability where the network is right and where it is wrong."""
    if not hardest_classes(run, 1) or not run.number("/test/n_correct").value:
        return []
    operands = (*_answers(run), run.prediction("/probability"))
    right, wrong = derive("mean_if_right", *operands), derive("mean_if_wrong", *operands)
    return [
        say(
            "It gives its answers a mean probability of ", percent(right),
            " where they are right and ", percent(wrong), " where they are wrong.",
        ),
        how_sure(run) if scored(view, run) else _confidence(run),
    ]  # fmt: skip


def _confidence(run: Run) -> Sentence:
    """Say whether the mean probability is the share of right answers, within its interval."""
    mean = derive("average", run.prediction("/probability"))
    counts = run.number("/test/n_correct"), run.number("/test/n_images")
    low, high = derive("wilson_low", *counts), derive("wilson_high", *counts)
    apart = derive("difference", mean, run.number("/test/accuracy"))
    start = say("Over all answers the mean probability is ", percent(mean), ", ")
    interval = say(percent(low), " to ", percent(high))
    if low.value <= mean.value <= high.value:
        return say(start.parts, "within the ", INTERVAL, " of its accuracy, ", interval.parts,
                   ": on average it is as sure as it is right.", strength="weak")  # fmt: skip
    how, side = ("overconfident", "above") if apart.value > 0 else ("underconfident", "below")
    return say(start.parts, points(apart), f" points {side} its accuracy and outside its ",
               INTERVAL, ", ", interval.parts, f": it is {how}.", strength="strong")  # fmt: skip
