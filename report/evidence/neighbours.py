"""What features say of classes: how many of a picture's neighbours are of its own."""

from collections import Counter
from collections.abc import Sequence

from training.records import spread_over


def purity(same_class: str, k: int) -> float:
    """Return the mean share of the `k` nearest neighbours that are of a picture's class.

    Args:
        same_class: How many are, one digit a picture.
    """
    return sum(map(int, same_class)) / (k * len(same_class))


def class_purity(
    same_class: str, k: int, label: Sequence[int], classes: Sequence[str], name: str
) -> float:
    """Return the same of one class's pictures; `label` is that of all test pictures."""
    shown, wanted = _labels(label, len(same_class)), classes.index(name)
    own = [n for n, true in zip(same_class, shown, strict=True) if true == wanted]
    return purity("".join(own), k)


def purity_by_chance(label: Sequence[int], n_shown: int) -> float:
    """Return what the share would be if neighbours had nothing to do with classes."""
    sizes = Counter(_labels(label, n_shown)).values()
    return sum(size * (size - 1) for size in sizes) / (n_shown * (n_shown - 1))


def _labels(label: Sequence[int], n_shown: int) -> list[int]:
    return [label[i] for i in spread_over(len(label), n_shown)]
