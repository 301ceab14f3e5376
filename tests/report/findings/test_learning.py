"""What is said of one run's course, at, below and above each threshold."""

import numpy as np
import pytest
from in_memory import a_dataset, a_run, a_view, said

from report.findings import learning

NEXT = {"above": 1e-9, "at": 0.0, "below": -1e-9}


def seen(run, n=400):
    """Return a view of a run whose validation split has n pictures."""
    return a_view(run, dataset=a_dataset((n,), (n,), (n,)))


def with_view(run):
    return seen(run), run


def course(*last, n_before=0, first=0.5, **fields):
    """Return a run whose validation accuracy stays until its last epochs."""
    return a_run(curves={"validation_accuracy": [first] * n_before + list(last)}, **fields)


def rates(*pieces):
    """Return a learning rate an epoch, from (rate, epochs) pairs."""
    return [value for value, n in pieces for _ in range(n)]


def test_one_seed_needs_no_name():
    run = a_run(seed=3)
    assert learning.first_of_seeds(a_view(run), run) == []


def test_of_several_seeds_the_one_told_is_named():
    runs = [a_run(seed=seed) for seed in (4, 5)]
    assert "of the seed 4, one of 2" in said(learning.first_of_seeds(a_view(*runs), runs[0]))


def test_a_seed_that_failed_is_not_counted():
    runs = [a_run(seed=0), a_run(seed=1, status="failed", validation=None)]
    assert learning.first_of_seeds(a_view(*runs), runs[0]) == []


@pytest.mark.parametrize(
    "run",
    [a_run(), a_run(curves={"epoch": [1]}, best_epoch=None)],
    ids=["no curves", "no best epoch"],
)
def test_without_curves_or_a_best_epoch_nothing_is_said_of_convergence(run):
    assert learning.convergence(*with_view(run)) == []


@pytest.mark.parametrize("diverged", [False, True])
def test_of_a_run_that_diverged_no_trend_is_told(diverged):
    status = "diverged" if diverged else "done"
    run = course(*[0.1] * 3, *[0.9] * 3, status=status, best_epoch=2)
    text = said(learning.convergence(*with_view(run)))
    assert ("stopped being finite" in text) == diverged
    assert ("rising" in text) != diverged
    assert learning.still_rising(*with_view(run)) != diverged


