"""Which test images stand for a network's mistakes: one rule for who keeps and who shows them.

Training keeps small copies of these images; the report picks them by the same functions from
the same record, so that what is shown is what was meant to be shown.
"""

from collections import Counter

from training.records.results import Predictions

N_MISTAKES = 12
N_PAIRS = 5
N_MAPS = 4
"""Mistakes, and right answers at most, whose maps are kept."""


def confident_mistakes(record: Predictions, n: int = N_MISTAKES) -> list[int]:
    """Return the wrongly named images by falling probability of the answer; ties in order."""
    wrong = [i for i, _ in _answers(record) if record.label[i] != record.predicted[i]]
    return sorted(wrong, key=lambda i: (-record.probability[i], i))[:n]


def confused_pairs(record: Predictions, n: int = N_PAIRS) -> list[tuple[int, int]]:
    """Return (true class, guess) pairs by falling number of images; ties by class number."""
    wrong = Counter(pair for _, pair in _answers(record) if pair[0] != pair[1])
    return sorted(wrong, key=lambda pair: (-wrong[pair], pair))[:n]


def taken_for(record: Predictions, true: int, guess: int) -> int | None:
    """Return the image of one class that was most surely taken for another; None if none was."""
    return _surest(record, true, guess)


def typical(record: Predictions, index: int) -> int | None:
    """Return the image of a class that was most surely named rightly, else the class's first."""
    first = next((i for i, (true, _) in _answers(record) if true == index), None)
    surest = _surest(record, index, index)
    return first if surest is None else surest


def examples_wanted(record: Predictions) -> list[int]:
    """Return the images that a report on these answers shows, by rising index."""
    pairs = confused_pairs(record)
    shown = [*confident_mistakes(record)]
    shown += [i for pair in pairs if (i := taken_for(record, *pair)) is not None]
    shown += [i for _, guess in pairs if (i := typical(record, guess)) is not None]
    return sorted(set(shown))


def doubtful_mistakes(record: Predictions) -> list[int]:
    """Return those of these images that were named wrongly: a person may look at their labels."""
    return [i for i in examples_wanted(record) if record.label[i] != record.predicted[i]]


def maps_wanted(record: Predictions) -> list[int]:
    """Return the images whose maps a report shows.

    They are the surest mistakes, and then as many of the right answers that stand for the classes
    of the commonest confusions, fewer where there aren't so many.
    """
    models = dict.fromkeys(_surest(record, guess, guess) for _, guess in confused_pairs(record))
    right = [i for i in models if i is not None]
    mistakes = confident_mistakes(record, N_MAPS)
    return mistakes + right[: len(mistakes)]


def spread_over(n: int, most: int) -> list[int]:
    """Return positions out of `n`: all of them, or `most`, evenly spread."""
    n_kept = min(n, most)
    return [i * n // n_kept for i in range(n_kept)]


def _answers(record: Predictions) -> list[tuple[int, tuple[int, int]]]:
    """Return position and (true class, guess) of every image."""
    return list(enumerate(zip(record.label, record.predicted, strict=True)))


def _surest(record: Predictions, true: int, guess: int) -> int | None:
    found = [i for i, pair in _answers(record) if pair == (true, guess)]
    return min(found, key=lambda i: (-record.probability[i], i), default=None)
