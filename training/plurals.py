"""Counts with their nouns, as messages print them."""


def counted(n: int, noun: str, plural: str = "") -> str:
    """Write a count and its noun: 1 image, 2 images, 1,000 classes.

    Args:
        noun: In the singular; words may stand before it or behind it where `plural` is given.
        plural: If it isn't the noun with -s or, behind -s, -x and -ch, -es.
    """
    if n == 1:
        return f"1 {noun}"
    return f"{n:,} {plural or noun + ('es' if noun.endswith(('s', 'x', 'ch')) else 's')}"