@pytest.mark.parametrize(
    ("n_epochs", "window"), [(2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (7, 3), (40, 3)]
)
def test_the_end_is_up_to_three_epochs_and_as_many_before(n_epochs, window):
    run = course(*[0.9] * window, n_before=n_epochs - window)
    assert learning.last_change(run).value == pytest.approx(0.4)
    spans = {1: "the last epoch lies", 2: "the last two lies", 3: "the last three lies"}
    assert spans[window] in said(learning.convergence(*with_view(run)))
    assert learning.still_rising(*with_view(run))
    further = course(*[0.9] * (window + 1), n_before=n_epochs - window - 1)
    assert learning.last_change(further).value < 0.4


def test_a_rate_that_rose_ends_nothing():
    curves = {"learning_rate": rates((1e-4, 5), (1e-3, 1)), "validation_accuracy": [0.1] * 6}
    assert learning.last_change(a_run(curves=curves)) is not None


@pytest.mark.parametrize(("number", "word"), [(1, "last"), (2, "best")])
def test_which_epoch_counts_of_a_run_that_diverged_is_told_by_its_format(number, word):
    run = a_run(curves={"epoch": [1, 2]}, status="diverged", best_epoch=1, format=number)
    assert f"the {word} epoch" in said(learning.convergence(*with_view(run)))


def test_one_epoch_has_no_trend():
    run = course(0.5)
    assert learning.last_change(run) is None
    assert not learning.still_rising(*with_view(run))
    assert learning.convergence(*with_view(run)) == []
    assert said(learning.peak(run)).endswith("of 10 (50.0 %).")


@pytest.mark.parametrize("n_after", [1, 2, 3, 6])
def test_epochs_of_another_rate_are_no_part_of_the_end(n_after):
    run = a_run(curves={
        "learning_rate": rates((1e-3, 6), (1e-4, n_after)),
        "validation_accuracy": [0.1] * 6 + [0.6] * n_after,
    })  # fmt: skip
    change = learning.last_change(run)
    assert change is None if n_after == 1 else change.value == 0


@pytest.mark.parametrize("window", [1, 2, 3])
@pytest.mark.parametrize(("before", "after"), [(0.5, 0.6), (0.6, 0.5), (0.5, 0.53), (0.53, 0.5)])
@pytest.mark.parametrize("n", [400, 4000])
def test_movement_at_the_end_is_more_than_other_pictures_might_have_given(window, before, after, n):
    """Of 400 pictures 10 points are beyond chance and 3 are not; of 4,000 both are."""
    run = course(*[after] * window, n_before=window, first=before)
    text = said(learning.convergence(seen(run, n), run))
    certain = abs(after - before) > 0.05 or n == 4000
    assert ("still rising" in text) == (certain and after > before)
    assert ("falling" in text) == (certain and after < before)
    assert ("95 % interval" in text) == certain
    assert learning.direction(seen(run, n), run) == certain * (1 if after > before else -1)
    assert "levelled" not in text


def test_half_a_point_is_not_worth_a_word_however_certain():
    run = course(*[0.504] * 3, n_before=3)
    assert "rising" not in said(learning.convergence(seen(run, 10**6), run))
    run = course(*[0.506] * 3, n_before=3)
    assert "rising" in said(learning.convergence(seen(run, 10**6), run))


@pytest.mark.parametrize(("n", "accuracy", "stay"), [(200, 0.9, 0.8), (400, 0.5, 0.9)])
def test_a_plateau_is_seldom_called_movement(n, accuracy, stay):
    """Of an epoch's answers most are those of the epoch before, the others are drawn again."""
    dice = np.random.default_rng(0)
    called = {"rising or falling": 0, "the step": 0, "the gap": 0}
    n_runs = 400
    for _ in range(n_runs):
        right = dice.random(n) < accuracy
        course = []
        for _ in range(12):
            again = dice.random(n) >= stay
            right = np.where(again, dice.random(n) < accuracy, right)
            course.append(float(right.mean()))
        run = a_run(curves={
            "validation_accuracy": course, "train_accuracy": [0.9] * 12,
            "learning_rate": rates((1e-3, 6), (1e-4, 6)),
        })  # fmt: skip
        view = seen(run, n)
        called["rising or falling"] += learning.direction(view, run) != 0
        called["the step"] += bool(learning.learning_rate_step(view, run))
        called["the gap"] += "gained" in said(learning.fit_gap(view, run))
    assert all(count <= 0.05 * n_runs for count in called.values()), called


def test_a_run_without_curves_is_not_still_rising():
    assert not learning.still_rising(*with_view(a_run()))
    assert learning.last_change(a_run()) is None


def test_the_step_told_is_the_first_and_the_end_is_after_the_last():
    run = a_run(curves={
        "learning_rate": rates((1e-2, 6), (1e-3, 3), (1e-4, 6)),
        "validation_accuracy": [0.1] * 6 + [0.4] * 3 + [0.7] * 3 + [0.71] * 3,
    })  # fmt: skip
    text = said(learning.learning_rate_step(*with_view(run)))
    assert "After epoch 6 the rate fell from 1e-2 to 1e-3" in text
    assert "over the next three epochs validation accuracy gained 30.0 points more" in text
    assert learning.last_change(run).value == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("before", "after", "span"),
    [(2, 5, "epoch"), (3, 5, "epoch"), (8, 1, "epoch"), (4, 5, "two epochs"), (8, 2, "two epochs"),
     (6, 3, "three epochs"), (9, 9, "three epochs")],
)  # fmt: skip
def test_before_and_after_a_step_as_many_epochs_are_compared(before, after, span):
    run = a_run(curves={
        "learning_rate": rates((1e-3, before), (1e-4, after)),
        "validation_accuracy": [0.2] * before + [0.6] * after,
    })  # fmt: skip
    text = said(learning.learning_rate_step(*with_view(run)))
    assert f"over the next {span} validation accuracy gained 40.0 points more" in text
    assert f"than over the {span} before." in text


def test_a_step_is_not_credited_with_what_was_coming_anyway():
    rising = [0.1, 0.1, 0.1, 0.4, 0.4, 0.4, 0.7, 0.7, 0.7]  # 30 points before it, 30 after
    curves = {"learning_rate": rates((1e-3, 6), (1e-4, 3)), "validation_accuracy": rising}
    assert learning.learning_rate_step(*with_view(a_run(curves=curves))) == []


@pytest.mark.parametrize(("gain", "told"), [(0.1, False), (0.2, True)])
def test_a_step_is_told_of_where_chance_alone_would_not_do(gain, told):
    """Of 400 pictures, 12 points are what three such means may differ by."""
    accuracies = [0.5] * 6 + [0.5 + gain] * 3
    curves = {"learning_rate": rates((1e-3, 6), (1e-4, 3)), "validation_accuracy": accuracies}
    assert bool(learning.learning_rate_step(*with_view(a_run(curves=curves)))) == told


def test_a_step_that_changed_nothing_or_came_at_once_is_not_told_of():
    for pieces in (((1e-3, 2), (1e-4, 2)), ((1e-3, 1), (1e-4, 5))):
        run = a_run(curves={"learning_rate": rates(*pieces)})
        assert learning.learning_rate_step(*with_view(run)) == []


def test_a_rate_that_rises_is_no_step():
    run = a_run(curves={"learning_rate": rates((1e-4, 3), (1e-3, 3))}, epochs_run=6)
    text = said(learning.learning_rate_step(*with_view(run)))
    assert "never fell: the first step comes after 20 epochs, and the run has 6" in text


def test_a_step_that_never_came_is_told_of_complete_runs_only():
    curves = {"epoch": [1, 2]}
    assert said(learning.learning_rate_step(*with_view(a_run(curves=curves))))
    assert learning.learning_rate_step(*with_view(a_run(curves=curves, status="diverged"))) == []
    assert learning.learning_rate_step(*with_view(a_run(curves=curves, spec=None))) == []
    assert learning.learning_rate_step(*with_view(a_run())) == []


