"""Scores of the images of one split: in memory, or read part by part from their file."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AT_ONCE = 2**22
"""Scores of so many classes and images are held in memory at once."""


class SplitScores:
    """Scores of the images of one split.

    Attributes:
        label: True classes, (n,), int32.
        n_classes: Classes of the data set.
        known_as: Identifies scores that were read from a file whose digest was checked, so that
            what is computed from them needn't be computed again; empty for others.
    """

    def __init__(
        self,
        label: "NDArray[np.int32]",
        log_probability: "NDArray[np.float64]",
        n_classes: int,
        classes: "NDArray[np.int32] | None" = None,
        own: "NDArray[np.float64] | None" = None,
        known_as: str = "",
    ) -> None:
        self.label, self.n_classes, self.known_as = label, n_classes, known_as
        self._values = log_probability, classes, own

    @property
    def log_probability(self) -> "NDArray[np.float64]":
        """Natural logarithms, (n, n_kept); with what isn't kept, probabilities add up to 1."""
        return self._values[0]

    @property
    def classes(self) -> "NDArray[np.int32] | None":
        """The classes that the columns stand for, (n, n_kept), the likeliest first.

        None where column and class are the same.
        """
        return self._values[1]

    @property
    def own(self) -> "NDArray[np.float64] | None":
        """Log-probability of the true class, (n,); None where it is one of the columns."""
        return self._values[2]

    @property
    def is_cut(self) -> bool:
        """Whether only the likeliest classes of each image are kept."""
        return self.classes is not None

    def rows(self, start: int, end: int) -> "SplitScores":
        """Return the scores of some images, those before `end`."""
        chosen = slice(start, end)
        log_probability, classes, own = self._values
        return SplitScores(
            self.label[chosen],
            log_probability[chosen],
            self.n_classes,
            None if classes is None else classes[chosen],
            None if own is None else own[chosen],
        )

    def parts(self) -> "Iterator[SplitScores]":
        """Yield the same, some images at a time, in order; at least one part."""
        yield self


class FiledScores(SplitScores):
    """Scores that lie in a file, too many to be held in memory.

    Args:
        read: Returns the scores of entries of the file.
        dtype: Of an entry.
        offset: Of the split's first entry in the file, in bytes.
        n_kept: Scores of an image.
    """

    def __init__(
        self,
        file: Path,
        read: "Callable[[NDArray[np.void]], SplitScores]",
        dtype: "np.dtype[np.void]",
        offset: int,
        n: int,
        n_kept: int,
        n_classes: int,
        known_as: str,
    ) -> None:
        import numpy as np

        self._file, self._read, self._dtype, self._offset = file, read, dtype, offset
        self._n, self._step, self._n_kept = n, max(1, AT_ONCE // n_kept), n_kept
        label = [entries["label"] for entries in self.entries()]
        super().__init__(np.concatenate(label), np.empty((0, n_kept)), n_classes, known_as=known_as)

    @property
    def log_probability(self) -> "NDArray[np.float64]":
        return self.rows(0, self._n).log_probability

    @property
    def classes(self) -> "NDArray[np.int32] | None":
        return self.rows(0, self._n).classes

    @property
    def own(self) -> "NDArray[np.float64] | None":
        return self.rows(0, self._n).own

    @property
    def is_cut(self) -> bool:
        return self._n_kept != self.n_classes

    def rows(self, start: int, end: int) -> SplitScores:
        return self._read(self._entries(start, end))

    def parts(self) -> Iterator[SplitScores]:
        return map(self._read, self.entries())

    def entries(self) -> "Iterator[NDArray[np.void]]":
        """Yield the entries of the file, some at a time; at least once."""
        for start in range(0, max(self._n, 1), self._step):
            yield self._entries(start, min(start + self._step, self._n))

    def _entries(self, start: int, end: int) -> "NDArray[np.void]":
        import numpy as np

        offset = self._offset + start * self._dtype.itemsize
        found: NDArray[np.void] = np.fromfile(
            self._file, self._dtype, max(0, end - start), offset=offset
        )
        return found
