"""Whether answers can be told from guessing, and whether a network collapsed."""

from collections.abc import Iterable

from report.evidence.accuracy import Tested
from report.evidence.by_picture import are_classes
from report.evidence.display_names import pair
from report.evidence.load import StudyView
from report.evidence.numbers import Number, Quantity, derive, integer, mean_of, percent
from report.evidence.once import once_a_run
from report.evidence.repeats import class_counts, n_images, validated_by
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, Sentence, say
from report.evidence.statistics import SIGNIFICANCE, by_class, right_bits, right_by_class
from report.evidence.very_many import count_of, some_of
from training.records import Dataset, ValidationAnswers

ONE_ANSWER = 0.95
"""A network that can't be told from guessing and gives one answer to this share of the pictures has
collapsed to one class."""

BEST, LAST = "validation_answers", "last_answers"


def answers(view: StudyView, run: Run, which: str = BEST) -> ValidationAnswers | None:
    """Return the answers to the validation pictures; None where a record lacks them.

    Args:
        which: After the best epoch (`BEST`) or the last (`LAST`), which may be the same.
    """
    if which == LAST and run.metrics.epochs_run == run.metrics.best_epoch:
        which = BEST
    found: ValidationAnswers | None = getattr(run.metrics, which)
    return found if found is not None and _fits(found, view.dataset, run) else None


