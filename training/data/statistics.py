"""What is measured on the pictures: channel mean and deviation, sizes, counts, a fingerprint."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from training.data.cache import Stage
from training.data.index import Index
from training.data.pixel_files import PixelCache, read_sealed, sealed
from training.data.splits import Splits
from training.errors import RecordError
from training.records import SPLITS, ClassCounts, SizeStatistics, replacing

Channels = tuple[float, float, float]

CHUNK = 256
MAXIMUM_SIZES = 1000


def channel_statistics(
    cache: PixelCache, positions: NDArray[np.int64], progress: Stage | None = None
) -> tuple[Channels, Channels]:
    """Return channel means and standard deviations in [0, 1] over all pixels of some pictures.

    Sums are of whole numbers and so exact. The result is kept beside the decoded pictures.

    Args:
        positions: Rows of the cache, shape (N,): the train split.
    """
    which = hashlib.blake2b(positions.tobytes(), digest_size=6).hexdigest()
    file = cache.path.with_name(f"{cache.path.stem}-{which}.stats.json")
    known = _read_statistics(file)
    if known is not None:
        return known
    total, squares = np.zeros(3, np.uint64), np.zeros(3, np.uint64)
    for start in range(0, len(positions), CHUNK):
        chunk = cache.pixels[positions[start : start + CHUNK]].reshape(-1, 3).astype(np.uint32)
        total += chunk.sum(0, dtype=np.uint64)
        squares += np.square(chunk, out=chunk).sum(0, dtype=np.uint64)
        if progress is not None:
            progress(min(start + CHUNK, len(positions)), len(positions), "pictures measured")
    n_pixels = len(positions) * cache.pixels.shape[1] * cache.pixels.shape[2]
    mean = total / n_pixels
    deviation = np.sqrt(np.maximum(squares / n_pixels - mean**2, 0))
    result = _channels(mean / 255), _channels(np.maximum(deviation, 1) / 255)
    _keep(file, result)
    return result


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


def size_statistics(sizes: Sequence[tuple[int, int]], converted: Sequence[bool]) -> SizeStatistics:
    """Summarise (width, height) pairs in pixels."""
    pairs = np.array(sizes)
    step = max(1, -(-len(sizes) // MAXIMUM_SIZES))
    return SizeStatistics(
        width=_five(pairs[:, 0]),
        height=_five(pairs[:, 1]),
        sample=[(int(w), int(h)) for w, h in sizes[::step]],
        n_converted=int(sum(converted)),
    )


def _five(values: NDArray[np.int64]) -> tuple[float, float, float, float, float]:
    low, first, median, third, high = np.percentile(values, [0, 25, 50, 75, 100]).tolist()
    return low, first, median, third, high


def class_counts(labels: NDArray[np.int64], splits: Splits, n_classes: int) -> ClassCounts:
    """Count each class's pictures in each split."""
    train, validation, test = (
        np.bincount(labels[splits[name]], minlength=n_classes).tolist() for name in SPLITS
    )
    return ClassCounts(train=train, validation=validation, test=test)


def fingerprint(
    index: Index,
    paths: Sequence[str],
    labels: NDArray[np.int64],
    digests: Sequence[str],
    splits: Splits,
) -> str:
    """Return a digest that changes with any used picture, class or split, and with nothing else.

    Args:
        paths: Of the pictures that `splits` counts, relative to the data folder.
        labels: Their class numbers; they count where the first folder isn't the class.
        digests: Of their bytes.
    """
    digest = hashlib.blake2b(digest_size=16)
    digest.update("\n".join(index.classes).encode("utf-8", "surrogateescape"))
    for name in SPLITS:
        digest.update(f"\n{name}\n".encode())
        for position in splits[name].tolist():
            path, label = paths[position], index.classes[labels[position]]
            relabelled = "" if path.partition("/")[0] == label else f" {label}"
            line = f"{path} {digests[position]}{relabelled}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
