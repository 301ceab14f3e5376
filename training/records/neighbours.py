"""Train images that a network finds nearest to another image. Plain data, no torch."""

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]
Distance = Annotated[float, msgspec.Meta(ge=0)]


class NearImage(msgspec.Struct, frozen=True):
    """A train image near another one.

    Attributes:
        path: Relative to the data folder.
        label: Its class.
        distance: Euclidean, between what the network's head is given of both.
        file: Its small copy, relative to the study's folder, below `thumbnails/near/`.
        width: Of the copy, pixels.
        height: Of the copy, pixels.
    """

    path: str
    label: Count
    distance: Distance
    file: str
    width: Count
    height: Count


class NearTrain(msgspec.Struct, frozen=True):
    """The train images nearest to one test image.

    Attributes:
        index: Position in `Dataset.test_images`.
        nearest: The nearest first, three at most.
    """

    index: Count
    nearest: list[NearImage]
