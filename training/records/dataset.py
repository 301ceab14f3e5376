"""The record of the images, `dataset.json`. Plain data, no torch."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from training.records.looks import Looks
from training.records.picture_file import PictureFile

FORMAT = 2
"""Number of the JSON format, of which older ones are also read.

1: the first.
2: a diverged run's `Metrics.best_epoch` is the best of its finite epochs; before, the last.

Fields that a reader can do without are added under the same number, as `Predictions.examples`,
`Metrics.first_layer`, `Metrics.cost`, `Metrics.loss_scaling`, `Metrics.validation_answers`,
`Metrics.scores`, `Metrics.train_at_rest`, `Predictions.feature_map`, `Dataset.split_changes` and
`Metrics.other_tests` were. `Dataset.test_list` and `Predictions.answers` stand in the place of
lists that are then empty.
"""

DataKind = Literal["caltech101", "sample", "folder"]
Split = Literal["train", "validation", "test"]
SplitChange = Literal["test-from-validation", "validation-from-train"]
"""How a missing split was replaced where a data set came with fewer than three."""

SplitSource = Literal["lists", "all lists", "folders", "table", "stratified"]
"""Where the division comes from: `lists` (train.txt and test.txt), `all lists` (lists that name
validation, or with each image's class), `folders` (`train/`, `test/`), `table` (a CSV file's
column), or `stratified` (at random, within every class)."""

LeftOutReason = Literal[
    "clutter", "asked", "no pictures", "no split", "no class", "no label", "not listed",
    "unused list", "unused column", "records", "duplicate",
]  # fmt: skip
"""Why something isn't used: Caltech-101's clutter class; the person said so; no image is in it;
it lies beside the splits; images beside the class folders; no class in the file's name; lists
leave it out; a list where folders divide; a table's column that says nothing to us; records of this
program's studies; images of train that also stand in validation or test, or nearly, where that was
asked."""

DuplicatesChoice = Literal["keep", "drop-from-train", "refuse"]
"""See `Settings.duplicates`."""

Count = Annotated[int, msgspec.Meta(ge=0)]
"""How many of something; a record with fewer than none is refused when it is read."""

SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class ClassCounts(msgspec.Struct, frozen=True):
    """Images of each class in each split, in the order of `Dataset.classes`.

    Attributes:
        train: Counts of the train split.
        validation: Counts of the validation split.
        test: Counts of the test split.
    """

    train: list[Count]
    validation: list[Count]
    test: list[Count]


class FoldCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Images of one fold's run, where train and validation are cut into folds.

    Attributes:
        n_train: Images that it trains on.
        n_validation: Images of the fold itself, which choose its best epoch.
        train: The first by class, in the order of `Dataset.classes`.
        validation: The second likewise.
    """

    n_train: Count
    n_validation: Count
    train: list[Count]
    validation: list[Count]


class SizeStatistics(msgspec.Struct, frozen=True):
    """Image sizes in pixels, before any resizing.

    Attributes:
        width: Minimum, first quartile, median, third quartile, maximum.
        height: The same five.
        sample: Up to 1,000 (width, height) pairs, evenly spaced over the data set.
        n_converted: Images that were not RGB (grey, CMYK, palette) and were converted.
    """

    width: tuple[float, float, float, float, float]
    height: tuple[float, float, float, float, float]
    sample: list[tuple[int, int]]
    n_converted: Count


class Thumbnail(msgspec.Struct, frozen=True):
    """A small image beside `dataset.json`.

    Attributes:
        file: Path relative to the study's folder, below `thumbnails/`.
        group: `samples` (the sample grid), `steps` (preprocessing), `augmentation`, or
            `duplicates` (both pictures of a pair).
        label: Class name, the step or transformation shown, or a duplicate's path.
        width: Pixels.
        height: Pixels.
    """

    file: str
    group: Literal["samples", "steps", "augmentation", "duplicates"]
    label: str
    width: int
    height: int


class LeftOut(msgspec.Struct, frozen=True):
    """Something that was found with the images and isn't used.

    Attributes:
        name: A class, a folder, the images right in a folder (`DIR/*`), a list, or a column.
        reason: See `LeftOutReason`.
        n_pictures: Images in it.
        n_files: Other files in it.
    """

    name: str
    reason: LeftOutReason
    n_pictures: Count = 0
    n_files: Count = 0


class DuplicatePair(msgspec.Struct, frozen=True):
    """Two pictures that are the same, or nearly.

    Attributes:
        kind: `identical` files, byte for byte, or `near` by what they look like.
        paths: Relative to the data folder.
        splits: Of each.
    """

    kind: Literal["identical", "near"]
    paths: tuple[str, str]
    splits: tuple[Split, Split]


class Duplicates(msgspec.Struct, frozen=True, kw_only=True):
    """Pictures that a data set has twice, those left out aside.

    Attributes:
        n_identical_within: Pairs of identical files in one split.
        n_identical_across: Pairs of identical files in two splits.
        n_near_within: Pairs of pictures in one split that look nearly the same.
        n_near_across: Pairs of pictures in two splits that look nearly the same.
        test_twins: Places in `Dataset.test_images` of those with a twin in train or validation.
        pairs: One for each picture with a twin, test pictures first; the first 50.
    """

    n_identical_within: Count
    n_identical_across: Count
    n_near_within: Count
    n_near_across: Count
    test_twins: list[Count] = []
    pairs: list[DuplicatePair] = []


