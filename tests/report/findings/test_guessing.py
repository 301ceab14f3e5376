"""When answers can't be told from guessing, when a network collapsed, and what is said of it."""

import msgspec
import numpy as np
import pytest
from in_memory import a_dataset, a_run, a_view, said, validated

from report.evidence import accuracy
from report.findings import comparing, exploding, grid, guessing
from training.records import Scores

NAME = "scratch/grid-sgd-1e-3"
COUNTS = (55, 15, 15, 15)
"""Of four classes, one of them large."""

LABEL = [c for c, n in enumerate(COUNTS) for _ in range(n)]
DATASET = a_dataset(COUNTS, COUNTS, COUNTS)


def spread(share, seed=0):
    """Answer a share rightly, whichever the class, and guess the others evenly."""
    dice = np.random.default_rng(seed)
    guesses = dice.integers(0, 4, len(LABEL))
    return np.where(dice.random(len(LABEL)) < share, LABEL, guesses).tolist()


ONE = [0] * len(LABEL)
"""Name the large class every time: 55 % right, and nothing learned."""


def right(predicted):
    return sum(a == b for a, b in zip(LABEL, predicted, strict=True)) / len(LABEL)


def answered(best, last=None, name=NAME, **fields):
    """Return a run of ten epochs; the best is the fifth, or the last if no other is given."""
    answers = {"validation_answers": validated(LABEL, best, 4), "best_epoch": 10}
    accuracies = [0.1] * 9 + [right(best)]
    if last is not None:
        answers |= {"last_answers": validated(LABEL, last, 4), "best_epoch": 5}
        accuracies = [0.1] * 4 + [right(best)] + [0.1] * 4 + [right(last)]
    fields = {"validation": Scores(1.0, right(best))} | answers | fields
    return a_run(name, curves={"validation_accuracy": accuracies}, **fields)


def view_of(*runs, dataset=DATASET):
    return a_view(*runs, dataset=dataset)


def test_right_for_few_but_of_every_class_is_learning_and_one_class_for_all_is_not():
    """What the accuracy says is the other way round: 55 % for one class, less for all."""
    modest, one = answered(spread(0.35, seed=1)), answered(ONE, name="scratch/grid-adam-1e-3")
    assert right(spread(0.35, seed=1)) < right(ONE)
    view = view_of(modest, one)
    assert not guessing.never_learned(view, modest)
    assert guessing.never_learned(view, one)
    without = [msgspec.structs.replace(r.metrics, validation_answers=None) for r in (modest, one)]
    older = [a_run(m.id, validation=m.validation) for m in without]
    assert [guessing.never_learned(view_of(*older), r) for r in older] == [True, True]


def test_a_network_that_names_one_class_has_collapsed_to_it():
    run = answered(ONE)
    text = said(guessing.that_is_guessing(view_of(run), run))
    assert text == (
        "Its validation accuracy can’t be told from guessing: the mean over the classes is 25.0 %, "
        "where guessing gives 25.0 %; it has collapsed to one class, "
        "ant, its answer to 100.0 % of the pictures."
    )
    text = said(grid.troubled_pairs(view_of(run), "scratch/grid"))
    assert "SGD at 1e-3 (25.0 %, collapsed to one class, ant, its answer to 100.0 %" in text


@pytest.mark.parametrize(("others", "told"), [(5, True), (6, False)])
def test_one_answer_is_one_for_nineteen_pictures_of_twenty(others, told):
    run = answered([1] * others + [0] * (len(LABEL) - others))
    text = said(guessing.that_is_guessing(view_of(run), run))
    assert "can’t be told from guessing" in text
    assert ("collapsed" in text) == told


def test_one_answer_to_most_is_no_collapse_where_it_is_right():
    """Of a data set that is nearly all of one class, a good network names it nearly always."""
    counts = (96, 4)
    label = [0] * 96 + [1] * 4
    answers = {"validation_answers": validated(label, label, 2)}
    run = a_run(NAME, validation=1.0, **answers)
    view = view_of(run, dataset=a_dataset(counts, counts, counts))
    assert guessing.that_is_guessing(view, run) == []


def test_evenly_guessed_answers_are_guessing_but_no_collapse():
    run = answered(spread(0.0))
    text = said(guessing.that_is_guessing(view_of(run), run))
    assert "can’t be told from guessing" in text
    assert "collapsed" not in text
    assert grid.outcome(view_of(run), run) == "not better than guessing"


def test_a_run_that_fell_to_one_class_is_said_to_have_collapsed():
    run = answered(spread(0.9), ONE)
    text = said(guessing.collapse(view_of(run), run))
    assert text.startswith("Validation accuracy fell from 88.0 %")
    assert "in epoch 5 to 55.0 % after the last of 10, which can’t be told from guessing" in text
    assert "it collapsed to one class, ant, its answer to 100.0 % of the pictures." in text
    assert grid.outcome(view_of(run), run) == "collapsed"
    assert "of SGD at 1e-3 fell from" in said(grid.troubled_pairs(view_of(run), "scratch/grid"))


def test_one_that_guesses_at_last_without_one_answer_collapsed_all_the_same():
    run = answered(spread(0.9), spread(0.0))
    assert said(guessing.collapse(view_of(run), run)).endswith("%): it collapsed.")


@pytest.mark.parametrize(
    ("best", "last"), [(spread(0.9), spread(0.5, seed=1)), (ONE, spread(0.0)), (spread(0.9), None)],
    ids=["fell a little", "never learned", "best is last"],
)  # fmt: skip
def test_other_ends_are_no_collapse(best, last):
    run = answered(best, last)
    assert guessing.collapse(view_of(run), run) == []


