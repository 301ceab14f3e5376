"""Decode images into an array that isn't whole yet; a process that goes on keeps what is there.

The array and a row of `contents.ROW` for each image are filled under names that end in `.part`.
What was written before a crash is found by its checksums.
"""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data.checked_pixels import wrong_rows
from training.data.contents import READ, REMARKED, ROW, Contents, Rows
from training.data.pixel_files import BESIDE, Alike, open_array
from training.data.sources import Sources

AT_ONCE = 2**26
"""Bytes of images that are copied or checked at a time."""

Count = Callable[[int], None]
"""Is told how many images more are there."""


@dataclass(frozen=True)
class Unfinished:
    """An array that is being filled.

    Attributes:
        file: The array's file.
        journal: The file of the rows.
        pixels: The array mapped, uint8 (N, S, S, 3).
        contents: Its rows are the journal, mapped. A row without flags isn't decoded yet.
    """

    file: Path
    journal: Path
    pixels: NDArray[np.uint8]
    contents: Contents

    def left(self) -> NDArray[np.int64]:
        """Return the positions that aren't decoded yet."""
        there = self.contents.rows["flags"] > 0
        there[list(self.contents.unreadable)] = True
        return np.flatnonzero(~there)


def parts(array: Path) -> tuple[Path, Path]:
    """Return the files that an array and its rows have while it is filled."""
    return array.with_name(f"{array.name}.part"), array.with_name(f"{array.stem}{BESIDE}.part")


def n_reserved(array: Path) -> int:
    """Return the bytes that the files of an unfinished array take on the disk."""
    there = [part.stat() for part in parts(array) if part.is_file()]
    return sum(512 * state.st_blocks if hasattr(state, "st_blocks") else 0 for state in there)


def begin(array: Path, sources: Sources, image_size: int) -> Unfinished:
    """Make the files of an array, or open those that a process left that was ended."""
    file, journal = parts(array)
    n = len(sources.states)
    rows = _journal(journal, sources)
    if rows is not None and open_array(file, n, image_size) is not None:
        _reserve(file)  # the process may have been ended before it had
        pixels = np.load(file, mmap_mode="r+", allow_pickle=False)
        return Unfinished(file, journal, pixels, Contents(rows))
    journal.unlink(missing_ok=True)
    shape = (n, image_size, image_size, 3)
    pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)
    _reserve(file)
    made = np.zeros(n, ROW)
    made["state"] = sources.states
    made.tofile(journal)
    return Unfinished(file, journal, pixels, Contents(np.memmap(journal, ROW, "r+")))


def _journal(file: Path, sources: Sources) -> Rows | None:
    try:
        rows: Rows = np.memmap(file, ROW, "r+")
    except (OSError, ValueError):
        return None
    return rows if np.array_equal(rows["state"], sources.states) else None


def keep_what_is_whole(unfinished: Unfinished, count: Count) -> None:
    """Forget images that differ from their checksums, or of which words were said; count others."""
    rows = unfinished.contents.rows
    noted = rows["flags"].copy()
    rows["flags"][(noted & READ == 0) | (noted & REMARKED > 0)] = 0
    there = np.flatnonzero(rows["flags"])
    step = _at_once(unfinished.pixels)
    for start in range(0, len(there), step):
        some = there[start : start + step]
        wrong = wrong_rows(unfinished.pixels, rows["crc32"], some)
        rows["flags"][wrong] = 0
        count(len(some) - len(wrong))


def _at_once(pixels: NDArray[np.uint8]) -> int:
    return max(1, AT_ONCE // max(1, pixels[:1].nbytes))


def _reserve(file: Path) -> None:
    """Claim the file's space now: writing to a map on a full disk would kill the process."""
    if hasattr(os, "posix_fallocate"):
        with file.open("rb+") as stream:
            os.posix_fallocate(stream.fileno(), 0, file.stat().st_size)


def take_over(unfinished: Unfinished, alike: Alike, count: Count) -> None:
    """Copy images that another array has, those that are whole there."""
    wanted = np.isin(alike.places, unfinished.left())
    places, rows = alike.places[wanted], alike.rows[wanted]
    known, into = alike.contents, unfinished.contents
    step = _at_once(alike.pixels)
    for start in range(0, len(places), step):
        to, of = places[start : start + step], rows[start : start + step]
        whole = ~np.isin(of, wrong_rows(alike.pixels, known.rows["crc32"], of))
        to, of = to[whole], of[whole]
        unfinished.pixels[to] = alike.pixels[of]
        into.rows[to] = known.rows[of]
        count(len(to))
    row_of = dict(zip(rows.tolist(), places.tolist(), strict=True))
    into.remarks.update({row_of[i]: said for i, said in known.remarks.items() if i in row_of})


def give_name(array: Path) -> None:
    """Rename a file that is filled now, and remove its journal; nothing may map them any more."""
    file, journal = parts(array)
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())
    file.replace(array)
    journal.unlink(missing_ok=True)


def remove(array: Path) -> None:
    """Remove the files of an unfinished array."""
    for part in parts(array):
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
