"""How far two runs of one experiment are apart, in what rounding can move."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from training.records import Curves, FirstLayer, HeldOutScores, Predictions, ScoreFile, SplitScores
from training.reproduce.recorded import RunRecords

LOSSES = ("train_loss", "validation_loss")
ACCURACIES = ("train_accuracy", "validation_accuracy")


SCORES_AT_ONCE = 2**22
"""Scores of so many classes and images are held in memory at once."""


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
        scores: Mean total variation of the probabilities of all classes that an image is given,
            over the test or the validation images, whichever is larger.
        farthest: The largest of any image.
    """

    losses: tuple[float, ...]
    accuracies: tuple[float, ...]
    test_loss: float = 0.0
    test_accuracy: float = 0.0
    predicted: float = 0.0
    probability: float = 0.0
    change: float = 0.0
    scores: float = 0.0
    farthest: float = 0.0


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
        *_of_scores(one.scores, other.scores),
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


def _of_scores(one: ScoreFile | str | None, other: ScoreFile | str | None) -> tuple[float, float]:
    """Return how far the scores of both splits are apart: the larger mean, and the largest."""
    if not isinstance(one, ScoreFile) or not isinstance(other, ScoreFile):
        return 0.0, 0.0
    splits = (total_variation(one.test, other.test),
              total_variation(one.validation, other.validation))  # fmt: skip
    found = [apart for apart in splits if len(apart)]
    means = (float(apart.mean()) for apart in found)
    return max(means, default=0.0), max((float(apart.max()) for apart in found), default=0.0)


def total_variation(one: SplitScores, other: SplitScores) -> NDArray[np.float64]:
    """Return half the sum of the differences of each image's probabilities, in [0, 1].

    Where only the likeliest classes are kept, each is held against the same class of the other,
    nothing if that isn't kept, and what is left over counts as one class more.

    Returns:
        (n,), float64, over the images that both have.
    """
    n = min(len(one.label), len(other.label))
    step = max(1, SCORES_AT_ONCE // one.n_classes)
    places = [(start, min(start + step, n)) for start in range(0, max(n, 1), step)]
    parts = (_total_variation(one.rows(*place), other.rows(*place)) for place in places)
    return np.concatenate(list(parts))


def _total_variation(one: SplitScores, other: SplitScores) -> NDArray[np.float64]:
    n = min(len(one.label), len(other.label))
    if one.classes is None and other.classes is None:
        first, second = (np.exp(scores.log_probability[:n]) for scores in (one, other))
        apart: NDArray[np.float64] = 0.5 * np.abs(first - second).sum(1)
        return apart
    found = np.zeros(n)
    for i in range(n):
        mine, theirs = (by_class(scores, i) for scores in (one, other))
        classes = mine.keys() | theirs.keys()
        of_classes = math.fsum(abs(mine.get(k, 0.0) - theirs.get(k, 0.0)) for k in classes)
        rest = abs(math.fsum(mine.values()) - math.fsum(theirs.values()))
        found[i] = 0.5 * (of_classes + rest)
    return found


def by_class(scores: SplitScores, image: int) -> dict[int, float]:
    """Return the probabilities that an image is given, by class, as far as they are kept."""
    one = scores.rows(image, image + 1)
    values = np.exp(one.log_probability[0]).tolist()
    names = range(len(values)) if one.classes is None else one.classes[0].tolist()
    return dict(zip(names, values, strict=True))