@pytest.mark.parametrize(("epochs", "told"), [(10, True), (200, False)])
def test_the_more_epochs_the_best_was_picked_from_the_more_it_takes(epochs, told):
    """12 pictures lost and 1 gained have p = 0.003."""
    best = [1, *([0] * 54), *([1] * 12), *([0] * 33)]
    run = answered(best, ONE, epochs_run=epochs)
    view = view_of(run)
    assert not guessing.never_learned(view, run)
    assert guessing.collapsed(view, run) == told


def test_older_records_are_judged_by_accuracies():
    """The best of 12 epochs is 90 %, and eight epochs after it are at the largest class's share."""
    fields = {"best_epoch": 4, "epochs_run": 12}
    curves = {"validation_accuracy": [0.5, 0.5, 0.5, 0.9] + [0.55] * 8}
    run = a_run(NAME, validation=0.9, curves=curves, **fields)
    text = said(guessing.collapse(view_of(run), run))
    assert text == (
        "Validation accuracy fell from 90.0 % in epoch 4 to 55.0 % after the last of 12, which "
        "can’t be told from naming the most frequent class every time: it collapsed."
    )
    for last in (0.75, 0.9):
        curves = {"validation_accuracy": [0.5, 0.5, 0.5, 0.9] + [last] * 8}
        level = a_run(NAME, validation=0.9, curves=curves, **fields)
        assert guessing.collapse(view_of(level), level) == []


@pytest.mark.parametrize(
    "change",
    [{"right": "f"}, {"given": [100]}, {"given": [1, 1, 1, 1]}, {"right_in_class": [99, 0, 0, 0]},
     {"right_in_class": [55, 15, 15, 14]}],
    ids=str,
)  # fmt: skip
def test_answers_that_do_not_add_up_are_not_used(change):
    run = answered(LABEL)
    assert guessing.answers(view_of(run), run) is not None
    broken = msgspec.structs.replace(run.metrics.validation_answers, **change)
    other = answered(LABEL, validation_answers=broken)
    assert guessing.answers(view_of(other), other) is None


def test_what_all_are_better_than_is_what_each_was_held_against():
    new = answered(LABEL)
    old = a_run("scratch/grid-adam-1e-3", validation=0.9)
    for runs, words in (
        ((new,), "is measurably better than guessing."),
        ((old,), "is measurably better than naming the most frequent class every time."),
        ((new, old), "better than guessing, or where no answers were kept naming the most"),
    ):
        assert words in said(grid.troubled_pairs(view_of(*runs), "scratch/grid"))


def test_answers_to_other_pictures_are_not_used():
    run = answered(LABEL, dataset_fingerprint="others")
    assert guessing.answers(view_of(run), run) is None


def test_over_seeds_the_means_are_compared():
    runs = [answered(LABEL, seed=0), answered(ONE, seed=1)]
    view = view_of(*runs)
    assert not guessing.never_learned(view, runs[0])
    assert guessing.never_learned(view_of(runs[1]), runs[1])


@pytest.mark.parametrize(("predicted", "told"), [(ONE, True), (spread(0.35, seed=1), False)])
def test_a_tested_model_is_held_against_guessing_by_its_classes(predicted, told):
    run = a_run("transfer/best", answers=(LABEL, predicted))
    view = view_of(run)
    text = said(comparing.tested_result(view, "transfer/best"))
    guesses = "can’t be told from guessing: the mean over the classes is 25.0 %" in text
    tested = accuracy.tested_accuracy(view, "transfer/best")
    assert guesses == guessing.learned_nothing(view, tested) == told


@pytest.mark.parametrize(("loss", "told"), [(13.9, True), (13.8, False)])
def test_a_loss_has_exploded_ten_times_above_an_even_guess(loss, told):
    """Of four classes ln 4 = 1.386."""
    losses = [1.0, loss, 1.0]
    run = a_run(
        NAME, validation=0.8, curves={"validation_loss": losses}, epochs_run=3, best_epoch=3
    )
    view = view_of(run)
    text = said(exploding.explosion(view, run))
    assert bool(text) == told
    if told:
        assert text == (
            "The loss exploded: validation loss 13.9 in epoch 2, 1.0 in the last; an even guess "
            "has 1.4."
        )
    assert grid.outcome(view, run) == "done"  # it came down again


@pytest.mark.parametrize(("best", "last"), [(99.0, 1.0), (1.0, 99.0)])
@pytest.mark.parametrize("field", ["train_loss", "validation_loss"])
def test_a_loss_that_exploded_where_the_run_counts_is_its_outcome(best, last, field):
    run = a_run(NAME, curves={field: [1.0, best, last]}, epochs_run=3, best_epoch=2)
    assert grid.outcome(view_of(run), run) == "loss exploded"


def test_a_train_loss_explodes_likewise_and_what_is_not_finite_is_not_shown():
    run = a_run(NAME, curves={"train_loss": [23743.2, 99.0, None]}, epochs_run=3, best_epoch=3)
    text = said(exploding.explosion(view_of(run), run))
    assert text == "The loss exploded: train loss 23 743 in epoch 1; an even guess has 1.4."
    assert "The loss exploded for SGD at 1e-3 (train loss 23 743 in epoch 1); an even" in said(
        grid.troubled_pairs(view_of(run), "scratch/grid")
    )
