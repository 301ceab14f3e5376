"""How one run learned: convergence, the learning-rate step, over- and underfitting."""

from report.load import Run
from report.numbers import Quantity, decimal, derive, integer, percent, points, rate
from report.text import Parts, Sentence, say

STILL_MOVING = 0.005
"""Half a percentage point between windows of epochs counts as movement, less as standing still."""

WIDE_GAP = 0.10
"""Ten points between train and validation accuracy are called overfitting."""


def convergence(run: Run) -> list[Sentence]:
    """Say when the best epoch was, and whether training had settled by the end."""
    curves = run.curves
    if curves is None or run.metrics.best_epoch is None:
        return []
    if run.metrics.status == "diverged":
        return [_last_finite(run)]
    start: Parts = say(
        "Validation accuracy was highest in epoch ", integer(run.number("/best_epoch")), " of ",
        integer(run.number("/epochs_run")), " (", percent(run.number("/validation/accuracy")), ")",
    ).parts  # fmt: skip
    n_epochs = len(curves.epoch)
    window = min(3, n_epochs // 2)
    if window == 0:
        return [say(start, ".")]
    change = _window_change(run, n_epochs - window, window)
    return [say(start, "; ", _trend(change, window), ".")]


def _last_finite(run: Run) -> Sentence:
    return say(
        "The loss stopped being finite, and training ended; the run counts with the last epoch "
        "before that, epoch ", integer(run.number("/best_epoch")),
        ", and its validation accuracy of ", percent(run.number("/validation/accuracy")), ".",
    )  # fmt: skip


def _window_change(run: Run, split: int, window: int) -> Quantity:
    """Mean validation accuracy of `window` epochs from `split` on, minus that before it."""
    return _change(run, "validation_accuracy", split, window)


def _change(run: Run, field: str, split: int, window: int) -> Quantity:
    before = [run.curve(f"/{field}/{i}") for i in range(split - window, split)]
    after = [run.curve(f"/{field}/{i}") for i in range(split, split + window)]
    return derive("difference", derive("mean", *after), derive("mean", *before))


def _trend(change: Quantity, window: int) -> Parts:
    span = "the last epoch lies" if window == 1 else f"the mean of the last {_word(window)} lies"
    if change.value > STILL_MOVING:
        return say(
            "it was still rising at the end: ", span, " ", points(change),
            " points above that before, so more epochs might help",
        ).parts  # fmt: skip
    if change.value < -STILL_MOVING:
        return say(
            "it was falling at the end: ", span, " ", points(change), " points below that before"
        ).parts  # fmt: skip
    return say(
        "it had levelled off by the end: ", span, " within ", points(change),
        " points of that before",
    ).parts  # fmt: skip


def _word(n: int) -> str:
    return {2: "two", 3: "three"}[n]


def learning_rate_step(run: Run) -> list[Sentence]:
    """Say what the first learning-rate step did; nothing where it never happened."""
    curves = run.curves
    if curves is None:
        return []
    rates = curves.learning_rate
    split = next((i for i in range(1, len(rates)) if rates[i] < rates[i - 1]), None)
    if split is None:
        return [_no_step(run)] if run.metrics.status == "done" and run.metrics.spec else []
    window = min(3, split, len(rates) - split)
    validation = _change(run, "validation_accuracy", split, window)
    train = _change(run, "train_accuracy", split, window)
    span = "epoch" if window == 1 else f"{_word(window)} epochs"
    return [
        say(
            "After epoch ", integer(run.curve(f"/epoch/{split - 1}")), " the rate fell from ",
            rate(run.curve(f"/learning_rate/{split - 1}")), " to ",
            rate(run.curve(f"/learning_rate/{split}")), "; over the next ", span,
            " the validation accuracy was ", _moved(validation), " and the train accuracy ",
            _moved(train), f" compared with the {span} before the step.",
        )
    ]  # fmt: skip


def _no_step(run: Run) -> Sentence:
    return say(
        "The learning rate never fell: the first step comes after ",
        integer(run.number("/spec/step_size")), " epochs, and the run has ",
        integer(run.number("/epochs_run")), ".",
    )  # fmt: skip


def _moved(change: Quantity) -> Parts:
    direction = " points higher" if change.value >= 0 else " points lower"
    return say(points(change), direction).parts


def fit_gap(run: Run, praised: bool = False) -> list[Sentence]:
    """Say how train and validation accuracy lie to each other at the best epoch.

    Args:
        praised: Another sentence names this run the best of its grid; say both.
    """
    if run.metrics.train is None or run.metrics.validation is None:
        return []
    train, validation = run.number("/train/accuracy"), run.number("/validation/accuracy")
    gap = derive("difference", train, validation)
    start: Parts = say(
        "At that epoch the train accuracy is ", percent(train), " and the validation accuracy ",
        percent(validation), ": ",
    ).parts  # fmt: skip
    sentences = [say(start, _gap_verdict(gap, train.value, praised))]
    return sentences + _loss_turn(run)


def _gap_verdict(gap: Quantity, train: float, praised: bool) -> Parts:
    if gap.value > WIDE_GAP:
        also = " It is the best on validation all the same." if praised else ""
        return say(
            "the train pictures are fitted ", points(gap),
            f" points better than new ones, which is overfitting.{also}",
        ).parts  # fmt: skip
    if gap.value < 0:
        why = (
            "the train value is measured during the epoch, with dropout at work and weights still "
            "changing"
        )
        under = "; with both this low the network underfits" if train < 0.5 else ""
        return say("validation is ", points(gap), f" points higher, as {why}{under}.").parts
    if train < 0.5:
        return say(
            "a gap of only ", points(gap),
            " points, with more than half of the train pictures wrong: the network underfits "
            "rather than overfits.",
        ).parts  # fmt: skip
    return say("a gap of ", points(gap), " points, no strong overfitting.").parts


def _loss_turn(run: Run) -> list[Sentence]:
    """Add that the validation loss turned upwards, if it did."""
    curves = run.curves
    if curves is None:
        return []
    losses = curves.validation_loss
    finite = [loss for loss in losses if loss is not None]
    if len(finite) < 4 or len(finite) != len(losses) or finite[-1] < 1.05 * min(finite):
        return []
    lowest = finite.index(min(finite))
    return [
        say(
            "The validation loss was lowest in epoch ", integer(run.curve(f"/epoch/{lowest}")),
            " (", decimal(run.curve(f"/validation_loss/{lowest}")), ") and rose to ",
            decimal(run.curve(f"/validation_loss/{len(losses) - 1}")),
            " by the last: the network grew surer of its mistakes.",
        )
    ]  # fmt: skip
