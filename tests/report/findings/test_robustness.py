"""What is said of answers to changed pictures, and when nothing is."""

import re

import msgspec
import pytest
from in_memory import a_dataset, a_run, a_view, said

from report.evidence.changed_answers import right_of
from report.evidence.sentences import plain_text
from report.findings.answers import answers
from report.findings.robustness import (
    FEWEST,
    changed_runs,
    gains,
    losses,
    of_which_seeds,
    over_all_changes,
)
from report.tables.robustness import strengths
from training.records import ChangedTest, StudySection

N = 100
LABEL = [0] * 50 + [1] * 50
SECTION = StudySection(name="held", title="Held", kind="robustness")


def at_level(change, level, n_right, n=N):
    right = right_of([1] * n, [1] * n_right + [0] * (n - n_right))
    return ChangedTest(change, level, 0.5, n_right, right)


def a_tested(name, n_right=90, seed=0, n=N, **changes):
    """Return a run that names so many pictures rightly, and of changed ones so many at each level.

    Args:
        changes: By change, how many at the strongest level; at the others all that it names.
    """
    label = LABEL[: n // 2] + LABEL[50 : 50 + n // 2]
    predicted = [k if i < n_right else 1 - k for i, k in enumerate(label)]
    tests = tuple(
        at_level(change, level, strongest if level == 5 else n_right, n)
        for change, strongest in changes.items()
        for level in range(1, 6)
    )
    return a_run(f"held/{name}", answers=(label, predicted), changed_tests=tests, seed=seed)


def view_of(*runs, section=SECTION, n=N):
    half = n // 2
    return a_view(*runs, dataset=a_dataset(test=(half, half)), sections=(section,))


def answer(view):
    (found,) = answers(view)
    return found


def test_what_costs_accuracy_is_named_with_its_points_the_dearest_first():
    found = answer(view_of(a_tested("plain", noise=60, blur=30, jpeg=90)))
    text = said(found.sentences)
    assert "at the strongest level blur costs 60.0 (" in text
    assert text.index("blur") < text.index("noise 30.0 (") < text.index("points.")
    assert "Of JPEG compression (0.0) no loss can be told even at the strongest level." in text
    assert said(found.headline) == (
        "At their strongest, blur and noise cost accuracy; of JPEG compression that can’t be told."
    )
    assert found.sure == "clear"


@pytest.mark.parametrize(("strongest", "is_told"), [(85, False), (84, True)])
def test_a_loss_is_told_from_where_mcnemars_test_finds_it(strongest, is_told):
    """Of 5 pictures lost and none gained p is 0.0625, of 6 it is 0.031."""
    found = answer(view_of(a_tested("plain", noise=strongest)))
    assert ("noise costs" in said(found.sentences)) == is_told
    assert found.sure == ("clear" if is_told else "open")
    assert ("every change costs accuracy" in said(found.headline)) == is_told


def test_with_many_changes_a_loss_that_is_just_one_is_only_likely():
    run = a_tested("plain", noise=84, blur=90, jpeg=90, rotation=90)
    found = answer(view_of(run))
    assert found.sure == "likely"
    assert "noise probably costs accuracy" in said(found.headline)


def test_one_that_guesses_has_nothing_to_lose():
    view = view_of(a_tested("plain", n_right=50, noise=30))
    assert losses(view, SECTION) == []
    assert answer(view).sentences == ()


def test_nothing_is_said_of_answers_that_dont_add_up_or_of_another_kind_of_section():
    run = a_tested("plain", noise=60)
    first, *others = run.metrics.changed_tests
    for wrong in (ChangedTest("noise", 1, 0.5, first.n_correct + 1, first.right),
                  ChangedTest("noise", 1, 0.5, first.n_correct, first.right + "0")):  # fmt: skip
        forged = a_run("held/plain", answers=(LABEL, LABEL), changed_tests=(wrong, *others))
        assert changed_runs(view_of(forged), SECTION) == []
    partly = a_run("held/plain", answers=(LABEL, LABEL), changed_tests=tuple(others))
    assert losses(view_of(partly), SECTION) == []
    plain = StudySection(name="held", title="Held")
    assert changed_runs(view_of(run, section=plain), plain) == []


def test_models_are_held_against_each_other_over_all_changes_that_both_have():
    runs = a_tested("plain", noise=60), a_tested("tough", noise=90, blur=10)
    view = view_of(*runs)
    (gain,) = gains(view, SECTION)
    assert gain.gain.value == pytest.approx(0.06)
    text = said(over_all_changes(view, SECTION))
    assert "Over all levels of noise Plain gets 84.0 % of the test pictures right." in text
    assert "Over all levels of blur and noise Tough gets 82.0 % of the" in text
    both = view_of(a_tested("plain", noise=60), a_tested("tough", noise=80))
    alike = r"Over all changes and levels Plain gets [\d.]+ % of the test pictures right and Tough "
    assert re.match(rf"{alike}gets [\d.]+ % right\.", said(over_all_changes(both, SECTION)))
    assert "Tough is 6.0 points better than Plain (+" in text
    back = said(over_all_changes(view_of(*reversed(runs)), SECTION))
    assert "Plain is 6.0 points worse than Tough (" in back
    level = view_of(a_tested("plain", noise=89), a_tested("tough", noise=90))
    assert "Tough can’t be told from Plain (+0.2 points" in said(over_all_changes(level, SECTION))


@pytest.mark.parametrize(("n", "are_compared"), [(FEWEST - 2, False), (FEWEST, True)])
def test_of_few_pictures_no_two_models_are_compared(n, are_compared):
    runs = [a_tested(name, n_right=n - 2, n=n, noise=5) for name in ("plain", "tough")]
    assert bool(gains(view_of(*runs, n=n), SECTION)) == are_compared


def test_of_several_seeds_it_is_said_whose_answers_they_are():
    runs = [a_tested("plain", seed=seed, noise=60) for seed in (0, 1)]
    view = view_of(*runs)
    words = said(of_which_seeds(view, changed_runs(view, SECTION)))
    assert words == "Answers to changed pictures are those of the first of 2 seeds."
    assert of_which_seeds(view_of(runs[0]), runs[:1]) == []
    view.study = msgspec.structs.replace(
        view.study, settings=msgspec.structs.replace(view.study.settings, seeds=1, folds=2)
    )
    words = said(of_which_seeds(view, changed_runs(view, SECTION)))
    assert words == "Answers to changed pictures are those of the first of 2 folds."


def test_strengths_of_changes_have_two_digits_at_most():
    told = enumerate((0.2857, 1.1429, 10, 0.4, 2), 1)
    tests = tuple(msgspec.structs.replace(at_level("blur", level, 90), strength=strength)
                  for level, strength in told)  # fmt: skip
    run = a_run("held/plain", answers=(LABEL, LABEL), changed_tests=tests)
    (row,) = strengths("held", [run]).rows
    assert [plain_text(cell) for cell in row.cells[2:]] == ["0.29", "1.1", "10", "0.4", "2"]
