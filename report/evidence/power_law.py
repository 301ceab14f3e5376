"""A learning curve as a power law: accuracy a − b·n^(−c) for n pictures a class."""

from collections.abc import Sequence

EXPONENTS = [i / 100 for i in range(5, 201)]
"""Tried for c; below, the curve would have no end in sight, above, none but the first point
matters."""


def power_law(sizes: Sequence[float], accuracies: Sequence[float]) -> tuple[float, float, float]:
    """Fit a, b and c by least squares, a at most 1 and b at least 0.

    Args:
        sizes: Pictures a class, above 0; at least three different ones.
        accuracies: Fractions, as many.

    Returns:
        The limit a, the factor b and the exponent c.
    """
    fits = (_fit([n**-c for n in sizes], accuracies, c) for c in EXPONENTS)
    _, a, b, c = min(fits)
    return a, b, c


def _fit(x: Sequence[float], y: Sequence[float], c: float) -> tuple[float, float, float, float]:
    """Return the squared error, a and b of the best line y = a − b·x within the bounds, and c."""
    n, mean_x, mean_y = len(x), sum(x) / len(x), sum(y) / len(y)
    spread = sum((v - mean_x) ** 2 for v in x)
    b = -sum((v - mean_x) * (w - mean_y) for v, w in zip(x, y, strict=True)) / spread
    b = max(0.0, b)
    a = mean_y + b * mean_x
    if a > 1:  # the best line through (0, 1)
        a = 1.0
        b = max(0.0, sum(v * (1 - w) for v, w in zip(x, y, strict=True)) / sum(v * v for v in x))
    error = sum((w - a + b * v) ** 2 for v, w in zip(x, y, strict=True))
    return error / n, a, b, c


def power_law_at(size: float, *pairs: float) -> float:
    """Return what the fitted curve gives for a number of pictures.

    Args:
        size: Pictures a class.
        pairs: Number of pictures and accuracy of each point, one after the other.
    """
    a, b, c = power_law(pairs[::2], pairs[1::2])
    return float(min(1.0, max(0.0, a - b * size**-c)))
