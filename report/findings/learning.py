"""How one run learned: convergence, the learning-rate step, over- and underfitting."""

import math

from report.evidence.display_names import INTERVAL
from report.evidence.load import StudyView
from report.evidence.numbers import (
    Quantity,
    decimal,
    derive,
    integer,
    percent,
    plain,
    points,
    rate,
    signed_points,
)
from report.evidence.once import once_a_run
from report.evidence.repeats import HeldOut, fold_of, n_images, repeat_number
from report.evidence.run import Run
from report.evidence.sentences import Sentence, numbered, say
from report.evidence.train_scores import is_of_mixed_pictures, train_accuracy_of
from training.records import Curves

STILL_MOVING = 0.005
"""Half a percentage point of accuracy, less than which isn't worth a word."""

CERTAIN = 1.96
"""Standard errors from which a change of the trend counts, as many as enclose 95 %."""

WIDE_GAP = 0.10
"""Ten points between train and validation accuracy are called overfitting."""


def first_of_seeds(view: StudyView, run: Run) -> list[Sentence]:
    """Say which of several seeds or folds the sentences about one run are about."""
    seeds = [repeat_number(r) for r in view.finished(run.id)]
    if len(seeds) < 2:
        return []
    return [
        say("The course told here is that of ", "fold " if fold_of(run) else "the seed ",
            plain(repeat_number(run)), ", one of ", integer(derive("count", *seeds)), ".")
    ]  # fmt: skip


def peak(run: Run) -> list[Sentence]:
    """Say when validation accuracy was highest; for what can't be seen."""
    if run.curves is None or run.metrics.best_epoch is None:
        return []
    return [
        say("Validation accuracy was highest in epoch ", integer(run.number("/best_epoch")), " of ",
            integer(run.number("/epochs_run")), " (", percent(run.number("/validation/accuracy")),
            ").")
    ]  # fmt: skip


def convergence(view: StudyView, run: Run) -> list[Sentence]:
    """Say that training ended early, or where accuracy was going, if by more than chance."""
    if run.curves is None or run.metrics.best_epoch is None:
        return []
    if run.metrics.status == "diverged":
        return [_before_it_diverged(run)]
    return _trend(view, run)


def last_change(run: Run) -> Quantity | None:
    """Return how validation accuracy moved at the end: its last epochs' mean minus that before.

    None for a run that ended otherwise, or whose learning rate fell too short a time ago.
    """
    curves = run.curves
    if curves is None or run.metrics.status != "done":
        return None
    window = _last_window(curves)
    return _window_change(run, len(curves.epoch) - window, window) if window else None


@once_a_run
def has_curves(view: StudyView, run: Run) -> bool:
    """Tell whether a run left its curves."""
    return run.curves is not None


@once_a_run
def has_last_change(view: StudyView, run: Run) -> bool:
    """Tell whether there is such a change; see `last_change`."""
    return last_change(run) is not None


@once_a_run
def direction(view: StudyView, run: Run) -> int:
    """Return 1 where validation accuracy was rising at the end, -1 where falling, else 0.

    The means of the last epochs and of those before are held against each other as shares of two
    samples as large as the validation split: from one epoch to the next most answers stay, so that
    means of a level curve lie closer together than such samples.
    """
    change = last_change(run)
    if change is None or abs(change.value) <= STILL_MOVING:
        return 0
    interval = _interval(view, run)
    if interval is None:
        return 0
    low, high = interval
    return int(low.value > 0) - int(high.value < 0)


def still_rising(view: StudyView, run: Run) -> bool:
    """Tell whether validation accuracy was rising by more than chance when the epochs were over."""
    return direction(view, run) > 0


def _interval(view: StudyView, run: Run) -> tuple[Quantity, Quantity] | None:
    """Return the 95 % interval of `last_change`."""
    if view.dataset is None or run.curves is None or last_change(run) is None:
        return None
    window = _last_window(run.curves)
    n_epochs, n = len(run.curves.epoch), n_images(view, run, "validation")
    operands = []
    for start in (n_epochs - window, n_epochs - 2 * window):
        mean = _mean(run, "validation_accuracy", start, window)
        operands += [derive("rounded_product", mean, n), n]
    return derive("newcombe_low", *operands), derive("newcombe_high", *operands)


