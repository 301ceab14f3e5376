"""Whether stated probabilities hold: calibration error, what chance gives, and a temperature.

As in `score_metrics`, values are rounded so that every machine gives the same.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from report.evidence.remembered import Remembered
from report.evidence.score_metrics import (
    N_AT_ONCE,
    N_RESAMPLES,
    SEED,
    own_score,
    predicted,
    rounded,
    uniform,
)
from report.evidence.scores_by_image import by_image
from training.records import SplitScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MOST_BINS = 15
FEWEST_IN_BIN = 20

N_STEPS = 20
"""Bins of equal width, for how many answers have which probability."""

COLDEST, HOTTEST = 0.05, 20.0
"""Between these a temperature is sought."""

LEVEL = 0.02
"""Chance passes each of the two limits that a judgement looks at, of the mean and of the error, in
so many cases; either of them in one of twenty-five at most."""


@dataclass(frozen=True)
class Bins:
    """Answers by rising probability; lists with an entry a bin.

    Attributes:
        low: Least probability in the bin, or where it begins.
        high: Greatest, or where it ends.
        n: Images.
        confidence: Mean probability of the answers; 0 of none.
        n_right: Images named rightly.
        accuracy: Their share; 0 of none.
    """

    low: list[float]
    high: list[float]
    n: list[int]
    confidence: list[float]
    n_right: list[int]
    accuracy: list[float]


@dataclass(frozen=True)
class Calibration:
    """How stated probabilities and the share of right answers go together.

    Attributes:
        confidence: Mean probability of the answers.
        gap: That less the share of right answers.
        gap_low: Under which chance puts it in 1 % of cases if every probability holds.
        gap_high: Above which, likewise.
        error: Expected calibration error: mean distance of a bin's mean probability from its share
            of right answers, over bins of equally many images (Nixon et al., 2019).
        error_by_chance: What it is in the mean if every probability holds.
        error_high: Above which chance puts it in 2 % of cases.
        bins: What it is computed from, bins of as many images each.
        steps: The same answers in bins of equal width, some of them empty.
    """

    confidence: float
    gap: float
    gap_low: float
    gap_high: float
    error: float
    error_by_chance: float
    error_high: float
    bins: Bins
    steps: Bins


def calibration(scores: SplitScores) -> Calibration:
    """Return how a split's probabilities hold; chance is simulated, seeded."""
    return _remembered(scores)


