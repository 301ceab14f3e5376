"""Statistics over seeds and folds: of trainings that share pictures, tested on the same ones."""

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from training.records import integers

if TYPE_CHECKING:
    from numpy.typing import NDArray


def corrected_error(values: Sequence[float], n_train: float, n_held_out: float) -> float:
    """Return the standard error of a mean over folds (Nadeau and Bengio, 2003, section 3).

    The variance over k folds counts 1 / k + n_held_out / n_train times instead of 1 / k, because
    trainings that share pictures vary together.

    Args:
        values: Accuracies or differences of accuracies, one a fold; at least two.
        n_train: Pictures that each fold's run trained on.
        n_held_out: Pictures that each value was measured on.
    """
    return statistics.stdev(values) * math.sqrt(1 / len(values) + n_held_out / n_train)


def corrected_interval(
    values: Sequence[float], n_train: float, n_held_out: float
) -> tuple[float, float]:
    """Return the 95 % interval of a mean accuracy over folds, within [0, 1].

    Args are those of `corrected_error`.
    """
    from scipy.special import stdtrit

    half = float(stdtrit(len(values) - 1, 0.975)) * corrected_error(values, n_train, n_held_out)
    mean = statistics.fmean(values)
    return max(0.0, mean - half), min(1.0, mean + half)


def corrected_t(
    first: Sequence[float], second: Sequence[float], n_train: float, n_held_out: float
) -> float:
    """Return the two-sided p-value of the corrected resampled t test (Nadeau and Bengio, 2003).

    Args:
        first: At least two accuracies, one a fold.
        second: The other model's, of the same folds in the same order.
        n_train: See `corrected_error`.
        n_held_out: Likewise.
    """
    differences = [a - b for a, b in zip(first, second, strict=True)]
    error = corrected_error(differences, n_train, n_held_out)
    return _p(statistics.fmean(differences), error, len(differences) - 1)


def min_f(
    rights: "Sequence[Sequence[int]] | Sequence[NDArray[Any]] | NDArray[Any]", ratio: float = 0.0
) -> float:
    """Return the p-value of min F′: for other trainings and other pictures at once (Clark, 1973).

    F′ is F₁ F₂ / (F₁ + F₂), so that the variance over trainings and that over pictures add up; its
    degrees of freedom are Satterthwaite's. F₁ is the square of the paired t over trainings. F₂ is
    McNemar's χ² with Edwards's correction (1948), in which each picture counts by the share of
    trainings that name it rightly, so that few pictures decide nothing. What both variances share
    is counted twice: the test is rather too careful than too sure.

    Args:
        rights: Of each training of the first model, and then of as many of the second's, in the
            same order of seeds or folds: 1 for each picture named rightly, else 0; at least two
            trainings a model, and two pictures.
        ratio: Pictures measured on by pictures trained on, where trainings share pictures, as
            in `corrected_error`.
    """
    import numpy as np

    first, second = np.split(np.asarray(rights, np.int8), 2)
    gains = first - second
    k, n = gains.shape
    of_pictures = gains.mean(0)
    gain = abs(float(of_pictures.sum()))
    if gain <= 1:
        return 1.0
    inverse_1 = float(gains.mean(1).var(ddof=1)) * (1 / k + ratio) * (n / gain) ** 2
    inverse_2 = float((of_pictures**2).sum()) / (gain - 1) ** 2
    both = inverse_1 + inverse_2
    freedom = both**2 / (inverse_1**2 / (k - 1) + inverse_2**2 / (n - 1))
    return _p(1.0, math.sqrt(both), freedom)


def min_f_of_answers(
    label: Sequence[int], predicted: Sequence[Sequence[int]], ratio: float = 0.0
) -> float:
    """Return `min_f` of what models answered where `label` holds the truth, both class numbers."""
    import numpy as np

    true = integers(label)
    return min_f(np.stack([integers(each) == true for each in predicted]), ratio)


def joined(mean: float, *ends: float) -> float:
    """Return the end of an interval about two sources of luck at once (Zou and Donner, 2008).

    The distances from the mean to the ends of either's interval are added as standard errors are:
    the root of the sum of their squares.

    Args:
        mean: The estimate.
        ends: The lower ends of the intervals, or the upper ones; shares.
    """
    apart = math.hypot(*(end - mean for end in ends))
    return max(0.0, mean - apart) if ends[0] <= mean else min(1.0, mean + apart)


def _p(mean: float, error: float, freedom: float) -> float:
    from scipy.special import stdtr

    if error <= 1e-12:
        return 1.0 if abs(mean) <= 1e-12 else 0.0
    return min(1.0, 2 * float(stdtr(freedom, -abs(mean / error))))
