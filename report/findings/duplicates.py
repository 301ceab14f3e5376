"""Pictures that the data set has twice, and what the test accuracies are without them."""

from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, integer, mean_of, points
from report.evidence.run import Run
from report.evidence.sentences import Parts, Sentence, parts, say
from training.records import Experiment


def found(view: StudyView) -> list[Sentence]:
    """Say how many test pictures were trained on or chosen by; nothing where nobody looked."""
    if view.dataset is None or view.dataset.duplicates is None:
        return []
    n_across = _n_across(view)
    if not n_across.value:
        return [say("No two pictures of different splits are identical or nearly identical.")]
    pairs = " pair" if n_across.value == 1 else " pairs"
    sentences = [
        say(integer(n_across), pairs, " of identical or nearly identical pictures ",
            "stands" if n_across.value == 1 else "stand", " in two different splits.")
    ]  # fmt: skip
    n_twins = n_test_twins(view)
    if n_twins is not None:
        has = " test picture has" if n_twins.value == 1 else " test pictures have"
        sentences.append(
            say("Because of them ", integer(n_twins), has,
                " a twin in train or validation; what a model answers there may be memory.")
        )  # fmt: skip
    return sentences


def _n_across(view: StudyView) -> Quantity:
    names = ("n_identical_across", "n_near_across")
    return derive("sum", *(view.dataset_number(f"/duplicates/{name}") for name in names))


def n_test_twins(view: StudyView) -> Quantity | None:
    """Return how many test pictures have a twin in train or validation; None for none."""
    dataset = view.dataset
    if dataset is None or dataset.duplicates is None or not dataset.duplicates.test_twins:
        return None
    return derive("length", view.dataset_number("/duplicates/test_twins"))


def runs_with_answers(view: StudyView, experiment: Experiment) -> list[Run]:
    """Return the tested runs with answers on these pictures, some of which have no twin."""
    dataset = view.dataset
    if dataset is None or n_test_twins(view) is None:
        return []
    return [
        run
        for run in view.tested(experiment.id)
        if run.predictions is not None
        and run.predictions.dataset_fingerprint == dataset.fingerprint
        and len(run.predictions.label) > max(_places(view), default=-1)
        and len(run.predictions.label) > len(set(_places(view)))
    ]


def _places(view: StudyView) -> list[int]:
    assert view.dataset is not None
    assert view.dataset.duplicates is not None
    return view.dataset.duplicates.test_twins


def n_right_without(view: StudyView, run: Run) -> Quantity:
    """Return how many test pictures without a twin were named rightly."""
    twins = view.dataset_number("/duplicates/test_twins")
    return derive(
        "n_right_without", run.prediction("/label"), run.prediction("/predicted"), twins
    )  # fmt: skip


def n_without(view: StudyView, run: Run) -> Quantity:
    """Return how many test pictures have no twin."""
    twins = view.dataset_number("/duplicates/test_twins")
    return derive("n_without", run.prediction("/label"), twins)


def accuracy_without(view: StudyView, runs: list[Run]) -> Quantity:
    """Return the test accuracy without the twins, the mean over seeds."""
    return mean_of([derive("ratio", n_right_without(view, run), n_without(view, run))
                    for run in runs])  # fmt: skip


def change_without(view: StudyView, runs: list[Run]) -> Quantity:
    """Return by how much the test accuracy changes where the twins are left out."""
    whole = mean_of([run.number("/test/accuracy") for run in runs])
    return derive("difference", accuracy_without(view, runs), whole)


A_TENTH = 0.0005
"""Half of the last digit that is printed, as a fraction: what is less would read as nothing."""


def what_they_change(view: StudyView) -> list[Sentence]:
    """Say how far leaving the twins out moves a test accuracy at most."""
    changes = [
        change_without(view, runs) for e in view.listed if (runs := runs_with_answers(view, e))
    ]
    n_twins = n_test_twins(view)
    if not changes or n_twins is None:
        return []
    noun = " test picture that has" if n_twins.value == 1 else " test pictures that have"
    largest = max(changes, key=lambda change: abs(change.value))
    moved: Parts = parts("the test accuracies stay as they are.")
    if largest.value:
        moved = parts("no test accuracy changes by a tenth of a point.")
    if abs(largest.value) >= A_TENTH:
        moved = parts("no test accuracy changes by more than ", points(largest), " points.")
    return [
        say("Without the ", integer(n_twins), noun, " a twin in train or validation, ", moved)
    ]  # fmt: skip
