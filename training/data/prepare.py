"""Images in, arrays out: index, split, decode, measure, describe."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from training.byte_names import escaped
from training.data import duplicates
from training.data.blocks import Elsewhere
from training.data.cache import Stage, decode_all
from training.data.checked_pixels import Pixels
from training.data.contents import Contents
from training.data.folds import FoldsOfSplits, count_folds, cut_folds, settle_folds
from training.data.geometry import resize_size
from training.data.groups import groups_of
from training.data.index import Index
from training.data.layouts import index_pictures
from training.data.left_out import line
from training.data.other_pictures import OtherData, Own, prepare_others
from training.data.pixel_files import BESIDE, PixelCache
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
from training.data.unreadable import check_unreadable
from training.errors import DataError
from training.natural_order import in_natural_order
from training.plurals import counted
from training.records import (
    SPLITS,
    ClassCounts,
    DataKind,
    Dataset,
    Duplicates,
    LeftOut,
    SplitSource,
    StudyFolder,
    read_if_there,
    write,
)
from training.study.choices import NONE, Choices

CALTECH_CLASSES, CALTECH_PICTURES = 101, 8677
"""What the original holds without its clutter class."""

LISTED = 20
"""Files that a record names; the rest is counted."""


@dataclass
class PreparedData:
    """A data set ready for training.

    Attributes:
        record: What `dataset.json` says.
        splits: Rows of the pixel arrays for each split; with folds, those of the first.
        labels: Class number of each row, int64 (N,).
        root: The folder that `paths` are relative to.
        paths: The image behind each row.
        folds: The splits of each fold, where train and validation are cut into some.
        others: Further data sets, to be tested on alone.
        say: Told in words what is stored, and which image had to be mended.
        elsewhere: Decodes blocks on other machines.
    """

    record: Dataset
    splits: Splits
    labels: NDArray[np.int64]
    root: Path
    paths: Sequence[str]
    progress: Stage | None = None
    folds: FoldsOfSplits = ()
    others: tuple[OtherData, ...] = ()
    say: Callable[[str], None] | None = None
    elsewhere: Elsewhere | None = None
    _caches: dict[int, PixelCache] = field(default_factory=dict)

    @property
    def pool(self) -> NDArray[np.int64] | None:
        """The rows that folds divide among them, sorted; None without folds."""
        if not self.folds:
            return None
        return np.sort(np.concatenate([splits["validation"] for splits in self.folds]))

    def of_fold(self, number: int) -> "PreparedData":
        """Return the same images as the run of a fold, counted from 1, sees them; 0 for no fold."""
        if not number:
            return self
        counts = self.record.folds[number - 1]
        record = msgspec.structs.replace(
            self.record,
            n_train=counts.n_train,
            n_validation=counts.n_validation,
            counts=ClassCounts(counts.train, counts.validation, self.record.counts.test),
        )
        return dataclasses.replace(self, splits=self.folds[number - 1], record=record)

    def pixels(self, image_size: int, say: Callable[[str], None] | None = None) -> Pixels:
        """Return all images at a size, uint8 (N, H, W, 3), decoding them if need be.

        Args:
            say: Told what that will store, before.
        """
        return self._cache(image_size, say).pixels

    def files(self) -> list[Path]:
        """Return the files of the pixels that are open, and those beside them."""
        arrays = [cache.path for cache in self._caches.values()]
        own = [*arrays, *(array.with_suffix(BESIDE) for array in arrays)]
        return [*own, *(file for other in self.others for file in other.files())]

    def channel_statistics(
        self, image_size: int, *, grey: bool = False
    ) -> tuple[Channels, Channels]:
        """Return mean and standard deviation of the train split at a size, in [0, 1]."""
        cache, rows = self._cache(image_size), self.splits["train"]
        return channel_statistics(cache, rows, self.progress, grey=grey)

    def _cache(self, image_size: int, say: Callable[[str], None] | None = None) -> PixelCache:
        if image_size not in self._caches:
            self._caches[image_size] = decode_all(
                self.root, self.paths, image_size, self.progress, say or self.say, self.elsewhere
            )
        cache = self._caches[image_size]
        if cache.mender is not None:
            cache.mender.say = say or self.say
        return cache


@dataclass(frozen=True)
class Used:
    """The images that the splits name, renumbered; unreadable ones left out of the splits."""

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
    choices: Choices = NONE,
    say: Callable[[str], None] | None = None,
    others: Mapping[str, Path] | None = None,
    elsewhere: Elsewhere | None = None,
) -> PreparedData:
    """Make a folder of images ready for training.

    Args:
        folder: In one of the layouts of `index_pictures`.
        study_folder: Where to write `dataset.json` and thumbnails, unless None.
        image_size: Side of the square images in pixels.
        max_per_class: See `split`.
        seed: See `split`.
        choices: What the person says about the images.
        say: Told in words how the folder was understood, what is left out, what will be stored.
        others: Where further data sets are, to test on, by the names that the study gives them.
        elsewhere: Decodes blocks on other machines, where there are many images.

    Raises:
        DataError: The folder can't be used; the message says why and how to fix it.
    """
    say = say or (lambda text: None)
    index = index_pictures(folder, choices)
    for words in index.words:
        say(words)
    used = used_pictures(index, split(index, max_per_class, seed, choices))
    cache = decode_all(index.root, used.paths, image_size, progress, say, elsewhere)
    for words in _not_used(index, cache.contents):
        say(words)
    splits = readable(index, used, cache.contents, choices.allow_unreadable)
    folds = cut_folds(_relabelled(index, used), splits, cache.contents, choices, seed)
    splits = folds[0] if folds else splits
    index, splits, twins = settle_twins(index, used, splits, cache.contents, choices)
    folds = settle_folds(_relabelled(index, used), folds, cache.contents, choices)
    dropped = line([item for item in index.left_out if item.reason == "duplicate"])
    for words in [dropped] if dropped else []:
        say(words)
    if choices.duplicates == "refuse":
        duplicates.check_none_across(twins)
    for words in duplicates.lines(twins, len(splits["test"])):
        say(words)
    mean, std = channel_statistics(cache, splits["train"], progress)
    record = describe(
        index, folder, used, splits, cache.contents, image_size, max_per_class, choices
    )
    record = msgspec.structs.replace(
        record, mean=mean, std=std, duplicates=twins,
        folds=count_folds(used.labels, len(index.classes), folds),
    )  # fmt: skip
    own = Own(folder, index.classes, used.paths, splits, cache.contents)
    further = prepare_others(others or {}, own, image_size, choices, progress, say, elsewhere)
    if further:
        described = tuple(other.record for other in further)
        record = msgspec.structs.replace(record, other_pictures=described)
    data = PreparedData(
        record, splits, used.labels, index.root, used.paths, progress, folds, further, say,
        elsewhere,
    )  # fmt: skip
    data._caches[image_size] = cache
    if study_folder is not None:
        data.record = _write_record(study_folder, data, cache)
    return data


def _not_used(index: Index, contents: Contents) -> list[str]:
    """Say in one line what is left out, and in another how many images lost much."""
    left_out = line(index.left_out, len(index.ignored_files), len(contents.unreadable))
    said = [left_out] if left_out else []
    if contents.remarks:
        n, example = len(contents.remarks), contents.remarks[min(contents.remarks)]
        said.append(f"{counted(n, 'image')} lost much detail when converted to 8 bits: {example}.")
    return said


def used_pictures(index: Index, splits: Splits) -> Used:
    """Renumber the images that the splits name."""
    rows = np.sort(np.concatenate([splits[name] for name in SPLITS]))
    return Used(
        paths=[index.paths[row] for row in rows],
        labels=np.array(index.labels, np.int64)[rows],
        splits={name: np.searchsorted(rows, splits[name]) for name in SPLITS},
    )


def readable(index: Index, used: Used, contents: Contents, allowed: float | None = None) -> Splits:
    """Return the splits without the images that can't be read.

    Args:
        allowed: Largest share of those; None for one in a hundred, or five.

    Raises:
        DataError: There are more, or a class loses all its images of a split.
    """
    broken = contents.unreadable
    if not broken:
        return used.splits
    check_unreadable(index.root, used.paths, broken, allowed)
    bad = np.array(sorted(broken))
    splits: Splits = {name: rows[~np.isin(rows, bad)] for name, rows in used.splits.items()}
    try:
        check_classes(_relabelled(index, used), splits)
    except DataError as error:
        raise DataError(error.message, f"{_lost(index, used, contents)} {error.hint}") from None
    return splits


def settle_twins(
    index: Index, used: Used, splits: Splits, contents: Contents, choices: Choices
) -> tuple[Index, Splits, Duplicates]:
    """Find what is there twice, and leave it out of train where that was asked.

    Raises:
        DataError: A class loses all its pictures of train by that.
    """
    twins = duplicates.find_twins(contents, splits)
    if choices.duplicates != "drop-from-train":
        return index, splits, twins.record(used.paths, splits)
    kept = duplicates.without_twins(twins, splits)
    dropped = np.setdiff1d(splits["train"], kept["train"])
    counts = Counter(index.classes[label] for label in used.labels[dropped].tolist())
    try:
        check_classes(_relabelled(index, used), kept)
    except DataError as error:
        raise DataError(
            error.message,
            f"{counted(len(dropped), 'image')} of train have twins in validation or "
            "test and are left out by --duplicates drop-from-train; --duplicates keep keeps them.",
        ) from None
    names = in_natural_order(counts)
    out = [LeftOut(escaped(name), "duplicate", counts[name]) for name in names]
    index = dataclasses.replace(index, left_out=(*index.left_out, *out))
    return index, kept, duplicates.find_twins(contents, kept).record(used.paths, kept)


def _lost(index: Index, used: Used, contents: Contents) -> str:
    """Say which classes lost images because they can't be read, and the usual reason."""
    counts = Counter(index.classes[used.labels[i]] for i in contents.unreadable)
    said = []
    for name, n in counts.most_common(3):
        reasons = Counter(
            problem
            for i, problem in contents.unreadable.items()
            if index.classes[used.labels[i]] == name
        )
        said.append(f"{n} of {escaped(name)} can't be read ({reasons.most_common(1)[0][0]})")
    return f"{'; '.join(said)}."


