"""How far two runs of one experiment are apart, in what rounding can move."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

from training.records import Curves, FirstLayer, HeldOutScores, Predictions
from training.reproduce.recorded import RunRecords

LOSSES = ("train_loss", "validation_loss")
ACCURACIES = ("train_accuracy", "validation_accuracy")


@dataclass(frozen=True)
class Distance:
    """How far two runs are apart.

    Attributes:
        losses: By epoch, the larger of both losses' relative differences.
        accuracies: By epoch, the larger of both accuracies' differences, in [0, 1].
        test_loss: Relative difference of the test losses.
        test_accuracy: Difference of the test accuracies.
        predicted: Share of the test images for which another class is predicted.
        probability: Mean difference of the probabilities, over the test images for which the same
            class is predicted.
        change: Relative difference of how far training moved the first layer.
    """

    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    test_loss: float = 0.0
    test_accuracy: float = 0.0
    predicted: float = 0.0
    probability: float = 0.0
    change: float = 0.0


def distance(one: RunRecords, other: RunRecords) -> Distance:
    """Measure how far two runs are apart, over the epochs and test images that both have."""
    losses = [by_epoch(one.curves, other.curves, name, relative) for name in LOSSES]
    accuracies = [by_epoch(one.curves, other.curves, name, absolute) for name in ACCURACIES]
    return Distance(
        tuple(map(max, *losses)),
        tuple(map(max, *accuracies)),
        *_of_tests(one.metrics.test, other.metrics.test),
        *_of_predictions(one.predictions, other.predictions),
        _of_first_layer(one.metrics.first_layer, other.metrics.first_layer),
    )


def by_epoch(
    one: Curves, other: Curves, name: str, apart: Callable[[float | None, float | None], float]
) -> list[float]:
    """Return how far a field of two curves is apart in each epoch that both have."""
    return list(map(apart, getattr(one, name), getattr(other, name)))


def absolute(one: float | None, other: float | None) -> float:
    """Return the difference; infinite where one alone isn't finite."""
    if one is None or other is None:
        return 0.0 if one is other else math.inf
    return abs(one - other)


def relative(one: float | None, other: float | None) -> float:
    """Return the difference in parts of the smaller one; infinite where one alone isn't finite."""
    difference = absolute(one, other)
    if difference == 0.0 or one is None or other is None:
        return difference
    smaller = min(abs(one), abs(other))
    return difference / smaller if smaller else math.inf


def _of_tests(one: HeldOutScores | None, other: HeldOutScores | None) -> tuple[float, float]:
    if one is None or other is None:
        return 0.0, 0.0
    return relative(one.loss, other.loss), absolute(one.accuracy, other.accuracy)


def _of_predictions(one: Predictions | None, other: Predictions | None) -> tuple[float, float]:
    """Return the share of images with another class, and how far probabilities are apart."""
    if one is None or other is None:
        return 0.0, 0.0
    same = [a == b for a, b in zip(one.predicted, other.predicted, strict=False)]
    apart = [
        abs(p - q)
        for p, q, is_same in zip(one.probability, other.probability, same, strict=False)
        if is_same
    ]
    return 1 - fmean(same) if same else 0.0, fmean(apart) if apart else 0.0


def _of_first_layer(one: FirstLayer | None, other: FirstLayer | None) -> float:
    if one is None or other is None:
        return 0.0
    return relative(one.relative_change, other.relative_change)
