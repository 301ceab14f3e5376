"""Pictures in, arrays out: index, split, decode, measure, describe."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from training.data.cache import Stage, decode_all
from training.data.geometry import resize_size
from training.data.index import Index
from training.data.layouts import index_pictures
from training.data.pixel_files import Contents, PixelCache
from training.data.sample import is_sample
from training.data.splits import Splits, changes_to_given, check_classes, split
from training.data.statistics import (
    Channels,
    channel_statistics,
    class_counts,
    fingerprint,
    size_statistics,
)
from training.data.torchvision_sets import TABLE as TORCHVISION_TABLE
from training.errors import DataError
from training.records import SPLITS, DataKind, Dataset, StudyFolder, read_if_there, write

CALTECH_CLASSES, CALTECH_PICTURES = 101, 8677
"""What the original holds without its clutter class."""

LISTED = 20
"""Files that a record names; the rest is counted."""

BROKEN_SHARE = 0.01
BROKEN_ALLOWED = 5
"""More unreadable pictures than both a share and a number: something is wrong with the folder."""


@dataclass
class PreparedData:
    """A data set ready for training.

    Attributes:
        record: What `dataset.json` says.
        splits: Rows of the pixel arrays for each split.
        labels: Class number of each row, int64 (N,).
        root: The folder that `paths` are relative to.
        paths: The picture behind each row.
    """

    record: Dataset
    splits: Splits
    labels: NDArray[np.int64]
    root: Path
    paths: Sequence[str]
    progress: Stage | None = None
    _caches: dict[int, PixelCache] = field(default_factory=dict)

    def pixels(self, image_size: int) -> NDArray[np.uint8]:
        """Return all pictures at a size, uint8 (N, H, W, 3), decoding them if need be."""
        return self._cache(image_size).pixels

    def files(self) -> list[Path]:
        """Return the files of the pixels that are open."""
        return [cache.path for cache in self._caches.values()]

    def channel_statistics(self, image_size: int) -> tuple[Channels, Channels]:
        """Return mean and standard deviation of the train split at a size, in [0, 1]."""
        return channel_statistics(self._cache(image_size), self.splits["train"], self.progress)

    def _cache(self, image_size: int) -> PixelCache:
        if image_size not in self._caches:
            self._caches[image_size] = decode_all(self.root, self.paths, image_size, self.progress)
        return self._caches[image_size]


@dataclass(frozen=True)
class _Used:
    """The pictures that the splits name, renumbered; unreadable ones left out of the splits."""

    paths: list[str]
    labels: NDArray[np.int64]
    splits: Splits


def prepare(
    folder: Path,
    study_folder: StudyFolder | None,
    image_size: int,
    max_per_class: int | None,
    seed: int,
    progress: Stage | None = None,
) -> PreparedData:
    """Make a folder of pictures ready for training.

    Args:
        folder: In one of the layouts of `index_pictures`.
        study_folder: Where to write `dataset.json` and thumbnails, unless None.
        image_size: Side of the square pictures in pixels.
        max_per_class: See `split`.
        seed: See `split`.

    Raises:
        DataError: The folder can't be used; the message says why and how to mend it.
    """
    index = index_pictures(folder)
    used = _renumber(index, split(index, max_per_class, seed))
    cache = decode_all(index.root, used.paths, image_size, progress)
    splits = _readable(index, used, cache.contents)
    mean, std = channel_statistics(cache, splits["train"], progress)
    record = _describe(index, folder, used, splits, cache.contents, image_size, max_per_class)
    record = msgspec.structs.replace(record, mean=mean, std=std)
    data = PreparedData(record, splits, used.labels, index.root, used.paths, progress)
    data._caches[image_size] = cache
    if study_folder is not None:
        data.record = _write_record(study_folder, data, cache)
    return data


def _renumber(index: Index, splits: Splits) -> _Used:
    rows = np.sort(np.concatenate([splits[name] for name in SPLITS]))
    return _Used(
        paths=[index.paths[row] for row in rows],
        labels=np.array(index.labels, np.int64)[rows],
        splits={name: np.searchsorted(rows, splits[name]) for name in SPLITS},
    )


def _readable(index: Index, used: _Used, contents: Contents) -> Splits:
    broken = contents.unreadable
    if not broken:
        return used.splits
    first = min(broken)
    if len(broken) > max(BROKEN_ALLOWED, BROKEN_SHARE * len(used.paths)):
        raise DataError(
            f"{len(broken)} of {len(used.paths)} pictures in {index.root} can't be read; the "
            f"first is {used.paths[first]}: {broken[first]}.",
            f"Unpack the data set again; `homework data check {index.root}` lists them.",
        )
    bad = np.array(sorted(broken))
    splits: Splits = {name: rows[~np.isin(rows, bad)] for name, rows in used.splits.items()}
    check_classes(_relabelled(index, used), splits)
    return splits


def _relabelled(index: Index, used: _Used) -> Index:
    return dataclasses.replace(index, paths=tuple(used.paths), labels=tuple(used.labels.tolist()))


def _describe(
    index: Index,
    folder: Path,
    used: _Used,
    splits: Splits,
    contents: Contents,
    image_size: int,
    max_per_class: int | None,
) -> Dataset:
    kind = _kind(index, folder)
    readable = [i for i in range(len(used.paths)) if i not in contents.unreadable]
    unreadable = [
        f"{used.paths[i]}: {problem}" for i, problem in sorted(contents.unreadable.items())
    ]
    return Dataset(
        name={"caltech101": "Caltech-101", "sample": "embedded sample"}.get(
            kind, _name(folder.resolve())
        ),
        kind=kind,
        fingerprint=fingerprint(index, used.paths, used.labels, contents.digests, splits),
        classes=list(index.classes),
        n_train=len(splits["train"]),
        n_validation=len(splits["validation"]),
        n_test=len(splits["test"]),
        counts=class_counts(used.labels, splits, len(index.classes)),
        split_source=_split_source(index),
        split_changes=changes_to_given(index.given) if index.given else (),
        max_per_class=max_per_class,
        image_size=image_size,
        resize_size=resize_size(image_size),
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        sizes=size_statistics(
            [contents.sizes[i] for i in readable], [contents.converted[i] for i in readable]
        ),
        dropped_classes=list(index.dropped_classes),
        n_dropped_images=index.n_dropped_images,
        n_ignored_files=len(index.ignored_files),
        ignored_files=list(index.ignored_files[:LISTED]),
        n_unreadable_files=len(unreadable),
        unreadable_files=unreadable[:LISTED],
        test_images=[used.paths[i] for i in splits["test"].tolist()],
        thumbnails=[],
    )


def _name(place: Path) -> str:
    """Return what a data set is called: its folder, or its table."""
    if place.is_file() and place.name != TORCHVISION_TABLE:
        return place.stem
    return place.parent.name if place.is_file() else place.name


def _split_source(index: Index) -> Literal["lists", "folders", "table", "stratified"]:
    if index.given:
        return index.given.source
    return "lists" if index.lists else "stratified"


def _kind(index: Index, folder: Path) -> DataKind:
    if is_sample(folder) or is_sample(index.root.parent):
        return "sample"
    original = (len(index.classes), len(index.paths)) == (CALTECH_CLASSES, CALTECH_PICTURES)
    return "caltech101" if original else "folder"


def _write_record(folder: StudyFolder, data: PreparedData, cache: PixelCache) -> Dataset:
    """Write `dataset.json` and thumbnails, unless they already describe these pictures."""
    from training.data.thumbnails import write_thumbnails

    known = read_if_there(folder.dataset, Dataset)
    if known is not None:
        record = msgspec.structs.replace(data.record, thumbnails=known.thumbnails)
        there = all((folder.path / item.file).is_file() for item in known.thumbnails)
        if record == known and there and known.thumbnails:
            return known
    record = data.record
    train = data.splits["train"]
    thumbnails = write_thumbnails(
        folder,
        cache.pixels,
        data.labels,
        tuple(record.classes),
        train,
        data.root / data.paths[train[len(train) // 2]],
        record.mean,
        record.std,
    )
    record = msgspec.structs.replace(record, thumbnails=thumbnails)
    write(folder.dataset, record)
    return record
