"""How far rounding may carry two runs of one experiment apart."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from training.records import Environment
from training.reproduce.distance import Distance

NUDGE = 2.0**-20
"""Relative; eight of fp32's last digits, because rounding happens at every step and this once."""

OTHER_FORMAT_NUDGE = 2.0**-9
"""The same where record and new run are in different number formats: the last digit of bf16."""

FACTOR = 10.0
"""How many times as far as a nudged run rounding may carry a run of the same training."""

VAGUE = 0.1
"""Where losses may be further apart than this, relatively, nothing is checked."""


@dataclass(frozen=True)
class Tolerance:
    """The largest distances that count as rounding; see `Distance`.

    Attributes:
        loss: In any epoch.
        accuracy: In any epoch.
        test_loss: Of the test set.
        test_accuracy: Of the test set.
        losses: By epoch, where more is known of a run; `loss` holds where it is larger.
        accuracies: By epoch, likewise.
    """

    loss: float
    accuracy: float
    test_loss: float
    test_accuracy: float
    predicted: float
    probability: float
    change: float
    scores: float
    farthest: float
    losses: tuple[float, ...] = ()
    accuracies: tuple[float, ...] = ()

    def loss_in(self, epoch: int) -> float:
        """Return what losses may be apart in an epoch, counted from 1."""
        return _at(self.losses, epoch, self.loss)

    def accuracy_in(self, epoch: int) -> float:
        """Return what accuracies may be apart in an epoch."""
        return _at(self.accuracies, epoch, self.accuracy)

    def vague_from(self, n_epochs: int) -> int | None:
        """Return the epoch from which on losses may be so far apart that nothing is checked."""
        epochs = range(1, n_epochs + 1)
        return next((epoch for epoch in epochs if self.loss_in(epoch) > VAGUE), None)


def _at(values: Sequence[float], epoch: int, least: float) -> float:
    return max(least, values[epoch - 1]) if epoch <= len(values) else least


USUAL = Tolerance(1e-4, 0.005, 1e-4, 0.005, 0.005, 1e-3, 0.02, 1e-3, 0.05)
"""Where both are in the same number format. Measured: `bench/reproduce.py`, `docs/verify.md`."""

OTHER_FORMAT = Tolerance(1e-2, 0.02, 1e-2, 0.02, 0.02, 1e-2, 0.1, 1e-2, 0.2)
"""Where one is in another number format than the other."""


IMAGES = 2
"""So many images may always be classified otherwise; of few, one is more than the usual share."""


def tolerance_of(one: Environment | None, other: Environment | None, n_images: int) -> Tolerance:
    """Return what is allowed between two machines' runs without a look at the training itself.

    Args:
        n_images: Of the smallest split.
    """
    usual = USUAL if _in_same_format(one, other) else OTHER_FORMAT
    share = IMAGES / max(1, n_images)
    return dataclasses.replace(
        usual,
        accuracy=max(usual.accuracy, share),
        test_accuracy=max(usual.test_accuracy, share),
        predicted=max(usual.predicted, share),
    )


def nudge_of(one: Environment | None, other: Environment | None) -> float:
    """Return how far starting weights are moved to imitate the rounding between two machines."""
    return NUDGE if _in_same_format(one, other) else OTHER_FORMAT_NUDGE


def _in_same_format(one: Environment | None, other: Environment | None) -> bool:
    return one is None or other is None or one.precision == other.precision


def widened(tolerance: Tolerance, nudged: Distance) -> Tolerance:
    """Allow a run `FACTOR` times as much as its own nudge made of it.

    Rounding grows from step to step, in some trainings so fast that after a few epochs two runs
    that began a digit apart have no more in common than two of different seeds. No fixed tolerance
    fits those and the others.

    Args:
        nudged: How far the run was carried by moving its starting weights by `nudge_of`.
    """
    return dataclasses.replace(
        tolerance,
        losses=tuple(FACTOR * value for value in _so_far(nudged.losses)),
        accuracies=tuple(FACTOR * value for value in _so_far(nudged.accuracies)),
        test_loss=max(tolerance.test_loss, FACTOR * nudged.test_loss),
        test_accuracy=max(tolerance.test_accuracy, FACTOR * nudged.test_accuracy),
        predicted=max(tolerance.predicted, FACTOR * nudged.predicted),
        probability=max(tolerance.probability, FACTOR * nudged.probability),
        change=max(tolerance.change, FACTOR * nudged.change),
        scores=max(tolerance.scores, FACTOR * nudged.scores),
        farthest=max(tolerance.farthest, FACTOR * nudged.farthest),
    )


def factor(apart: Distance, nudged: Distance) -> float:
    """Return how many times as far a run is away as the nudged one, by its losses, at most.

    Left out are epochs in which `USUAL` allows that, and those that are vague.
    """
    pairs = zip(apart.losses, _so_far(nudged.losses), strict=True)
    ratios = [
        one / other if other else math.inf
        for one, other in pairs
        if one > USUAL.loss and FACTOR * other <= VAGUE
    ]
    return max(ratios, default=0.0)


def _so_far(values: Sequence[float]) -> list[float]:
    """Return the largest value up to each epoch."""
    return list(accumulate(values, max))