def _last_window(curves: Curves) -> int:
    """Return how many epochs the end is, up to three: as many before it had the same rate."""
    return min(3, (len(curves.epoch) - _last_step(curves.learning_rate)) // 2)


def _last_step(rates: list[float]) -> int:
    """Return the position from which the learning rate stayed the same."""
    return max((i for i in range(1, len(rates)) if rates[i] < rates[i - 1]), default=0)


def _before_it_diverged(run: Run) -> Sentence:
    which = "last" if run.metrics.format < 2 else "best"
    return say(
        f"The loss stopped being finite, and training ended; the run counts with the {which} epoch "
        "before that, epoch ", integer(run.number("/best_epoch")),
        ", and its validation accuracy of ", percent(run.number("/validation/accuracy")), ".",
    )  # fmt: skip


def _window_change(run: Run, split: int, window: int) -> Quantity:
    """Mean validation accuracy of `window` epochs from `split` on, minus that before it."""
    return _change(run, "validation_accuracy", split, window)


def _change(run: Run, field: str, split: int, window: int) -> Quantity:
    return derive(
        "difference", _mean(run, field, split, window), _mean(run, field, split - window, window)
    )


def _mean(run: Run, field: str, start: int, window: int) -> Quantity:
    return derive("mean", *(run.curve(f"/{field}/{i}") for i in range(start, start + window)))


def _trend(view: StudyView, run: Run) -> list[Sentence]:
    change, interval, way = last_change(run), _interval(view, run), direction(view, run)
    if way == 0 or change is None or interval is None or run.curves is None:
        return []
    window = _last_window(run.curves)
    span = "the last epoch lies" if window == 1 else f"the mean of the last {_word(window)} lies"
    side, advice = ("above", ", and more epochs might help") if way > 0 else ("below", "")
    moving = "still rising" if way > 0 else "falling"
    return [
        say(f"Validation accuracy was {moving} at the end{advice}: {span} ", points(change),
            f" points {side} that before (", INTERVAL, " ", signed_points(interval[0]), " to ",
            signed_points(interval[1]), ").")
    ]  # fmt: skip


def _word(n: int) -> str:
    return {2: "two", 3: "three"}[n]


def learning_rate_step(view: StudyView, run: Run) -> list[Sentence]:
    """Say what the first learning-rate step did, where that is more than the trend before it."""
    curves, spec = run.curves, run.metrics.spec
    if curves is None or (spec is not None and spec.schedule != "step"):
        return []
    rates = curves.learning_rate
    split = next((i for i in range(1, len(rates)) if rates[i] < rates[i - 1]), None)
    if split is None:
        return [_no_step(run)] if run.metrics.status == "done" and run.metrics.spec else []
    window = min(3, split // 2, len(rates) - split)
    if window == 0 or view.dataset is None:
        return []
    after = _window_change(run, split, window)
    before = _window_change(run, split - window, window)
    gained = derive("difference", after, before)
    share = _mean(run, "validation_accuracy", split - window, window).value
    # after - 2 before + before that: of independent samples it has six times the variance of one
    error = math.sqrt(6 * share * (1 - share) / n_images(view, run, "validation").value)
    if gained.value <= max(STILL_MOVING, CERTAIN * error):
        return []
    span = "epoch" if window == 1 else f"{_word(window)} epochs"
    return [
        say(
            "After epoch ", integer(run.curve(f"/epoch/{split - 1}")), " the rate fell from ",
            rate(run.curve(f"/learning_rate/{split - 1}")), " to ",
            rate(run.curve(f"/learning_rate/{split}")), ", and over the next ", span,
            " validation accuracy gained ", points(gained), " points more than over the ", span,
            " before.",
        )
    ]  # fmt: skip


def _no_step(run: Run) -> Sentence:
    return say(
        "The learning rate never fell: the first step comes after ",
        numbered(integer(run.number("/spec/step_size")), "epoch"), ", and the run has ",
        integer(run.number("/epochs_run")), ".",
    )  # fmt: skip


def fit_gap(view: StudyView, run: Run) -> list[Sentence]:
    """Say where a run over- or underfits at its best epoch, and where its losses went apart."""
    train = train_accuracy_of(view, run)
    if run.metrics.validation is None or run.metrics.train is None:
        return []
    if train is None:  # of mixed pictures
        return _loss_turn(run)
    validation = run.number("/validation/accuracy")
    gap = derive("difference", train, validation)
    sentences = []
    if gap.value > WIDE_GAP:
        sentences.append(
            say("It overfits: at the best epoch it names ", percent(train), " of the train and ",
                percent(validation), " of the validation pictures rightly.")
        )  # fmt: skip
    elif train.value < 0.5:
        sentences.append(
            say("It underfits: even at the best epoch it names only ", percent(train),
                " of the train pictures rightly.")
        )  # fmt: skip
    trend = [] if is_of_mixed_pictures(run) else _gap_trend(view, run)
    return sentences + trend + _loss_turn(run)


def _gap_trend(view: StudyView, run: Run) -> list[Sentence]:
    """Say that the gap between train and validation moved at the end, by more than chance."""
    curves = run.curves
    if curves is None or run.metrics.status != "done" or len(curves.epoch) < 6:
        return []
    if view.dataset is None:
        return []
    n_epochs = len(curves.epoch)
    variance = 0.0
    changes = []
    splits: tuple[HeldOut, ...] = ("train", "validation")
    for split in splits:
        field, n = f"{split}_accuracy", n_images(view, run, split).value
        changes.append(_change(run, field, n_epochs - 3, 3))
        share = _mean(run, field, n_epochs - 3, 3).value
        variance += 2 * share * (1 - share) / n
    moved = derive("difference", *changes)
    if abs(moved.value) <= max(STILL_MOVING, CERTAIN * math.sqrt(variance)):
        return []
    ahead, behind = ("train", "validation") if moved.value > 0 else ("validation", "train")
    return [
        say(f"In the last three epochs {ahead} gained ", points(moved),
            f" points on {behind}, compared with the three before.")
    ]  # fmt: skip


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
            " by the last", _meanwhile(run, lowest),
        )
    ]  # fmt: skip


def _meanwhile(run: Run, lowest: int) -> str:
    assert run.curves is not None
    accuracies = run.curves.validation_accuracy
    if accuracies[-1] < accuracies[lowest] - STILL_MOVING:
        return ", and the accuracy fell with it."
    return " while the accuracy didn’t fall: the network grew surer of its mistakes."
