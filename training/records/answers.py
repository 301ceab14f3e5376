"""Which test images stand for a network's mistakes: one rule for who keeps and who shows them.

Training keeps small copies of these images; the report picks them by the same functions from
the same record, so that what is shown is what was meant to be shown.
"""

from typing import TYPE_CHECKING, Any

from training.records.columns import integers
from training.records.results import Predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_MISTAKES = 12
N_PAIRS = 5
N_MAPS = 4
"""Mistakes, and right answers at most, whose maps are kept."""


def confident_mistakes(record: Predictions, n: int = N_MISTAKES) -> list[int]:
    """Return the wrongly named images by falling probability of the answer; ties in order."""
    import numpy as np

    label, predicted, probability = _arrays(record)
    wrong = np.flatnonzero(label != predicted)
    order = np.argsort(-probability[wrong], kind="stable")
    first: list[int] = wrong[order[:n]].tolist()
    return first


def confused_pairs(record: Predictions, n: int = N_PAIRS) -> list[tuple[int, int]]:
    """Return (true class, guess) pairs by falling number of images; ties by class number."""
    import numpy as np

    label, predicted, _ = _arrays(record)
    wrong = label != predicted
    pairs, counts = np.unique(
        np.stack((label[wrong], predicted[wrong]), axis=1), axis=0, return_counts=True
    )
    first = np.argsort(-counts, kind="stable")[:n]
    return [(true, guess) for true, guess in pairs[first].tolist()]


def taken_for(record: Predictions, true: int, guess: int) -> int | None:
    """Return the image of one class that was most surely taken for another; None if none was."""
    return _surest(record, true, guess)


def typical(record: Predictions, index: int) -> int | None:
    """Return the image of a class that was most surely named rightly, else the class's first."""
    surest = _surest(record, index, index)
    if surest is not None:
        return surest
    own = _arrays(record)[0] == index
    return int(own.argmax()) if own.any() else None


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


def _surest(record: Predictions, true: int, guess: int) -> int | None:
    import numpy as np

    label, predicted, probability = _arrays(record)
    found = np.flatnonzero((label == true) & (predicted == guess))
    return int(found[probability[found].argmax()]) if len(found) else None


def _arrays(record: Predictions) -> "tuple[NDArray[Any], NDArray[Any], NDArray[Any]]":
    """Return true classes, answers, and the answers' probabilities, (n,) each.

    Raises:
        ValueError: They aren't of equally many images.
    """
    import numpy as np

    answers = (integers(record.label), integers(record.predicted))
    found = [*answers, np.asarray(record.probability, np.float64)]
    if len({len(values) for values in found}) > 1:
        raise ValueError("answers to different numbers of images")
    return found[0], found[1], found[2]
