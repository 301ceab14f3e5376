"""Answers to changed test pictures, held against each other picture by picture."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from report.evidence.statistics import paired_t


def right_of(label: Sequence[int], predicted: Sequence[int]) -> str:
    """Write which pictures are named rightly as `ValidationAnswers.right` does."""
    bits = "".join(str(int(t == p)) for t, p in zip(label, predicted, strict=True))
    digits = math.ceil(len(bits) / 4)
    return f"{int(bits.ljust(4 * digits, '0') or '0', 2):0{digits}x}"


def bits_of(right: str, n: int) -> list[int]:
    """Return the inverse of `right_of`: for each of n pictures 1 where it is named rightly."""
    return [int(bit) for bit in f"{int(right or '0', 16):0{4 * len(right)}b}"[:n]]


def _shares(n: int, rights: Sequence[str]) -> list[float]:
    """Return, of each of n pictures, the share of some tests in which it is named rightly."""
    return [fmean(of_one) for of_one in zip(*(bits_of(right, n) for right in rights), strict=True)]


def _gains(n: int, rights: Sequence[str]) -> list[float]:
    """Return, of each picture, how much more often the first model names it rightly.

    Args:
        n: Pictures.
        rights: Of as many tests, those of the first model, and then those of the second.
    """
    half = len(rights) // 2
    pairs = zip(_shares(n, rights[:half]), _shares(n, rights[half:]), strict=True)
    return [mine - theirs for mine, theirs in pairs]


def mean_gain(n: int, *rights: str) -> float:
    """Return how much more often the first model is right, in the mean over tests and pictures."""
    return fmean(_gains(n, rights))


def mean_gain_interval(n: int, *rights: str) -> tuple[float, float]:
    """Return its 95 % interval by Student's distribution, for pictures drawn at random.

    The several tests are of the same pictures, so a picture's share of them counts as one.
    """
    from scipy.special import stdtrit

    gains = _gains(n, rights)
    half = float(stdtrit(n - 1, 0.975)) * stdev(gains) / math.sqrt(n)
    return max(-1.0, fmean(gains) - half), min(1.0, fmean(gains) + half)


def mean_gain_p(n: int, *rights: str) -> float:
    """Return the two-sided p-value of no gain: the paired t test over pictures."""
    half = len(rights) // 2
    return paired_t(_shares(n, rights[:half]), _shares(n, rights[half:]))
