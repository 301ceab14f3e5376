"""What is measured on the images: channel mean and deviation, sizes, counts, a fingerprint."""

import concurrent.futures
import functools
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from training.data.cache import Stage
from training.data.checked_pixels import Pixels
from training.data.contents import Contents
from training.data.grey import grey_of
from training.data.index import Index
from training.data.pixel_files import PixelCache
from training.data.sealed import read_sealed, sealed
from training.data.splits import Splits
from training.errors import RecordError
from training.records import SPLITS, ClassCounts, SizeStatistics, replacing

Channels = tuple[float, float, float]

CHUNK = 64
"""Images that are summed at a time."""

LINES = 2**16
"""Rows of pixels summed at most: 65,536 squares of at most 255² fit into 32 bits."""

MAXIMUM_SIZES = 1000


def channel_statistics(
    cache: PixelCache,
    positions: NDArray[np.int64],
    progress: Stage | None = None,
    *,
    grey: bool = False,
) -> tuple[Channels, Channels]:
    """Return channel means and standard deviations in [0, 1] over all pixels of some images.

    Sums are of whole numbers and so exact. The result is kept beside the decoded images.

    Args:
        positions: Rows of the cache, shape (N,): the train split.
        grey: Of the images turned grey, the same three times.
    """
    which = hashlib.blake2b(positions.tobytes(), digest_size=6).hexdigest()
    file = cache.path.with_name(f"{cache.path.stem}-{which}{'-grey' * grey}.stats.json")
    known = _read_statistics(file)
    if known is not None:
        return known
    at_once = max(1, min(CHUNK, LINES // cache.pixels.shape[1]))
    chunks = [positions[i : i + at_once] for i in range(0, len(positions), at_once)]
    total, squares, done = np.zeros(3, np.uint64), np.zeros(3, np.uint64), 0
    sums_of = functools.partial(grey_sums if grey else channel_sums, cache.pixels)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        sums = pool.map(sums_of, chunks)
        for chunk, (more, more_squares) in zip(chunks, sums, strict=True):
            total, squares, done = total + more, squares + more_squares, done + len(chunk)
            if progress is not None:
                progress(done, len(positions), "images measured")
    n_pixels = len(positions) * cache.pixels.shape[1] * cache.pixels.shape[2]
    result = statistics_of_sums(total, squares, n_pixels)
    _keep(file, result)
    return result


def statistics_of_sums(
    total: NDArray[np.uint64], squares: NDArray[np.uint64], n_pixels: int
) -> tuple[Channels, Channels]:
    """Return means and standard deviations in [0, 1] of values in 0…255, by their sums, each (3,).

    Args:
        squares: Sums of the values' squares.
    """
    mean = total / n_pixels
    deviation = np.sqrt(np.maximum(squares / n_pixels - mean**2, 0))
    return _channels(mean / 255), _channels(np.maximum(deviation, 1) / 255)


def channel_sums(
    pixels: Pixels, rows: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the channels' sums over some images, of values and of their squares, each (3,)."""
    some = pixels[rows]
    lines = some.reshape(-1, some.shape[2] * 3)  # whole rows of pixels: long loops are fast
    squares = np.square(lines, dtype=np.uint16)
    total, total_squares = (
        values.sum(0, dtype=np.uint32).reshape(-1, 3).sum(0, dtype=np.uint64)
        for values in (lines, squares)
    )
    return total, total_squares


def grey_sums(
    pixels: Pixels, rows: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the same of the images turned grey, three times each."""
    lines = grey_of(pixels[rows])
    total = lines.sum(dtype=np.uint64)
    squares = np.square(lines, dtype=np.uint16).sum(dtype=np.uint64)
    return np.repeat(total, 3), np.repeat(squares, 3)


def _channels(values: NDArray[np.float64]) -> Channels:
    red, green, blue = (round(float(value), 6) for value in values)
    return red, green, blue


class _Kept(msgspec.Struct, frozen=True):
    name: str
    mean: Channels
    deviation: Channels


def _read_statistics(file: Path) -> tuple[Channels, Channels] | None:
    content = read_sealed(file)
    try:
        kept = msgspec.json.decode(content, type=_Kept) if content else None
    except msgspec.MsgspecError:
        return None
    return (kept.mean, kept.deviation) if kept and kept.name == file.name else None


def _keep(file: Path, result: tuple[Channels, Channels]) -> None:
    try:
        with replacing(file) as temporary:
            temporary.write_bytes(sealed(msgspec.json.encode(_Kept(file.name, *result))))
    except RecordError:
        return  # it will be measured again


def size_statistics(sizes: NDArray[np.int64], converted: NDArray[np.bool_]) -> SizeStatistics:
    """Summarise (width, height) pairs in pixels, (N, 2)."""
    step = max(1, -(-len(sizes) // MAXIMUM_SIZES))
    return SizeStatistics(
        width=_five(sizes[:, 0]),
        height=_five(sizes[:, 1]),
        sample=[(int(w), int(h)) for w, h in sizes[::step].tolist()],
        n_converted=int(converted.sum()),
    )


def _five(values: NDArray[np.int64]) -> tuple[float, float, float, float, float]:
    low, first, median, third, high = np.percentile(values, [0, 25, 50, 75, 100]).tolist()
    return low, first, median, third, high


def class_counts(labels: NDArray[np.int64], splits: Splits, n_classes: int) -> ClassCounts:
    """Count each class's images in each split."""
    train, validation, test = (
        np.bincount(labels[splits[name]], minlength=n_classes).tolist() for name in SPLITS
    )
    return ClassCounts(train=train, validation=validation, test=test)


def fingerprint(
    index: Index,
    paths: Sequence[str],
    labels: NDArray[np.int64],
    contents: Contents,
    splits: Splits,
) -> str:
    """Return a digest that changes with any used image, class or split, and with nothing else.

    Args:
        paths: Of the images that `splits` counts, relative to the data folder.
        labels: Their class numbers; they count where the first folder isn't the class.
        contents: With the digests of their bytes.
    """
    digest = hashlib.blake2b(digest_size=16)
    digest.update("\n".join(index.classes).encode("utf-8", "surrogateescape"))
    for name in SPLITS:
        digest.update(f"\n{name}\n".encode())
        known = contents.digests[splits[name]]
        for position, of_file in zip(splits[name].tolist(), known, strict=True):
            path, label = paths[position], index.classes[labels[position]]
            relabelled = "" if path.partition("/")[0] == label else f" {label}"
            line = f"{path} {of_file.tobytes().hex()}{relabelled}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
