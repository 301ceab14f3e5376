"""The records of what a tested network was looked at for. Plain data, no torch."""

from typing import Annotated, Literal

import msgspec

from training.records.cost import Rate
from training.records.dataset import Count

Correlation = Annotated[float, msgspec.Meta(ge=-1, le=1)]
"""A rank correlation; a record with another number is refused when it is read."""

Seconds = Annotated[float, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]


class Speed(msgspec.Struct, frozen=True):
    """How fast a tested network answers on the run's device, and how large it is.

    The network is warm, and its input lies normalised on the device: reading, decoding and
    normalising pictures isn't part of the time, waiting for the scores is.

    Attributes:
        latency_seconds: From one image to its scores, the fastest of `n_repeats`.
        n_repeats: How often that was measured.
        images_per_second: Of batches of `batch_size` test images, the first batch left out where
            there is another; null where the device had no memory for such a batch.
        batch_size: Images in these batches.
        network_bytes: Size of all weights and running statistics; the file that keeps them takes a
            few kilobytes more.
    """

    latency_seconds: Seconds
    n_repeats: Positive
    images_per_second: Rate | None
    batch_size: Positive
    network_bytes: Count


class HeatMap(msgspec.Struct, frozen=True):
    """Which places of one test image speak for the answer that the network gave.

    Attributes:
        index: Position in `Dataset.test_images`.
        file: The image, darkened where the map is low; relative to the study's folder, below
            `thumbnails/maps/`.
        width: Pixels.
        height: Pixels.
        randomised: Spearman's rank correlation of the map with those of the same network whose
            last layer is drawn at random, the mean over the draws, 0 where such a map is the same
            everywhere; null where the map itself is.
    """

    index: Count
    file: str
    width: int
    height: int
    randomised: Correlation | None = None


class HeatMaps(msgspec.Struct, frozen=True):
    """What speaks for some right and some wrong answers.

    Attributes:
        layer: Dotted path of the layer whose output Grad-CAM's maps are taken from; null without
            maps, and of those by attention.
        side: Places of a map in height and in width.
        maps: Of the images that `answers.maps_wanted` picks, in its order.
        reason: Why there are no maps; empty where there are.
        method: Grad-CAM (Selvaraju et al., 2017), or attention rollout with gradients (Abnar and
            Zuidema, 2020; Chefer, Gur and Wolf, 2021).
    """

    layer: str | None = None
    side: Count = 0
    maps: list[HeatMap] = []
    reason: str = ""
    method: Literal["grad-cam", "attention"] = "grad-cam"


Places = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{3})*$")]
"""Three hexadecimal digits an image: 000 is the lower end of a scale, fff the upper one."""

Digits = Annotated[str, msgspec.Meta(pattern="^[0-9]*$")]
"""One decimal digit an image."""

N_PLACES = 0xFFF


Layout = Literal["pca", "t-sne"]
"""How features are laid out in two dimensions: on principal components, or by t-SNE."""


class Projection(msgspec.Struct, frozen=True):
    """The head's inputs of some test images, in two dimensions.

    Attributes:
        x: Where they lie along the first principal component, or t-SNE's first direction, on a
            scale from the leftmost to the rightmost.
        y: Where along the second, on a scale of the same length around the middle.
        share: Of the variance that each of the two components holds; zeros of t-SNE.
        same_class: Of each image, how many of its nearest neighbours among all these images have
            its class; by Euclidean distance of the whole features.
    """

    x: Places
    y: Places
    share: tuple[float, float]
    same_class: Digits


class FeatureMap(msgspec.Struct, frozen=True):
    """How a tested network's features lay the test images out.

    Attributes:
        n_images: Images that are laid out: all of `Dataset.test_images`, or so many of them, see
            `answers.spread_over`.
        n_features: Values that the head is given of an image.
        n_neighbours: How many nearest neighbours `same_class` looks at.
        end: With the tested weights.
        start: With the pre-trained weights that training started from; null where there were none,
            or training left the features as they were.
        layout: How both were laid out.
    """

    n_images: Positive
    n_features: Positive
    n_neighbours: Positive
    end: Projection
    start: Projection | None = None
    layout: Layout = "pca"


def placed(places: str) -> list[float]:
    """Return where images lie, 0 to 1, of how a record keeps that."""
    return [int(places[i : i + 3], 16) / N_PLACES for i in range(0, len(places), 3)]
