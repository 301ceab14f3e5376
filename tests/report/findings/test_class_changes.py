"""Each comparison names the classes that it measurably changes, once."""

import pytest
from in_memory import a_dataset, a_run, a_view
from in_memory import said as text_of
from scipy.stats import binomtest

from report.evidence.statistics import class_gain
from report.findings.answers import answers
from report.findings.class_changes import class_changes, class_effects, compared
from report.tables.class_changes import class_changes_table
from training.records import Experiment

BASE, TUNED, FROZEN, ALTERED = (
    "scratch/best", "transfer/best", "freezing/cnn", "augmentation/one-of-three"
)  # fmt: skip
N = 100


def a_model(name, *right, seed=0, fingerprint=None):
    """Make a tested run from how many of each of four classes' pictures it names rightly."""
    label, guesses = [], []
    for index, n_right in enumerate(right):
        label += [index] * N
        guesses += [index] * n_right + [(index + 1) % 4] * (N - n_right)
    probability = [1.0] * len(label)
    answered = (label, guesses, probability, *([fingerprint] if fingerprint else []))
    return a_run(name, answers=answered, experiment=Experiment(id=name, question="?", test=True),
                 seed=seed)  # fmt: skip


def view_of(*runs):
    return a_view(*runs, dataset=a_dataset((500,) * 4, (N,) * 4, (N,) * 4))


def test_classes_that_a_change_hurts_are_named_the_worst_first():
    view = view_of(a_model(TUNED, 90, 90, 90, 90), a_model(ALTERED, 60, 90, 20, 89))
    assert text_of(class_effects(view, ALTERED)) == (
        "Augmentation measurably hurts 2 of 4 classes, cat (−70.0 points) and ant (−30.0)."
    )


def test_both_sides_are_named_the_larger_first():
    view = view_of(a_model(BASE, 60, 50, 90, 90), a_model(TUNED, 90, 90, 90, 60))
    assert text_of(class_effects(view, TUNED)) == (
        "Pre-training measurably helps 2 of 4 classes, bee (+40.0 points) and ant (+30.0); it "
        "hurts 1, dog (−30.0)."
    )


def test_a_whole_that_is_level_may_hide_classes_that_are_not():
    view = view_of(a_model(TUNED, 60, 90, 80, 80), a_model(FROZEN, 90, 60, 80, 80))
    text = text_of(class_effects(view, FROZEN))
    assert text == (
        "Freezing the convolutions measurably hurts 1 of 4 classes, bee (−30.0 points); it helps "
        "1, ant (+30.0)."
    )


def test_of_more_than_three_the_most_changed_are_named():
    view = view_of(a_model(TUNED, 90, 90, 90, 90), a_model(ALTERED, 60, 50, 20, 40))
    assert "hurts 4 of 4 classes, most of all cat (−70.0 points), dog (−50.0) and bee" in text_of(
        class_effects(view, ALTERED)
    )


@pytest.mark.parametrize("right", [(84, 90, 90, 90), (90, 90, 90, 90)], ids=["uncorrected", "same"])
def test_what_the_corrected_test_cannot_tell_is_not_said(right):
    """Six pictures of one class, all one way, have p = 0.031; of four classes that is 0.125."""
    view = view_of(a_model(TUNED, 90, 90, 90, 90), a_model(ALTERED, *right))
    assert class_effects(view, ALTERED) == []


@pytest.mark.parametrize("which", ["several seeds", "other pictures", "nothing to hold against"])
def test_what_cannot_be_compared_is_not(which):
    runs = [a_model(TUNED, 90, 90, 90, 90), a_model(ALTERED, 20, 90, 90, 90)]
    if which == "several seeds":
        runs += [a_model(TUNED, 90, 90, 90, 90, seed=1), a_model(ALTERED, 20, 90, 90, 90, seed=1)]
    if which == "other pictures":
        runs = [a_model(run.id, 20 + i, 90, 90, 90, fingerprint="other")
                for i, run in enumerate(runs)]  # fmt: skip
    if which == "nothing to hold against":
        runs = runs[1:]
    assert class_effects(view_of(*runs), ALTERED) == []


def test_p_values_are_those_of_the_binomial_test_corrected_by_holm():
    view = view_of(a_model(TUNED, 90, 90, 90, 90), a_model(ALTERED, 80, 70, 90, 90))
    difference = next(d for a in answers(view) for d in a.differences)
    found = {change.index: change.p for change in class_changes(view, difference)}
    assert found[1] == pytest.approx(4 * binomtest(0, 20).pvalue)
    assert found[0] == pytest.approx(3 * binomtest(0, 10).pvalue)
    assert found[2] == found[3] == 1


def test_a_gain_is_a_difference_of_shares_of_one_class():
    assert class_gain([0, 0, 0, 1], [0, 0, 1, 1], [1, 0, 1, 0], 0) == pytest.approx(1 / 3)


def test_the_table_has_every_comparison_and_marks_what_is_measurable():
    view = view_of(
        a_model(BASE, 50, 50, 50, 50),
        a_model(TUNED, 90, 90, 90, 90),
        a_model(ALTERED, 89, 90, 20, 95),
    )  # fmt: skip
    assert [d.model.experiment.id for d in compared(view)] == [TUNED, ALTERED]
    table = class_changes_table(view)
    cells = [text_of(["".join(part.text for part in cell)]) for cell in table.rows[2].cells]
    assert cells == ["cat", "500", "+40.0 *", "−70.0 *"]
    assert "".join(part.text for part in table.rows[3].cells[3]) == "+5.0"
