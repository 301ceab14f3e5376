"""Small images for the report, so that it never needs the data set."""

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from training.data.augment import transform
from training.data.checked_pixels import Pixels
from training.data.decode import UnreadableError, crop, open_picture, resize
from training.records import DuplicatePair, StudyFolder, Thumbnail, write_bytes

SIDE = 112
N_SAMPLES = 24
QUALITY = 80

PAIRS_SHOWN = 8
"""Duplicates that are shown: the first of those that two splits share."""

TRANSFORMATIONS = {
    "horizontal flip": (True, False, 0.0),
    "rotation": (False, False, 35.0),
    "vertical flip": (False, True, 0.0),
}
"""Label to (mirrored left and right, mirrored top and bottom, degrees counter-clockwise)."""


def write_thumbnails(
    folder: StudyFolder,
    pixels: Pixels,
    labels: NDArray[np.int64],
    classes: tuple[str, ...],
    train: NDArray[np.int64],
    example: Path,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
    pairs: Sequence[DuplicatePair],
    rows: Mapping[str, int],
) -> list[Thumbnail]:
    """Write the sample grid, the preprocessing steps, the augmentation gallery and duplicates.

    Args:
        pixels: All images, uint8 (N, H, W, 3).
        labels: Shape (N,).
        train: Rows of the train split, which all shown images are from.
        example: The image file that the preprocessing steps are shown on.
        pairs: Duplicates, of which some are shown.
        rows: Of the pixels, by the path that a pair names.
    """
    made = [
        *_samples(pixels, labels, classes, train),
        *_steps(example, pixels.shape[1], mean, std),
        *_augmentations(pixels[train[len(train) // 3]]),
        *_duplicates(pixels, pairs, rows),
    ]
    thumbnails = []
    for number, (group, label, image) in enumerate(made, start=1):
        file = f"thumbnails/{number:02d}-{group}.jpg"
        write_bytes(folder.path / file, jpeg(image))
        thumbnails.append(Thumbnail(file, group, label, *image.size))  # type: ignore[arg-type]
    return thumbnails


def jpeg(image: Image.Image) -> bytes:
    """Return a thumbnail as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _samples(
    pixels: Pixels,
    labels: NDArray[np.int64],
    classes: tuple[str, ...],
    train: NDArray[np.int64],
) -> Iterator[tuple[str, str, Image.Image]]:
    """Yield one train image each of up to `N_SAMPLES` classes, spread over the list."""
    n_shown = min(N_SAMPLES, len(classes))
    for i in range(n_shown):
        label = i * len(classes) // n_shown
        members = train[labels[train] == label]
        yield "samples", classes[label], small(pixels[members[len(members) // 2]])


def small(square: NDArray[np.uint8]) -> Image.Image:
    """Return an image (H, W, 3) with sides of at most `SIDE` pixels."""
    image = Image.fromarray(np.ascontiguousarray(square))
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return image


def _steps(
    example: Path,
    image_size: int,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
) -> Iterator[tuple[str, str, Image.Image]]:
    try:
        original = open_picture(example).image
    except UnreadableError:  # it was readable when it was decoded
        return
    whole = resize(original, image_size)
    square = crop(whole, image_size)
    scale = SIDE / image_size
    for label, image in (("original", original), ("resized", whole), ("cropped", square)):
        yield "steps", label, _scaled(image, scale)
    values = (np.asarray(square) / 255 - np.array(mean)) / np.array(std)
    shown = np.clip((values + 2) / 4 * 255, 0, 255).astype(np.uint8)
    yield "steps", "normalised", _scaled(Image.fromarray(shown), scale)


def _scaled(image: Image.Image, scale: float) -> Image.Image:
    """Scale by a factor that all steps share, so that their proportions show; limit huge ones."""
    factor = min(scale, 2.2 * SIDE / max(image.size))
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _augmentations(square: NDArray[np.uint8]) -> Iterator[tuple[str, str, Image.Image]]:
    yield "augmentation", "original", small(square)
    for label, (horizontal, vertical, degrees) in TRANSFORMATIONS.items():
        changed = transform(
            torch.from_numpy(square.copy()).permute(2, 0, 1)[None].float(),
            torch.tensor([horizontal]),
            torch.tensor([vertical]),
            torch.tensor([math.radians(degrees)]),
        )
        yield "augmentation", label, small(changed[0].byte().permute(1, 2, 0).numpy())


def _shown_pairs(pairs: Sequence[DuplicatePair]) -> list[DuplicatePair]:
    """Return the duplicates that thumbnails are kept of."""
    return [pair for pair in pairs if pair.splits[0] != pair.splits[1]][:PAIRS_SHOWN]


def _duplicates(
    pixels: Pixels, pairs: Sequence[DuplicatePair], rows: Mapping[str, int]
) -> Iterator[tuple[str, str, Image.Image]]:
    paths = (path for pair in _shown_pairs(pairs) for path in pair.paths)
    for path in dict.fromkeys(paths):
        yield "duplicates", path, small(pixels[rows[path]])
