"""What earlier versions kept beside an array of pixels: JSON, read to be written in today's form.

They kept hexadecimal texts for each image, and a checksum for each 16 MB of the array.
"""

import concurrent.futures
import os
import zlib
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from training.data.contents import CONVERTED, HASHED, READ, REMARKED, ROW, Contents
from training.data.pixel_files import open_array
from training.data.sealed import read_sealed
from training.data.sources import Sources

BESIDE = ".json"
CHECKED_AT_ONCE = 2**24


class _Sources(msgspec.Struct):
    kind: str
    states: list[str]


class _Contents(msgspec.Struct):
    digests: list[str]
    sizes: list[tuple[int, int]]
    converted: list[bool]
    unreadable: dict[int, str]
    remarks: dict[int, str] = {}
    hashes: list[str] = []


class _Description(msgspec.Struct):
    sources: _Sources
    pixels_crc32: list[int]
    contents: _Contents


def read_old(array: Path, sources: Sources, image_size: int) -> Contents | None:
    """Return what an earlier version kept of an array, and checksums of each image.

    None if it isn't there, isn't whole, or isn't of `sources`. The whole array is read once.
    """
    described = _described(array.with_suffix(BESIDE))
    if described is None or described.sources.kind != sources.kind:
        return None
    pixels = open_array(array, len(sources.states), image_size)
    if pixels is None or len(described.contents.hashes) != len(pixels):
        return None
    if described.sources.states != [state.tobytes().hex() for state in sources.states]:
        return None
    return _rows(described, sources, pixels)


def _described(file: Path) -> _Description | None:
    content = read_sealed(file)
    try:
        return msgspec.json.decode(content, type=_Description) if content else None
    except msgspec.MsgspecError:
        return None


def _rows(described: _Description, sources: Sources, pixels: NDArray[np.uint8]) -> Contents | None:
    """Put together today's rows; None if the array isn't what it was."""
    per_part = max(1, CHECKED_AT_ONCE // max(1, pixels[:1].nbytes))

    def checksums(start: int) -> tuple[int, list[int]]:
        some = pixels[start : start + per_part]
        return zlib.crc32(some.data), [zlib.crc32(pixel.data) for pixel in some]

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(checksums, range(0, len(pixels), per_part)))
    if [whole for whole, _ in found] != described.pixels_crc32:
        return None
    known = described.contents
    rows = np.zeros(len(pixels), ROW)
    rows["state"] = sources.states
    rows["crc32"] = [crc32 for _, each in found for crc32 in each]
    rows["width"], rows["height"] = np.array(known.sizes, np.uint32).reshape(-1, 2).T
    for field, texts in (("digest", known.digests), ("hash", known.hashes)):
        there = [i for i, text in enumerate(texts) if text]
        content = bytes.fromhex("".join(texts))
        rows[field][there] = np.frombuffer(content, np.uint8).reshape(len(there), -1)
    flags = np.array(known.converted, np.uint8) * CONVERTED
    flags |= np.array([HASHED * bool(text) for text in known.hashes], np.uint8)
    flags |= READ
    flags[list(known.unreadable)] &= ~READ & 0xFF
    flags[list(known.remarks)] |= REMARKED
    rows["flags"] = flags
    return Contents(rows, known.unreadable, known.remarks)