def _relabelled(index: Index, used: Used) -> Index:
    return dataclasses.replace(index, paths=tuple(used.paths), labels=tuple(used.labels.tolist()))


def describe(
    index: Index,
    folder: Path,
    used: Used,
    splits: Splits,
    contents: Contents,
    image_size: int,
    max_per_class: int | None,
    choices: Choices = NONE,
) -> Dataset:
    """Return the record of a data set, its channel statistics aside."""
    kind = _kind(index, folder)
    kept = np.sort(np.concatenate([splits[name] for name in SPLITS]))
    clutter = [item.name for item in index.left_out if item.reason == "clutter"]
    given = index.given if choices.shares is None else None
    return Dataset(
        name={"caltech101": "Caltech-101", "sample": "embedded sample"}.get(
            kind, escaped(_name(folder.resolve()))
        ),
        kind=kind,
        fingerprint=fingerprint(index, used.paths, used.labels, contents, splits),
        classes=[escaped(name) for name in index.classes],
        n_train=len(splits["train"]),
        n_validation=len(splits["validation"]),
        n_test=len(splits["test"]),
        counts=class_counts(used.labels, splits, len(index.classes)),
        split_source=_split_source(index, choices),
        split_changes=changes_to_given(given) if given else (),
        max_per_class=max_per_class,
        image_size=image_size,
        resize_size=resize_size(image_size),
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        sizes=size_statistics(contents.sizes[kept], contents.converted[kept]),
        dropped_classes=clutter,
        n_dropped_images=index.n_dropped_images,
        n_ignored_files=len(index.ignored_files),
        ignored_files=[escaped(path) for path in index.ignored_files[:LISTED]],
        n_unreadable_files=len(contents.unreadable),
        unreadable_files=with_reasons(used, contents.unreadable)[:LISTED],
        test_images=[escaped(used.paths[i]) for i in splits["test"].tolist()],
        thumbnails=[],
        left_out=index.left_out,
        split_shares=choices.shares,
        n_groups=len(set(groups_of(index, choices.groups).tolist())) if choices.groups else None,
        n_remarks=len(contents.remarks),
        remarks=with_reasons(used, contents.remarks)[:LISTED],
        n_found=len(index.paths),
    )


