"""Lists with an entry a picture as arrays, so that millions of them are counted in no time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from training.records import Column, Predictions, integers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

LISTS = ("label", "predicted", "probability")


def with_columns(record: Predictions) -> Predictions:
    """Return predictions whose lists are columns, which arrays are made of without copying."""
    found = {name: _column(getattr(record, name)) for name in LISTS}
    return msgspec.structs.replace(record, **found)


def are_classes(values: Sequence[int], n_classes: int) -> bool:
    """Tell whether all of some numbers are classes."""
    found = integers(values)
    return not len(found) or bool(found.min() >= 0 and found.max() < n_classes)


def distinct(values: Sequence[int]) -> list[int]:
    """Return the different numbers among some, by rising size."""
    import numpy as np

    found: list[int] = np.unique(integers(values)).tolist()
    return found


def same_numbers(one: "NDArray[np.int32]", other: Sequence[int]) -> bool:
    """Tell whether two lists of whole numbers are the same."""
    import numpy as np

    return np.array_equal(one, integers(other))


def same_length(*lists: Sequence[int]) -> "list[Ints]":
    """Return lists of whole numbers as arrays.

    Raises:
        ValueError: They haven't equally many entries.
    """
    found = [integers(values) for values in lists]
    if len({len(values) for values in found}) > 1:
        raise ValueError("lists of different lengths")
    return found


def pair_counts(label: Sequence[int], predicted: Sequence[int]) -> dict[tuple[int, int], int]:
    """Count how many pictures of each class had each answer, by (true class, answer)."""
    import numpy as np

    pairs = np.stack(same_length(label, predicted), axis=1)
    found, counts = np.unique(pairs, axis=0, return_counts=True)
    keys = ((true, guess) for true, guess in found.tolist())
    return dict(zip(keys, counts.tolist(), strict=True))


def _column(values: Sequence[Any]) -> Sequence[Any]:
    """Return numbers as a column; those that have no type of NumPy's in common stay a list."""
    import numpy as np

    if isinstance(values, Column):
        return values
    found: NDArray[Any] = np.asarray(values)
    if found.dtype.kind not in "if":
        return values
    return Column(len(found), lambda: found)
