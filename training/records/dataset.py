"""The record of the pictures, `dataset.json`. Plain data, no torch."""

from typing import Annotated, Literal

import msgspec

FORMAT = 2
"""Number of the JSON format, of which older ones are read as well.

1: the first.
2: a diverged run's `Metrics.best_epoch` is the best of its finite epochs; before, the last.

Fields that a reader can do without are added under the same number, as `Predictions.examples`,
`Metrics.first_layer`, `Metrics.cost`, `Metrics.loss_scaling` and `Dataset.split_changes` were.
"""

DataKind = Literal["caltech101", "sample", "folder"]
Split = Literal["train", "validation", "test"]
SplitChange = Literal["test-from-validation", "validation-from-train"]
"""What was made up where a data set came with fewer than three splits."""

Count = Annotated[int, msgspec.Meta(ge=0)]
"""How many of something; a record with fewer than none is refused when it is read."""

SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class ClassCounts(msgspec.Struct, frozen=True):
    """Pictures of each class in each split, in the order of `Dataset.classes`."""

    train: list[Count]
    validation: list[Count]
    test: list[Count]


class SizeStatistics(msgspec.Struct, frozen=True):
    """Picture sizes in pixels, before any resizing.

    Attributes:
        width: Minimum, first quartile, median, third quartile, maximum.
        height: The same five.
        sample: Up to 1,000 (width, height) pairs, evenly spaced over the data set.
        n_converted: Pictures that were not RGB (grey, CMYK, palette) and were converted.
    """

    width: tuple[float, float, float, float, float]
    height: tuple[float, float, float, float, float]
    sample: list[tuple[int, int]]
    n_converted: Count


class Thumbnail(msgspec.Struct, frozen=True):
    """A small picture beside `dataset.json`.

    Attributes:
        file: Path relative to the study's folder, below `thumbnails/`.
        group: `samples` (the sample grid), `steps` (preprocessing) or `augmentation`.
        label: Class name, or the step or transformation shown.
        width: Pixels.
        height: Pixels.
    """

    file: str
    group: Literal["samples", "steps", "augmentation"]
    label: str
    width: int
    height: int


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """`dataset.json`: all that the report says of the pictures.

    Attributes:
        kind: `caltech101` if classes and counts are the original's; `sample` for the embedded
            drawn data set; else `folder`.
        fingerprint: Changes with any picture, class or split.
        split_source: `lists` (train.txt and test.txt), `folders` (`train/`, `test/`), `table` (a
            CSV file's column), or `stratified` (seeded).
        split_changes: What was made up where folders or a table lack a split.
        max_per_class: Limit applied to every class before use, if any.
        mean: Channel means of the train split at `image_size`, in [0, 1] (R, G, B).
        std: Channel standard deviations over all pixels of the train split, same scale.
        dropped_classes: Folders left out on purpose (the clutter class).
        ignored_files: Files that aren't pictures; the first 20.
        unreadable_files: Pictures that could not be decoded and were left out; the first 20.
        test_images: Paths of the test pictures, relative to the data folder.
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
    split_source: Literal["lists", "folders", "table", "stratified"]
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
    test_images: list[str]
    thumbnails: list[Thumbnail]
    split_changes: tuple[SplitChange, ...] = ()
