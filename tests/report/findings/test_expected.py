"""Where the text sets up an expectation, the finding says whether it held, and only then."""

import pytest
from in_memory import a_dataset, a_run, a_spec, a_view, said

from report.findings import expected
from training.records import Experiment

RATES = {1e-2: "1e-2", 1e-3: "1e-3", 1e-5: "1e-5"}


def grid_of(start, **accuracies):
    """Return a grid's runs by optimizer: an accuracy for 1e-2, 1e-3 and 1e-5."""
    found = []
    for name, row in accuracies.items():
        for rate, accuracy in zip(RATES, row, strict=True):
            run_id = f"{start}/grid-{name}-{RATES[rate]}"
            experiment = Experiment(id=run_id, question="?", learning_rate=rate)
            spec = a_spec(optimizer=name, learning_rate=rate)
            found.append(a_run(run_id, validation=accuracy, spec=spec, experiment=experiment))
    return found


SCRATCH = grid_of("scratch", sgd=(0.7, 0.8, 0.6))


def rates(*runs):
    return said(expected.smaller_rates(a_view(*runs, dataset=a_dataset())))


@pytest.mark.parametrize(
    ("transfer", "words", "by_optimizer"),
    [((0.7, 0.8, 0.9), "is smaller than that from a random start, 1e-5 against 1e-3, as expected.",
      "is smaller for SGD (1e-5 against 1e-3)."),
     ((0.7, 0.9, 0.8), "isn’t smaller than that from a random start but the same, 1e-3.",
      "is the same for SGD (1e-3)."),
     ((0.9, 0.7, 0.8),
      "is larger than that from a random start, 1e-2 against 1e-3, against the expectation.",
      "is larger for SGD (1e-2 against 1e-3).")],
    ids=["smaller", "equal", "larger"],
)  # fmt: skip
def test_the_best_pairs_rate_is_held_against_the_expectation(transfer, words, by_optimizer):
    text = rates(*SCRATCH, *grid_of("transfer", sgd=transfer))
    assert text == (
        f"The best pair’s rate {words} By optimizer, the best rate from pre-trained weights "
        f"{by_optimizer}"
    )


def test_rates_of_two_optimizers_are_not_the_same_thing():
    scratch = grid_of("scratch", sgd=(0.8, 0.7, 0.6), adam=(0.7, 0.9, 0.6))
    transfer = grid_of("transfer", sgd=(0.7, 0.95, 0.9), adam=(0.7, 0.9, 0.6))
    text = rates(*scratch, *transfer)
    assert "1e-3; the optimizers differ, though, and a rate means another thing for each." in text
    assert "is smaller for SGD (1e-3 against 1e-2) and the same for Adam (1e-3)." in text


def test_an_optimizer_that_did_not_learn_has_no_best_rate():
    scratch = grid_of("scratch", sgd=(0.8, 0.7, 0.6), adam=(0.5, 0.52, 0.5))
    transfer = grid_of("transfer", sgd=(0.7, 0.95, 0.9), adam=(0.7, 0.9, 0.6))
    assert "Adam" not in rates(*scratch, *transfer)


@pytest.mark.parametrize(
    "transfer",
    [[], grid_of("transfer", sgd=(0.5, 0.52, 0.5)), grid_of("transfer", sgd=(0.7, 0.8, 0.9))[1:]],
    ids=["no grid", "guessing", "other rates"],
)
def test_without_two_grids_of_the_same_rates_that_learned_nothing_is_said(transfer):
    assert rates(*SCRATCH, *transfer) == ""


LARGE = a_dataset(train=(500, 500), validation=(500, 500))
A, B = "freezing/cnn", "transfer/best"


def gaps(first, second, dataset=LARGE, **fields):
    runs = [a_run(A, train=first[0], validation=first[1], **fields),
            a_run(B, train=second[0], validation=second[1])]  # fmt: skip
    return said(expected.gap_against(a_view(*runs, dataset=dataset), A, B))


def test_how_much_further_train_is_ahead_or_back_is_told_in_points():
    assert gaps((0.8, 0.75), (0.95, 0.7)) == (
        "Train accuracy is 5.0 points above validation accuracy at the best epoch; of AlexNet "
        "fine-tuned it is 25.0 points above: here train is 20.0 points further back."
    )
    assert "15.0 points above" in gaps((0.9, 0.75), (0.7, 0.75))
    assert "5.0 points below: here train is 20.0 points further ahead." in gaps(
        (0.9, 0.75), (0.7, 0.75)
    )


@pytest.mark.parametrize(("train", "words"), [(0.76, "no measurable"), (0.7, "further back")])
def test_gaps_differ_by_more_than_the_luck_of_the_pictures(train, words):
    assert words in gaps((train, 0.7), (0.8, 0.7))
    few = a_dataset(train=(50, 50), validation=(50, 50))
    assert "no measurable difference" in gaps((train, 0.7), (0.8, 0.7), dataset=few)


def test_a_train_accuracy_of_altered_pictures_is_said_to_be_one():
    text = gaps((0.7, 0.7), (0.95, 0.7), spec=a_spec(augmentation="one-of-three"))
    assert text == (
        "Train accuracy is 0.0 points above validation accuracy at the best epoch; it is measured "
        "on the altered pictures, so that says little about overfitting."
    )


def test_without_train_scores_there_is_no_gap():
    assert gaps((None, 0.7), (0.9, 0.7)) == ""
    assert gaps((0.9, 0.7), (0.9, 0.7), dataset=None) == ""
    run = a_run(A)
    assert expected.gap_against(a_view(run, dataset=LARGE), A, A) == []


@pytest.mark.parametrize(
    ("losses", "words"),
    [([0.694, 0.69, 0.6, 0.5], "until the end of epoch 2."),
     ([0.6, 0.5], "by more than a hundredth in the first epoch already."),
     ([0.694, 0.69, 0.7], "to the end of the last epoch, 3."),
     ([0.694, 0.60, 0.69], "until the end of epoch 1.")],
)  # fmt: skip
def test_a_plateau_lasts_while_the_loss_is_near_an_even_guess(losses, words):
    """Of two classes ln 2 = 0.693."""
    run = a_run(curves={"train_loss": losses}, epochs_run=len(losses))
    text = said(expected.plateau(a_view(run, dataset=a_dataset()), run))
    assert text.startswith("The train loss ")
    assert "of an even guess (0.693)" in text
    assert text.endswith(words)


def test_a_loss_that_never_was_finite_has_no_plateau():
    run = a_run(curves={"train_loss": [None]}, epochs_run=1)
    assert expected.plateau(a_view(run, dataset=a_dataset()), run) == []
