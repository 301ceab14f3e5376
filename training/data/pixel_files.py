"""Files of decoded images: an array of pixels and, beside it, what it holds and its checksum."""

import concurrent.futures
import hashlib
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from training.data.sealed import read_sealed, sealed

CHECKED_AT_ONCE = 2**24
"""Bytes of an array that a core brings into memory at a time to check them."""


class Contents(msgspec.Struct, frozen=True):
    """What decoding found, one entry an image.

    Attributes:
        digests: Of each file's bytes; empty where it couldn't be read.
        sizes: (width, height) before resizing; (0, 0) where unreadable.
        converted: Whether it was not RGB.
        unreadable: Position to reason.
        remarks: Position to what got lost in converting.
        hashes: Of what each looks like, see `difference_hash`.
    """

    digests: list[str]
    sizes: list[tuple[int, int]]
    converted: list[bool]
    unreadable: dict[int, str]
    remarks: dict[int, str] = {}
    hashes: list[str] = []


@dataclass(frozen=True)
class PixelCache:
    """Decoded images.

    Attributes:
        pixels: uint8 (N, H, W, 3), memory-mapped; black where unreadable.
        contents: What decoding found.
        path: The array's file.
    """

    pixels: NDArray[np.uint8]
    contents: Contents
    path: Path

    def __reduce__(self) -> tuple[Callable[[Contents, Path], "PixelCache"], tuple[Contents, Path]]:
        """Pickle the file's name: the process that unpickles it maps the same file."""
        return _mapped, (self.contents, self.path)


def _mapped(contents: Contents, path: Path) -> PixelCache:
    return PixelCache(np.load(path, mmap_mode="r", allow_pickle=False), contents, path)


class Sources(msgspec.Struct, frozen=True):
    """What pixels were made from.

    Attributes:
        kind: Stands for the folder of the images and all that decides how they are decoded.
        states: Of each image's file, in order: stands for its path, size and time.
    """

    kind: str
    states: list[str]

    def name(self) -> str:
        """Return 24 characters that stand for all of it."""
        lines = "\n".join([self.kind, *self.states])
        return hashlib.blake2b(lines.encode(), digest_size=12).hexdigest()


class _Description(msgspec.Struct, frozen=True):
    sources: Sources
    pixels_crc32: list[int]
    contents: Contents


def describe(sources: Sources, pixels: NDArray[np.uint8], contents: Contents) -> bytes:
    """Return what the file beside an array holds."""
    return sealed(msgspec.json.encode(_Description(sources, checksums(pixels), contents)))


def checksums(pixels: NDArray[np.uint8]) -> list[int]:
    """Return CRC-32s of the parts of an array (N, H, W, 3), which need not fit into memory."""
    rows = max(1, CHECKED_AT_ONCE // max(1, pixels[:1].nbytes))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = (pixels[start : start + rows] for start in range(0, len(pixels), rows))
        return list(pool.map(lambda part: zlib.crc32(part.data), parts))


def load(array: Path, sources: Sources, image_size: int) -> PixelCache | None:
    """Open an array made from `sources`; None if it isn't there, isn't whole or isn't that."""
    described = _description(array.with_suffix(".json"))
    if described is None or described.sources != sources:
        return None
    return _load(array, described, image_size)


def _load(array: Path, described: _Description, image_size: int) -> PixelCache | None:
    try:
        pixels = np.load(array, mmap_mode="r", allow_pickle=False)
    except Exception:  # numpy reads the head as Python text, and names no errors of damaged ones
        return None
    shape = (len(described.sources.states), image_size, image_size, 3)
    if pixels.shape != shape or pixels.dtype != np.uint8 or not pixels.flags.c_contiguous:
        return None
    if (
        len(described.contents.digests) != len(pixels)
        or checksums(pixels) != described.pixels_crc32
    ):
        return None
    return PixelCache(pixels, described.contents, array)


def _description(sidecar: Path) -> _Description | None:
    content = read_sealed(sidecar)
    try:
        return msgspec.json.decode(content, type=_Description) if content else None
    except msgspec.MsgspecError:
        return None


def most_alike(
    folder: Path, sources: Sources, image_size: int
) -> tuple[PixelCache, dict[int, int]] | None:
    """Return the whole array that shares the most images with `sources`, if any does.

    Returns:
        The array, and for each position in `sources` that it holds readable, its row.
    """
    found = []
    for sidecar in folder.glob("*.json"):
        described = _description(sidecar)
        if described is not None and (rows := _shared(sources, described)):
            found.append((rows, sidecar.with_suffix(".npy"), described))
    for rows, array, described in sorted(found, key=lambda item: len(item[0]), reverse=True):
        cache = _load(array, described, image_size)
        if cache is not None:
            return cache, rows
    return None


def _shared(sources: Sources, described: _Description) -> dict[int, int]:
    if described.sources.kind != sources.kind:
        return {}
    broken = described.contents.unreadable
    rows = {state: row for row, state in enumerate(described.sources.states) if row not in broken}
    return {place: rows[state] for place, state in enumerate(sources.states) if state in rows}