def n_bins(n: int) -> int:
    """Return how many bins n images make: at most 15, of 20 images or more."""
    return max(1, min(MOST_BINS, n // FEWEST_IN_BIN))


def error_at(scores: SplitScores, temperature: float) -> float:
    """Return the expected calibration error of scores that are divided by a temperature."""
    confidence, right = _answers(scores, temperature)
    return rounded(_errors(confidence, right[None])[0])


def loss_at(scores: SplitScores, temperature: float) -> float:
    """Return the mean negative log-likelihood of scores that are divided by a temperature."""
    import numpy as np

    own = [
        _scaled(part, temperature)[np.arange(len(part.label)), part.label]
        for part in scores.parts()
    ]
    return rounded(-np.concatenate(own).mean())


def best_temperature(scores: SplitScores) -> float:
    """Return the temperature of the lowest mean negative log-likelihood (Guo et al., 2017).

    That is convex in the temperature's reciprocal b: where its slope, the mean over images of the
    expected score less that of the true class, changes its sign.

    Returns:
        In [0.05, 20]; an end of it where the minimum lies outside.
    """
    import numpy as np

    own = own_score(scores).mean()

    def slope(b: float) -> float:
        expected = []
        for part in scores.parts():
            values = part.log_probability.astype(np.float64)
            scaled = b * values
            weight = np.exp(scaled - scaled.max(1, keepdims=True))
            expected.append((weight * values).sum(1) / weight.sum(1))
        return float(np.concatenate(expected).mean() - own)

    low, high = 1 / HOTTEST, 1 / COLDEST
    if slope(low) >= 0:
        return HOTTEST
    if slope(high) <= 0:
        return COLDEST
    for _ in range(40):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return rounded(1 / low)


def _scaled(scores: SplitScores, temperature: float) -> "Floats":
    """Return log-probabilities (n, n_classes) of scores that are divided by a temperature."""
    import numpy as np

    values = scores.log_probability.astype(np.float64) / temperature
    values -= values.max(1, keepdims=True)
    scaled: Floats = values - np.log(np.exp(values).sum(1, keepdims=True))
    return scaled


def _answers(scores: SplitScores, temperature: float) -> "tuple[Floats, NDArray[np.bool_]]":
    """Return the answers' probabilities in rising order, (n,), and which answers are right.

    Equal ones are in random order, so that bins don't sort them by class.
    """
    import numpy as np

    highest = by_image(scores).highest
    if temperature != 1:
        highest = np.concatenate([_scaled(part, temperature).max(1) for part in scores.parts()])
    confidence = np.exp(highest)
    order = np.lexsort((uniform(len(confidence), SEED), confidence))
    return confidence[order], (predicted(scores) == scores.label)[order]


def _starts(n: int) -> "NDArray[Any]":
    """Return where each bin begins, the bins as equal as they can be."""
    import numpy as np

    bins = n_bins(n)
    return np.arange(bins) * n // bins


def _errors(confidence: "Floats", right: "NDArray[Any]") -> "Floats":
    """Return the expected calibration error of each row of right answers, (b, n)."""
    import numpy as np

    distance = np.add.reduceat(confidence - right, _starts(len(confidence)), axis=1)
    errors: Floats = np.abs(distance).sum(1) / len(confidence)
    return errors


def _calibration(confidence: "Floats", right: "NDArray[np.bool_]") -> Calibration:
    import numpy as np

    n = len(confidence)
    errors, gaps = [], []
    step = max(1, N_AT_ONCE // n)
    for done in range(0, N_RESAMPLES, step):
        b = min(step, N_RESAMPLES - done)
        by_chance = uniform(b * n, SEED + 1 + done).reshape(b, n) < confidence
        errors.append(_errors(confidence, by_chance))
        gaps.append((confidence - by_chance).mean(1))
    error, gap = np.concatenate(errors), np.concatenate(gaps)
    gap_low, gap_high = np.quantile(gap, (LEVEL / 2, 1 - LEVEL / 2))
    return Calibration(
        confidence=rounded(confidence.mean()),
        gap=rounded((confidence - right).mean()),
        gap_low=rounded(gap_low),
        gap_high=rounded(gap_high),
        error=rounded(_errors(confidence, right[None])[0]),
        error_by_chance=rounded(error.mean()),
        error_high=rounded(np.quantile(error, 1 - LEVEL)),
        bins=_bins(confidence, right),
        steps=_steps(confidence, right),
    )


_remembered = Remembered(lambda scores: _calibration(*_answers(scores, 1.0)))


def _bins(confidence: "Floats", right: "NDArray[np.bool_]") -> Bins:
    import numpy as np

    parts = list(zip(np.split(confidence, _starts(len(confidence))[1:]),
                     np.split(right, _starts(len(right))[1:]), strict=True))  # fmt: skip
    return Bins(
        low=[rounded(c[0]) for c, _ in parts],
        high=[rounded(c[-1]) for c, _ in parts],
        n=[len(c) for c, _ in parts],
        confidence=[rounded(c.mean()) for c, _ in parts],
        n_right=[int(r.sum()) for _, r in parts],
        accuracy=[rounded(r.mean()) for _, r in parts],
    )


def _steps(confidence: "Floats", right: "NDArray[np.bool_]") -> Bins:
    import numpy as np

    edges = np.arange(N_STEPS + 1) / N_STEPS
    step = np.searchsorted(edges, np.round(confidence, 9), side="right") - 1
    step = np.minimum(step, N_STEPS - 1)
    n, n_right = (np.bincount(some, minlength=N_STEPS) for some in (step, step[right]))
    total = np.bincount(step, weights=confidence, minlength=N_STEPS)
    there = np.maximum(n, 1)
    return Bins(
        low=edges[:-1].tolist(),
        high=edges[1:].tolist(),
        n=n.tolist(),
        confidence=[rounded(value) for value in total / there],
        n_right=n_right.tolist(),
        accuracy=[rounded(value) for value in n_right / there],
    )
