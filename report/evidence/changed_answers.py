"""Answers to changed test pictures, held against each other picture by picture."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from report.evidence.by_picture import same_length
from report.evidence.statistics import paired_t

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def right_of(label: Sequence[int], predicted: Sequence[int]) -> str:
    """Write which pictures are named rightly as `ValidationAnswers.right` does."""
    import numpy as np

    true, answers = same_length(label, predicted)
    digits: str = np.packbits(true == answers).tobytes().hex()
    return digits[: math.ceil(len(true) / 4)] or "0"


def bits_of(right: str, n: int) -> "NDArray[np.uint8]":
    """Return the inverse of `right_of`: for each of n pictures 1 where it is named rightly."""
    import numpy as np

    packed = np.frombuffer(bytes.fromhex(right + "0" * (len(right) % 2)), np.uint8)
    return np.unpackbits(packed)[: min(n, 4 * len(right))]


def _shares(n: int, rights: Sequence[str]) -> list[float]:
    """Return, of each of n pictures, the share of some tests in which it is named rightly."""
    import numpy as np

    n_right = np.stack([bits_of(right, n) for right in rights]).sum(0, np.int64)
    shares: list[float] = (n_right / len(rights)).tolist()
    return shares


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