@pytest.mark.parametrize(("train", "validation"), [(None, 0.5), (0.5, None)])
def test_without_both_accuracies_nothing_is_said_of_their_gap(train, validation):
    assert learning.fit_gap(*with_view(a_run(train=train, validation=validation))) == []


@pytest.mark.parametrize("side", NEXT)
def test_a_gap_of_more_than_ten_points_is_overfitting(side):
    run = a_run(train=0.1 + NEXT[side], validation=0.0)
    text = said(learning.fit_gap(*with_view(run)))
    assert ("It overfits" in text) == (side == "above")
    assert ("It underfits" in text) == (side != "above")


@pytest.mark.parametrize("side", NEXT)
@pytest.mark.parametrize("gap", [0.04, 0.0, -0.04], ids=["behind", "equal", "ahead"])
def test_underfitting_is_less_than_half_of_the_train_pictures_right(side, gap):
    run = a_run(train=0.5 + NEXT[side], validation=0.5 + NEXT[side] - gap)
    assert ("It underfits" in said(learning.fit_gap(*with_view(run)))) == (side == "below")


def test_of_a_good_fit_nothing_is_said():
    assert learning.fit_gap(*with_view(a_run(train=0.7, validation=0.65))) == []


def gap_trend(moved, n_before=3, **fields):
    """Return what is said where train gained on validation over the last three epochs."""
    train = [0.5] * n_before + [0.5 + max(moved, 0.0)] * 3
    validation = [0.5] * n_before + [0.5 + max(-moved, 0.0)] * 3
    curves = {"train_accuracy": train, "validation_accuracy": validation}
    return said(learning.fit_gap(*with_view(a_run(curves=curves, **fields))))


@pytest.mark.parametrize(
    ("moved", "told"), [(0.01, False), (-0.05, False), (0.2, True), (-0.2, True)]
)
def test_a_gap_moves_by_more_than_chance(moved, told):
    text = gap_trend(moved)
    ahead = "train gained" if moved > 0 else "validation gained"
    assert (ahead in text) if told else text == ""


def test_a_gaps_trend_needs_six_epochs_of_a_complete_run():
    assert "train gained 20.0 points on validation" in gap_trend(0.2)
    assert gap_trend(0.2, n_before=2) == ""
    assert gap_trend(0.2, status="diverged") == ""


def test_a_gaps_trend_is_between_means_of_three_epochs():
    curves = {"train_accuracy": [0.1, 0.2, 0.3, 0.4, 0.6, 0.8],
              "validation_accuracy": [0.1, 0.1, 0.1, 0.1, 0.1, 0.4]}  # fmt: skip
    text = said(learning.fit_gap(*with_view(a_run(curves=curves))))
    assert "train gained 30.0 points" in text


def loss_turn(losses, accuracies=None):
    curves = {"validation_loss": losses}
    if accuracies is not None:
        curves["validation_accuracy"] = accuracies
    return said(learning.fit_gap(*with_view(a_run(curves=curves))))


@pytest.mark.parametrize("side", NEXT)
def test_a_loss_has_turned_where_it_ends_a_twentieth_above_its_lowest(side):
    text = loss_turn([9.0, 1.0, 2.0, 1.05 + NEXT[side]])
    assert ("lowest in epoch 2 (1.000) and rose to 1.050" in text) == (side != "below")


@pytest.mark.parametrize(
    ("losses", "told"),
    [([1.0, 2.0, 3.0], False), ([1.0, 2.0, 3.0, 4.0], True), ([4.0, 3.0, 2.0, 1.0], False),
     ([5.0, 1.0, 2.0, 3.0, 4.0], True), ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], True),
     ([1.0, 2.0, 3.0, 4.0, None], False), ([None, 1.0, 2.0, 3.0, 4.0], False)],
)  # fmt: skip
def test_a_turn_needs_four_losses_all_of_them_finite(losses, told):
    assert ("validation loss was lowest" in loss_turn(losses)) == told


@pytest.mark.parametrize(("end", "fell"), [(0.4, True), (0.6, False), (0.7, False)])
def test_an_accuracy_that_fell_with_a_turned_loss_is_told(end, fell):
    text = loss_turn([2.0, 1.0, 2.0, 3.0], [0.9, 0.6, 0.9, end])
    assert ("the accuracy fell with it" in text) == fell


@pytest.mark.parametrize("side", NEXT)
def test_the_accuracy_fell_with_a_turned_loss_by_more_than_half_a_point(side):
    end = 0.0 if side == "above" else 0.005
    lowest = 0.005 + (1e-9 if side == "above" else 0.005 + min(NEXT[side], 0.0))
    text = loss_turn([2.0, 1.0, 2.0, 3.0], [0.9, lowest, 0.9, end])
    assert ("the accuracy fell with it" in text) == (side == "above")
    assert ("surer of its mistakes" in text) == (side != "above")
