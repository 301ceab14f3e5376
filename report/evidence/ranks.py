"""Spearman's rank correlation, and how often chance alone gives one as large."""

import math
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N_PERMUTATIONS = 9999


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Return Spearman's rank correlation (1904), ties with their mean rank.

    Args:
        first: At least two values, not all equal.
        second: As many.

    Returns:
        From −1 to 1; 0 where either's values are all equal.
    """
    a, b = _standardised(first), _standardised(second)
    return float(min(1.0, max(-1.0, (a * b).sum())))


def rank_correlation_p(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the two-sided p-value of the rank correlation by a permutation test.

    One in `N_PERMUTATIONS` + 1 is the smallest that it gives. The permutations are those of the
    values: the same each time for the same ones.
    """
    import numpy as np

    a, b = _standardised(first), _standardised(second)
    seed = zlib.crc32(a.round(9).tobytes() + b.round(9).tobytes())
    dice = np.random.Generator(np.random.PCG64(seed))
    seen, done, at_once = 0, 0, max(1, 2**20 // len(a))
    limit = abs((a * b).sum()) - 1e-12
    while done < N_PERMUTATIONS:
        n = min(at_once, N_PERMUTATIONS - done)
        shuffled = b[dice.random((n, len(b))).argsort(axis=1, kind="stable")]
        seen += int((np.abs(shuffled @ a) >= limit).sum())
        done += n
    return (seen + 1) / (N_PERMUTATIONS + 1)


def _standardised(values: Sequence[float]) -> "NDArray[np.float64]":
    """Return ranks of mean 0 and length 1; zeros where all values are equal."""
    import numpy as np

    _, place, count = np.unique(np.asarray(values, float), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    centred = ranks - ranks.mean()
    length = math.sqrt(float((centred**2).sum()))
    return np.asarray(centred / length if length else centred, float)