def _fits(found: ValidationAnswers, dataset: Dataset | None, run: Run) -> bool:
    """Tell whether answers are of the data set described here, and add up."""
    if dataset is None or dataset.fingerprint != run.metrics.dataset_fingerprint:
        return False
    n, sizes = validated_by(run, dataset)
    return (
        len(found.right) == -(-n // 4)
        and len(found.given) == len(found.right_in_class) == len(sizes)
        and all(r <= size for r, size in zip(found.right_in_class, sizes, strict=True))
        and sum(found.given) == n
        and sum(found.right_in_class) == right_bits(found.right).bit_count()
    )


def _pointer(run: Run, which: str) -> str:
    same = run.metrics.epochs_run == run.metrics.best_epoch
    return f"/{BEST if same else which}"


def class_accuracy(view: StudyView, run: Run, which: str = BEST) -> Quantity:
    """Return the mean over classes of the share of validation pictures named rightly."""
    right = run.number(f"{_pointer(run, which)}/right_in_class")
    return derive("class_accuracy", right, class_counts(view, run, "validation"))


def _limit(view: StudyView, run: Run, which: str) -> Quantity:
    """Return the class accuracy up to which answers can't be told from guessing.

    The best epoch was picked among all, the last wasn't.
    """
    given = run.number(f"{_pointer(run, which)}/given")
    looks = [run.number("/epochs_run")] if which == BEST else []
    return derive("guessing_limit", given, class_counts(view, run, "validation"), *looks)


@once_a_run
def never_learned(view: StudyView, run: Run) -> bool:
    """Tell whether a run's answers to the validation pictures can't be told from guessing.

    Its mean accuracy over the classes isn't measurably above one in the number of classes. Records
    that don't keep answers are held against naming the most frequent class every time, which is
    less than can be said.
    """
    if view.dataset is None or run.metrics.validation is None:
        return False
    runs = view.finished(run.id)
    if _all_kept(view, runs):
        limits = mean_of([_limit(view, r, BEST) for r in runs])
        return bool(_class_accuracies(view, runs).value <= limits.value)
    accuracy = mean_of([r.number("/validation/accuracy") for r in runs])
    return _within_one_class(view, accuracy)


def _all_kept(view: StudyView, runs: list[Run]) -> bool:
    return bool(runs) and all(answers(view, run) is not None for run in runs)


@once_a_run
def _keeps_answers(view: StudyView, run: Run) -> bool:
    return _all_kept(view, view.finished(run.id))


def _class_accuracies(view: StudyView, runs: list[Run]) -> Quantity:
    return mean_of([class_accuracy(view, run) for run in runs])


def _within_one_class(view: StudyView, accuracy: Quantity) -> bool:
    """Tell whether a validation accuracy is within noise of always naming one class."""
    n_images = view.dataset_number("/n_validation")
    right = derive("rounded_product", accuracy, n_images)
    low = derive("wilson_low", right, n_images)
    return bool(low.value <= _largest_share(view, "validation").value)


def _largest_share(view: StudyView, split: str) -> Quantity:
    return derive("largest_share", view.dataset_number(f"/counts/{split}"))


def that_is_guessing(view: StudyView, run: Run) -> list[Sentence]:
    """Say so of a run that never learned."""
    if not never_learned(view, run):
        return []
    runs = view.finished(run.id)
    if not _all_kept(view, runs):
        return [
            say("Its validation accuracy can’t be told from naming the most frequent class every "
                "time, right for ", percent(_largest_share(view, "validation")), ".",
                strength="strong")
        ]  # fmt: skip
    one = _one_answer(view, run, BEST)
    return [
        say("Its validation accuracy can’t be told from guessing: the mean over the classes is ",
            percent(_class_accuracies(view, runs)), ", where guessing gives ",
            _chance(view, "validation"), *(("; it has ", *one) if one else ()), ".",
            strength="strong")
    ]  # fmt: skip


def those_that_guess(view: StudyView, runs: list[Run]) -> list[Sentence]:
    """Name the pairs that never learned, by what their records keep."""
    kept: list[Run] = []
    older: list[Run] = []
    for run in runs:
        (kept if _keeps_answers(view, run) else older).append(run)
    said = []
    count = count_of(view, "/validation/accuracy")
    if kept:
        said.append(
            say(some_of(view, kept, lambda run: _with_class_accuracy(view, run), count),
                " can’t be told from guessing: the mean accuracy over the classes, "
                "in brackets, isn’t measurably above that of guessing, ",
                _chance(view, "validation"), ".", strength="strong")
        )  # fmt: skip
    if older:
        said.append(
            say(some_of(view, older, lambda run: _with_accuracy(view, run), count),
                " can’t be told from naming the most frequent class every time, ",
                "which is right for ",
                percent(_largest_share(view, "validation")), " of the validation pictures.",
                strength="strong")
        )  # fmt: skip
    return said


def _with_class_accuracy(view: StudyView, run: Run) -> Parts:
    one = _one_answer(view, run, BEST)
    accuracy = percent(_class_accuracies(view, view.finished(run.id)))
    return say(pair(run), " (", accuracy, *((", ", *one) if one else ()), ")").parts


def _with_accuracy(view: StudyView, run: Run) -> Parts:
    seeds = view.finished(run.id)
    accuracy = mean_of([seed.number("/validation/accuracy") for seed in seeds])
    return say(pair(run), " (", percent(accuracy), ")").parts


def better_than(view: StudyView, runs: list[Run]) -> str:
    """Name what runs that learned are measurably better than."""
    kept = {_keeps_answers(view, run) for run in runs}
    if kept == {True}:
        return "guessing"
    one_class = "naming the most frequent class every time"
    return f"guessing, or where no answers were kept {one_class}" if True in kept else one_class


def _chance(view: StudyView, split: str) -> Number:
    return percent(derive("even_share", view.dataset_number(f"/counts/{split}")))


def _one_answer(view: StudyView, run: Run, which: str) -> Parts:
    """Name the class that a network which can't be told from guessing has collapsed to, if any."""
    found = answers(view, run, which)
    if found is None or len(view.finished(run.id)) > 1:
        return ()
    share = derive("largest_share", run.number(f"{_pointer(run, which)}/given"))
    if share.value < ONE_ANSWER:
        return ()
    assert view.dataset is not None
    name = view.dataset.classes[found.given.index(max(found.given))].replace("_", " ")
    return say(
        "collapsed to one class, ", Name(name), ", its answer to ", percent(share),
        " of the pictures",
    ).parts  # fmt: skip


def collapsed(view: StudyView, run: Run) -> bool:
    """Tell whether a run that had learned can't be told from guessing after its last epoch.

    Its answers then are also measurably worse than those after the best epoch, on the same pictures
    (exact McNemar test, the level divided by the number of epochs among which the best was picked).
    Records that keep no answers are judged by accuracies: the last is within noise of naming one
    class, and measurably below the best as if of other pictures.
    """
    epochs, best = run.metrics.epochs_run, run.metrics.best_epoch
    if view.dataset is None or run.metrics.status != "done" or epochs == best:
        return False
    if run.metrics.validation is None or never_learned(view, run) or run.curves is None:
        return False
    then, now = answers(view, run), answers(view, run, LAST)
    if then is not None and now is not None:
        limit = _limit(view, run, LAST)
        p = derive("mcnemar_right", *(run.number(f"/{which}/right") for which in (BEST, LAST)))
        worse = sum(now.right_in_class) < sum(then.right_in_class)
        chance = class_accuracy(view, run, LAST).value <= limit.value
        return bool(chance and worse and p.value < SIGNIFICANCE / epochs)
    n = n_images(view, run, "validation")
    ends = [run.number("/validation/accuracy"), last_accuracy(run)]
    operands = [part for a in ends for part in (derive("rounded_product", a, n), n)]
    return _within_one_class(view, ends[1]) and derive("newcombe_low", *operands).value > 0


def last_accuracy(run: Run) -> Quantity:
    """Return the validation accuracy after the last epoch; the run must have curves."""
    assert run.curves is not None
    return run.curve(f"/validation_accuracy/{len(run.curves.epoch) - 1}")


def collapse(view: StudyView, run: Run, name: Parts = ()) -> list[Sentence]:
    """Say that a run collapsed, from what to what.

    Args:
        name: What to call it, where that isn't clear.
    """
    if not collapsed(view, run):
        return []
    start: Parts = say(
        *(("The validation accuracy of ", *name) if name else ("Validation accuracy",)),
        " fell from ", percent(run.number("/validation/accuracy")), " in epoch ",
        integer(run.number("/best_epoch")), " to ", percent(last_accuracy(run)),
        " after the last of ", integer(run.number("/epochs_run")), ", which can’t be told from ",
    ).parts  # fmt: skip
    if answers(view, run, LAST) is None or answers(view, run) is None:
        return [
            say(start, "naming the most frequent class every time: it collapsed.",
                strength="strong")
        ]  # fmt: skip
    how = _one_answer(view, run, LAST) or ("collapsed",)
    return [
        say(start, "guessing (the mean over the classes is ",
            percent(class_accuracy(view, run, LAST)), ", where guessing gives ",
            _chance(view, "validation"), "): it ", *how, ".", strength="strong")
    ]  # fmt: skip


def learned_nothing(view: StudyView, tested: Tested) -> bool:
    """Tell whether a tested model's answers to the test pictures can't be told from guessing."""
    if view.dataset is None or view.dataset.n_test != tested.runs[0].number("/test/n_images").value:
        return False
    if _keeps_test_answers(view, tested):
        limit = mean_of([_test_limit(view, run) for run in tested.runs])
        return bool(_test_class_accuracy(view, tested).value <= limit.value)
    return bool(tested.low.value <= _largest_share(view, "test").value)


def tests_better_than(view: StudyView, tested: Iterable[Tested]) -> str:
    """Name what tested models that learned nothing aren't measurably better than."""
    kept = all(_keeps_test_answers(view, item) for item in tested)
    return "guessing" if kept else "naming one class every time"


def _keeps_test_answers(view: StudyView, tested: Tested) -> bool:
    """Tell whether predictions are there, of the data set described here, and add up."""
    return all(_predictions_fit(view.dataset, run) for run in tested.runs)


def _predictions_fit(dataset: Dataset | None, run: Run) -> bool:
    found, test = run.predictions, run.metrics.test
    if dataset is None or found is None or test is None:
        return False
    n_classes = len(dataset.classes)
    return (
        found.dataset_fingerprint == dataset.fingerprint
        and by_class(found.label, n_classes) == dataset.counts.test
        and are_classes(found.predicted, n_classes)
        and sum(right_by_class(found.label, found.predicted, n_classes)) == test.n_correct
    )


def _test_class_accuracy(view: StudyView, tested: Tested) -> Quantity:
    classes, sizes = view.dataset_number("/classes"), view.dataset_number("/counts/test")
    found = []
    for run in tested.runs:
        answered = run.prediction("/label"), run.prediction("/predicted")
        right = derive("right_by_class", *answered, classes)
        found.append(derive("class_accuracy", right, sizes))
    return mean_of(found)


def _test_limit(view: StudyView, run: Run) -> Quantity:
    given = derive("by_class", run.prediction("/predicted"), view.dataset_number("/classes"))
    return derive("guessing_limit", given, view.dataset_number("/counts/test"))


def test_is_guessing(view: StudyView, tested: Tested) -> list[Sentence]:
    """Say so of a model that learned nothing."""
    if not learned_nothing(view, tested):
        return []
    if not _keeps_test_answers(view, tested):
        return [
            say("Its test accuracy can’t be told from naming the most frequent class every time, "
                "right for ", percent(_largest_share(view, "test")), ".", strength="strong")
        ]  # fmt: skip
    return [
        say("Its test accuracy can’t be told from guessing: the mean over the classes is ",
            percent(_test_class_accuracy(view, tested)), ", where guessing gives ",
            _chance(view, "test"), ".", strength="strong")
    ]  # fmt: skip
