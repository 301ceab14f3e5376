"""Lists with an entry a picture that stay in their file until somebody asks for an entry.

They are sequences of plain Python values, as the lists of a JSON record are; where there are
millions, `numpy.asarray` of one is a view of the file.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import msgspec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")

AT_ONCE = 2**16
"""Entries that are turned into Python values at once."""


OTHER = -(2**63)
"""Stands for whole numbers that no class can have, because they don't fit into 64 bits."""


class Filed(Sequence[T], Generic[T]):
    """A list that lies in a file.

    Args:
        n: Entries.
    """

    def __init__(self, n: int) -> None:
        self._n = n

    def part(self, start: int, end: int) -> list[T]:
        """Return some entries, those before `end`."""
        raise NotImplementedError

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[T]:
        for start in range(0, self._n, AT_ONCE):
            yield from self.part(start, min(start + AT_ONCE, self._n))

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            start, end, step = index.indices(self._n)
            if step == 1:
                return self.part(start, max(start, end))
            return [self[i] for i in range(start, end, step)]
        place = index + self._n if index < 0 else index
        if not 0 <= place < self._n:
            raise IndexError(f"entry {index} of {self._n}")
        return self.part(place, place + 1)[0]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(other) == self._n and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]


class Column(Filed[T]):
    """Numbers that are kept as an array.

    Args:
        n: How many there are.
        load: Returns them, (n,); asked once, and not before a number is wanted.
    """

    def __init__(self, n: int, load: "Callable[[], NDArray[Any]]") -> None:
        super().__init__(n)
        self._load = load

    @functools.cached_property
    def _values(self) -> "NDArray[Any]":
        return self._load()

    def part(self, start: int, end: int) -> list[T]:
        found: list[T] = self._values[start:end].tolist()
        return found

    def count(self, value: Any) -> int:
        """Count the numbers that are `value`."""
        return int((self._values == value).sum())

    def tolist(self) -> list[T]:
        """Return all of them as a list."""
        return self.part(0, len(self))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> "NDArray[Any]":
        import numpy as np

        return np.asarray(self._values, dtype)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Column):
            return super().__eq__(other)
        return len(other) == len(self) and bool((self._values == other._values).all())

    __hash__ = None


class Entries:
    """The entries of a NumPy file, mapped into memory when they are asked for.

    Args:
        offset: Where the first one begins, in bytes.
    """

    def __init__(self, file: Path, dtype: "np.dtype[np.void]", offset: int, n: int) -> None:
        self.n = n
        self._place = file, dtype, offset

    @functools.cached_property
    def all(self) -> "NDArray[np.void]":
        """All entries, (n,)."""
        import numpy as np

        file, dtype, offset = self._place
        found: NDArray[np.void] = np.memmap(file, dtype, "r", offset, (self.n,))
        return found

    def field(self, name: str) -> "Callable[[], NDArray[Any]]":
        """Return what gives a field of all entries."""
        return lambda: self.all[name]


class Lines(Filed[str]):
    """The texts of a file of JSON Lines, each a string."""

    def __init__(self, file: Path, n: int) -> None:
        super().__init__(n)
        self._file = file

    def part(self, start: int, end: int) -> list[str]:
        if start >= end:
            return []
        begin = int(self._ends[start - 1]) + 1 if start else 0
        with self._file.open("rb") as file:
            file.seek(begin)
            content = file.read(int(self._ends[end - 1]) - begin)
        return [msgspec.json.decode(line, type=str) for line in content.split(b"\n")]

    @functools.cached_property
    def _ends(self) -> "NDArray[np.int64]":
        """Where each line ends, (n,)."""
        import numpy as np

        content = np.memmap(self._file, np.uint8, "r")
        step = 2**24
        found: list[NDArray[np.int64]] = [
            np.flatnonzero(content[start : start + step] == ord("\n")) + start
            for start in range(0, len(content), step)
        ]
        return np.concatenate(found)


def integers(values: Sequence[int]) -> "NDArray[np.int64]":
    """Return classes, or other whole numbers, as an array, (n,), int64."""
    import numpy as np

    found: NDArray[Any] = np.asarray(values)
    if found.dtype.kind == "i":
        return found.astype(np.int64, copy=False)
    return np.array([v if -(2**63) <= v < 2**63 else OTHER for v in values], np.int64)
