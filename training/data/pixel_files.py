"""Files of decoded images: an array of pixels and, beside it, what it holds and its checksums."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.byte_names import escaped
from training.data.checked_pixels import CheckedPixels, Pixels
from training.data.contents import READ, Contents, read_contents
from training.data.decode import decode_into
from training.data.sources import Sources
from training.errors import DataError

BESIDE = ".contents"
"""Ending of the file beside an array."""


@dataclass
class Mender:
    """Decodes single images anew, those whose cached pixels are damaged.

    Attributes:
        array: The file of the pixels.
        root: The folder that paths are relative to.
        paths: The image behind each row.
        say: Told which image it was. It stays behind when this is sent to another process.
    """

    array: Path
    root: Path
    paths: Sequence[str]
    say: Callable[[str], None] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "say": None}

    def __call__(self, row: int, crc32: int) -> None:
        """Write an image's pixels into the array's file again.

        Args:
            row: Of the array.
            crc32: That its pixels must have.

        Raises:
            DataError: The file of the image isn't what it was, or the array can't be written.
        """
        name = escaped(self.paths[row])
        what = f"The cached pixels of {name} are damaged (row {row} of {self.array})"
        remedy = f"Remove {self.array} and run again."
        head = np.load(self.array, mmap_mode="r", allow_pickle=False)
        pixels = np.zeros((1, *head.shape[1:]), np.uint8)
        (found,) = decode_into(pixels, [(0, self.root / self.paths[row])])
        if found.crc32 != crc32:
            raise DataError(f"{what}, and the image isn't what it was when it was decoded.", remedy)
        try:
            np.load(self.array, mmap_mode="r+", allow_pickle=False)[row] = pixels[0]
        except OSError as error:
            raise DataError(f"{what}, and can't be written: {error.strerror}.", remedy) from error
        if self.say is not None:
            self.say(f"{what}: it was decoded anew.")


@dataclass(frozen=True)
class PixelCache:
    """Decoded images.

    Attributes:
        pixels: uint8 (N, H, W, 3), memory-mapped; black where unreadable.
        contents: What decoding found.
        path: The array's file.
        mender: What decodes a damaged image anew; None for pixels that are in memory.
        kind: See `Sources`.
    """

    pixels: Pixels
    contents: Contents
    path: Path
    mender: Mender | None = None
    kind: str = ""

    def __reduce__(self) -> tuple[Callable[..., "PixelCache"], tuple[Mender | None, str]]:
        """Pickle the files' names: the process that unpickles it maps the same files."""
        return _opened, (self.mender, self.kind)


def _opened(mender: Mender, kind: str) -> PixelCache:
    contents = read_contents(mender.array.with_suffix(BESIDE), kind)
    found = contents and _with_pixels(mender, kind, contents)
    if not found:
        raise DataError(f"The decoded images in {mender.array} are gone.", "Run again.")
    return found


def load(mender: Mender, sources: Sources, image_size: int) -> PixelCache | None:
    """Open an array made from `sources`; None if it isn't there, isn't whole or isn't that.

    Its pixels are checked when they are touched, see `CheckedPixels`.
    """
    contents = read_contents(mender.array.with_suffix(BESIDE), sources.kind)
    if contents is None or not np.array_equal(contents.rows["state"], sources.states):
        return None
    return _with_pixels(mender, sources.kind, contents, image_size)


def _with_pixels(
    mender: Mender, kind: str, contents: Contents, image_size: int | None = None
) -> PixelCache | None:
    pixels = open_array(mender.array, len(contents), image_size)
    if pixels is None:
        return None
    checked = CheckedPixels(pixels, contents.rows["crc32"], mender)
    return PixelCache(checked, contents, mender.array, mender, kind)


def open_array(file: Path, n: int, image_size: int | None) -> NDArray[np.uint8] | None:
    """Map an array of `n` images; None if the file holds something else."""
    try:
        pixels: NDArray[np.uint8] = np.load(file, mmap_mode="r", allow_pickle=False)
    except Exception:  # numpy reads the head as Python text, and names no errors of damaged ones
        return None
    side = pixels.shape[1] if image_size is None and pixels.ndim == 4 else image_size
    whole = pixels.shape == (n, side, side, 3) and pixels.dtype == np.uint8
    return pixels if whole and pixels.flags.c_contiguous else None


@dataclass(frozen=True)
class Alike:
    """Images that another array has already.

    Attributes:
        pixels: That array, unchecked.
        contents: What decoding found of its images.
        places: Of the images that are wanted, those it has readable.
        rows: Where it has each of those.
    """

    pixels: NDArray[np.uint8]
    contents: Contents
    places: NDArray[np.int64]
    rows: NDArray[np.int64]


def most_alike(folder: Path, sources: Sources, image_size: int) -> Alike | None:
    """Return the array that shares the most images with `sources`, if any does."""
    best: Alike | None = None
    for beside in folder.glob(f"*{BESIDE}"):
        contents = read_contents(beside, sources.kind)
        if contents is None:
            continue
        places, rows = shared(sources.states, contents)
        if len(places) > (len(best.places) if best else 0):
            pixels = open_array(beside.with_suffix(".npy"), len(contents), image_size)
            best = Alike(pixels, contents, places, rows) if pixels is not None else best
    return best


def shared(
    states: NDArray[np.uint8], contents: Contents
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which of some images `contents` has readable, and where, (K,) each."""
    there = np.flatnonzero(contents.rows["flags"] & READ)
    known, wanted = (_as_text(some) for some in (contents.rows["state"][there], states))
    order = np.argsort(known, kind="stable")
    found = np.searchsorted(known, wanted, sorter=order)
    rows = order[np.minimum(found, len(order) - 1)] if len(order) else np.zeros(0, np.int64)
    places = np.flatnonzero(known[rows] == wanted) if len(order) else np.zeros(0, np.int64)
    return places, there[rows[places]] if len(order) else rows


def _as_text(states: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """Return each row as one value that can be sorted."""
    return np.ascontiguousarray(states).view(f"S{states.shape[1]}").reshape(-1)
