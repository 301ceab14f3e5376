"""Names in the order in which people look for them: 1, 2, 10 and not 1, 10, 2.

For lists that are read. What is numbered by its place in a list, as classes are, is sorted plainly.
"""

import re
from collections.abc import Iterable

_DIGITS = re.compile(r"(\d+)")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")

Key = tuple[float, list[tuple[str, int, str]], str]


def natural_key(name: str) -> Key:
    """Return what to sort a name by: as a number if it is one, else with its digits as numbers.

    Names without digits are ordered as `sorted` orders them.
    """
    value = float(name) if _NUMBER.fullmatch(name) else float("inf")
    parts = _DIGITS.split(name)
    texts, numbers = parts[::2], [*parts[1::2], ""]
    pairs = ((digits.lstrip("0"), text) for digits, text in zip(numbers, texts, strict=True))
    return value, [(text, len(digits), digits) for digits, text in pairs], name


def in_natural_order(names: Iterable[str]) -> list[str]:
    """Sort names by `natural_key`."""
    return sorted(names, key=natural_key)


def natural_positions(names: list[str]) -> list[int]:
    """Return the positions of names in their natural order."""
    return sorted(range(len(names)), key=lambda i: natural_key(names[i]))