def with_reasons(used: Used, reasons: dict[int, str]) -> list[str]:
    """Name images with what is to be said of them."""
    return [f"{escaped(used.paths[i])}: {reason}" for i, reason in sorted(reasons.items())]


def _name(place: Path) -> str:
    """Return what a data set is called: its folder, or its table."""
    if place.is_file() and place.name != TORCHVISION_TABLE:
        return place.stem
    return place.parent.name if place.is_file() else place.name


def _split_source(index: Index, choices: Choices) -> SplitSource:
    if choices.shares is not None:
        return "stratified"
    if index.given:
        return index.given.source
    if index.lists:
        return "lists" if len(index.lists) == 2 else "all lists"
    return "stratified"


def _kind(index: Index, folder: Path) -> DataKind:
    if is_sample(folder) or is_sample(index.root.parent):
        return "sample"
    original = (len(index.classes), len(index.paths)) == (CALTECH_CLASSES, CALTECH_PICTURES)
    return "caltech101" if original else "folder"


def _rows_of(names: set[str], paths: Sequence[str]) -> dict[str, int]:
    """Return the rows of some images, by the names that a record gives them."""
    named = ((escaped(path), row) for row, path in enumerate(paths)) if names else ()
    return {name: row for name, row in named if name in names}


def _write_record(folder: StudyFolder, data: PreparedData, cache: PixelCache) -> Dataset:
    """Write `dataset.json` and thumbnails, unless they already describe these images."""
    from training.data.outstanding import write_looks
    from training.data.thumbnails import write_thumbnails

    known = read_if_there(folder.dataset, Dataset)
    if known is not None:
        kept = {"thumbnails": known.thumbnails, "looks": known.looks}
        record = msgspec.structs.replace(data.record, **kept)
        there = all((folder.path / item.file).is_file() for item in known.thumbnails)
        if record == known and there and known.thumbnails:
            return known
    record = data.record
    train = data.splits["train"]
    looks = write_looks(folder, data, cache)
    pairs = record.duplicates.pairs if record.duplicates is not None else []
    thumbnails = write_thumbnails(
        folder,
        cache.pixels,
        data.labels,
        tuple(record.classes),
        train,
        data.root / data.paths[train[len(train) // 2]],
        record.mean,
        record.std,
        pairs,
        _rows_of({path for pair in pairs for path in pair.paths}, data.paths),
    )
    record = msgspec.structs.replace(record, thumbnails=thumbnails, looks=looks)
    write(folder.dataset, record)
    return record
