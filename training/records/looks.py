"""How a data set's pictures look, by single numbers a picture: part of `dataset.json`."""

from typing import Annotated, Literal

import msgspec

Feature = Literal[
    "brightness", "contrast", "sharpness", "red", "green", "blue", "border", "border_contrast",
    "aspect_ratio", "pixels", "file_bytes",
]  # fmt: skip
"""What is measured of each picture. `brightness`, `contrast`: mean and standard deviation of its
grey levels in [0, 1]; `red`, `green`, `blue`: mean of the channel; `border`, `border_contrast`:
mean and standard deviation of the grey levels along the edge; `sharpness`: logarithm to base 10 of
one plus the variance of the Laplacian of its green channel in 0 to 255. All of these are of the
square that networks see, sampled. `aspect_ratio` (width by height), `pixels` and `file_bytes` are
of the file."""

OutstandingKind = Literal["dark", "bright", "blurred", "tiny", "long"]

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Five = tuple[float, float, float, float, float]
"""Minimum, first quartile, median, third quartile, maximum."""


class FeatureLooks(msgspec.Struct, frozen=True, kw_only=True):
    """One feature over the data set.

    Attributes:
        feature: See `Feature`.
        train: Quantiles of the train pictures.
        validation: Quantiles of the validation pictures.
        test: Quantiles of the test pictures.
        classes: First quartile, median and third quartile of each class's train pictures; empty
            for more than 200 classes.
        validation_distance: Largest distance of the distributions of train and validation
            (Kolmogorov and Smirnov), in [0, 1].
        validation_p: Of their two-sample test, corrected by Holm for all features and both splits.
        test_distance: The same of train and test.
        test_p: The same of train and test.
        class_accuracy: Mean over classes of the share of validation pictures of which the feature
            alone, by the nearest values of train pictures, tells the class.
        limit: What such an accuracy of answers that ignore the picture exceeds in one of forty
            data sets, corrected for the number of features.
        class_told: The class that is told best, where nine of ten of its validation pictures, at
            least ten, are told, and nine of ten answers that name it are right; null for none.
        class_told_right: Validation pictures of that class that are told.
        class_told_of: Of how many that were asked.
    """

    feature: Feature
    train: Five
    validation: Five
    test: Five
    classes: list[tuple[float, float, float]] = []
    validation_distance: Share
    validation_p: Share
    test_distance: Share
    test_p: Share
    class_accuracy: Share
    limit: float
    class_told: Count | None = None
    class_told_right: Count = 0
    class_told_of: Count = 0


class Outstanding(msgspec.Struct, frozen=True):
    """A picture that lies far from all others by a feature.

    Attributes:
        kind: In what it stands out.
        path: Relative to the data folder.
        split: `train`, `validation` or `test`.
        value: Of the feature.
        file: Its small copy, relative to the study's folder; empty where none is kept.
        width: Of the copy, pixels.
        height: Of the copy, pixels.
    """

    kind: OutstandingKind
    path: str
    split: Literal["train", "validation", "test"]
    value: float
    file: str = ""
    width: Count = 0
    height: Count = 0


class Looks(msgspec.Struct, frozen=True):
    """How the pictures look.

    Attributes:
        features: One entry a feature.
        n_outstanding: How many pictures stand out, by kind.
        outstanding: The first four of each kind, the farthest first.
    """

    features: list[FeatureLooks]
    n_outstanding: dict[OutstandingKind, Count] = {}
    outstanding: list[Outstanding] = []
