"""Statistics over folds, whose trainings share pictures: corrected t tests and intervals."""

import math
import statistics
from collections.abc import Sequence


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
    return _p(differences, corrected_error(differences, n_train, n_held_out))


def pictures_t(label: Sequence[int], *predicted: Sequence[int]) -> float:
    """Return the two-sided p-value of the paired t test over test pictures (Student, 1908).

    A picture's value is the share of the first model's trainings that name it rightly, less that of
    the second's: what other test pictures might have changed.

    Args:
        label: True classes of at least two pictures.
        predicted: Answers of the first model's trainings, then as many of the second's.
    """
    k = len(predicted) // 2
    differences = [
        (sum(p == true for p in answers[:k]) - sum(p == true for p in answers[k:])) / k
        for true, *answers in zip(label, *predicted, strict=True)
    ]
    return _p(differences, statistics.stdev(differences) / math.sqrt(len(differences)))


def _p(differences: Sequence[float], error: float) -> float:
    from scipy.special import stdtr

    mean = statistics.fmean(differences)
    if error <= 1e-12:
        return 1.0 if abs(mean) <= 1e-12 else 0.0
    return min(1.0, 2 * float(stdtr(len(differences) - 1, -abs(mean / error))))
