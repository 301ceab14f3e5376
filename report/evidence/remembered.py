"""Results of scores, computed once; of a file that is read again, not once more."""

import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

from training.records import SplitScores

T = TypeVar("T")


class Remembered(Generic[T]):
    """A result of each split's scores.

    To verify a report, a file of scores is read more than once. Its digest is checked each time, so
    the results are the same, see `SplitScores.known_as`.

    Args:
        compute: Returns it; small, because those of files are kept as long as the program runs.
    """

    def __init__(self, compute: Callable[[SplitScores], T]) -> None:
        self._compute = compute
        self._of: weakref.WeakKeyDictionary[SplitScores, T] = weakref.WeakKeyDictionary()
        self._of_files: dict[str, T] = {}

    def __call__(self, scores: SplitScores) -> T:
        """Return the result of some scores."""
        if scores not in self._of:
            found = self._of_files.get(scores.known_as)
            self._of[scores] = found = self._compute(scores) if found is None else found
            if scores.known_as:
                self._of_files[scores.known_as] = found
        return self._of[scores]
