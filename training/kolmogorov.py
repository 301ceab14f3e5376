"""Kolmogorov and Smirnov's test of two samples, from their distance."""

import math

CERTAIN = 0.2
"""Below this scaled distance the p-value is 1 to all digits, and its series converges slowly."""


def p_value(distance: float, n: int, m: int) -> float:
    """Return the asymptotic two-sided p-value of a distance of two samples' distributions.

    Args:
        distance: The largest distance of the distribution functions, in [0, 1].
        n: Size of one sample.
        m: Of the other.
    """
    if not n or not m:
        return 1.0
    x = distance * math.sqrt(n * m / (n + m))
    if x < CERTAIN:
        return 1.0
    tail = 2 * math.fsum((-1) ** (k - 1) * math.exp(-2 * (k * x) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, tail))