class UnknownClass(msgspec.Struct, frozen=True):
    """A class of a further data set that the study hasn't.

    Attributes:
        name: As there.
        n_images: Its images, which are left out.
    """

    name: str
    n_images: Count


class OtherPictures(msgspec.Struct, frozen=True, kw_only=True):
    """What the report says of a further data set. Classes are matched by their names.

    Attributes:
        name: As `PictureSet.name`.
        fingerprint: Changes with any image that is tested on, its class or its place.
        classes: Numbers in `Dataset.classes` of those that both have.
        unknown: Classes that only it has.
        images: Paths of the images that are tested on, relative to its folder: all of the classes
            in common, whichever split they lie in, but those left out below.
        n_unreadable_files: Images that could not be decoded, all of them.
        unreadable_files: The first 20 of them.
        n_trained_on: Images left out because the study's train or validation split has them, too,
            or nearly.
        trained_on: Pairs of those, and their twins in the study's splits; the first 20.
        n_also_tested: Images that are tested on and have a twin in the study's own test split.
        left_out: What else of its folder isn't used, and why.
    """

    name: str
    fingerprint: str
    classes: list[Count]
    unknown: list[UnknownClass]
    images: list[str]
    n_unreadable_files: Count = 0
    unreadable_files: list[str] = []
    n_trained_on: Count = 0
    trained_on: list[DuplicatePair] = []
    n_also_tested: Count = 0
    left_out: tuple[LeftOut, ...] = ()


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """`dataset.json`: all that the report says of the images.

    Attributes:
        name: Of the data set, as the report calls it.
        kind: `caltech101` if classes and counts are the original's; `sample` for the embedded
            drawn data set; else `folder`.
        fingerprint: Changes with any image, class or split.
        classes: Their names, in the order of the network's scores.
        n_train: Images of the train split.
        n_validation: Images of the validation split.
        n_test: Images of the test split.
        counts: The same by class.
        split_source: See `SplitSource`.
        max_per_class: Limit applied to every class before use, if any.
        image_size: Side of the square that networks see, in pixels.
        resize_size: Shorter side before the centre crop, in pixels.
        mean: Channel means of the train split at `image_size`, in [0, 1] (R, G, B).
        std: Channel standard deviations over all pixels of the train split, same scale.
        sizes: Of the images as they came.
        dropped_classes: Caltech-101's clutter class, where it was left out.
        n_dropped_images: Images of `dropped_classes`.
        n_ignored_files: Files that aren't images, all of them.
        ignored_files: Files that aren't images; the first 20.
        n_unreadable_files: Images that could not be decoded, all of them.
        unreadable_files: Images that could not be decoded and were left out; the first 20.
        test_images: Paths of the test images, relative to the data folder; empty where they are in
            `test_list`.
        thumbnails: Small images for the report.
        split_changes: How splits were replaced that folders or a table lack.
        left_out: What isn't used, and why, single files aside.
        split_shares: The shares of train, validation and test that were asked for.
        n_groups: Groups that were kept together in one split, where groups were named.
        n_remarks: Images that `remarks` speaks of, all of them.
        remarks: Images that lost much in being converted, and what; the first 20.
        duplicates: Images that are there twice; null in records of before they were looked for.
        n_found: Images of these classes before `max_per_class`; null in older records.
        looks: How the images look, and which stand out; null in older records.
        folds: Of each fold, where there are some; `n_train`, `n_validation` and `counts`, and all
            else that is said of train and validation, are of the first.
        other_pictures: Further data sets, of studies that test on some.
        test_list: Of more than 50,000 test images: `test_images.jsonl`, which has their paths, a
            JSON string a line.
    """

    format: int = FORMAT
    name: str
    kind: DataKind
    fingerprint: str
    classes: list[str]
    n_train: Count
    n_validation: Count
    n_test: Count
    counts: ClassCounts
    split_source: SplitSource
    max_per_class: int | None
    image_size: int
    resize_size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    sizes: SizeStatistics
    dropped_classes: list[str]
    n_dropped_images: Count
    n_ignored_files: Count
    ignored_files: list[str]
    n_unreadable_files: Count
    unreadable_files: list[str]
    test_images: Sequence[str]
    thumbnails: list[Thumbnail]
    split_changes: tuple[SplitChange, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    split_shares: tuple[float, float, float] | None = None
    n_groups: Count | None = None
    n_remarks: Count = 0
    remarks: list[str] = []
    duplicates: Duplicates | None = None
    n_found: Count | None = None
    looks: Looks | None = None
    folds: tuple[FoldCounts, ...] = ()
    other_pictures: tuple[OtherPictures, ...] | msgspec.UnsetType = msgspec.UNSET
    test_list: PictureFile | msgspec.UnsetType = msgspec.UNSET
