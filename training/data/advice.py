"""What a study of some images should look like: sizes, batch, title."""

import statistics
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from training.data.given import Given
from training.data.index import CALTECH_FOLDER, Index
from training.data.layouts import index_pictures
from training.data.splits import changes_to_given
from training.data.torchvision_sets import TABLE
from training.plurals import counted

LOOKED_AT = 500
"""Images whose sizes are read, evenly spaced."""

SIZES = (64, 96, 128, 160, 192, 224)
"""Sides in pixels that are advised; 224 is what ImageNet weights were trained at."""

BATCHES = ((4000, 256), (1000, 64), (0, 32))
"""Train images from which on a batch size is advised: some dozen steps an epoch at least."""

MANY = 50_000
"""Images from which on a first study should do with fewer of each class."""


@dataclass(frozen=True)
class Advice:
    """What to begin with, and why.

    Attributes:
        image_size: Side in pixels.
        max_per_class: A limit for a first try; None where all images will do.
        seen: Lines on what was found.
    """

    name: str
    image_size: int
    batch_size: int
    max_per_class: int | None
    seen: tuple[str, ...]


def advise(place: Path) -> Advice:
    """Look at a data set and say what a study of it should begin with.

    Raises:
        DataError: It is missing, empty, or laid out in another way.
    """
    index = index_pictures(place)
    counts = Counter(index.labels)
    shorter = _median_side(index)
    n_train = _n_train(index)
    size = max((side for side in SIZES if side <= shorter * 224 / 256), default=SIZES[0])
    batch = next(batch for at_least, batch in BATCHES if n_train >= at_least)
    many = len(index.paths) > MANY
    fewest, most = min(counts.values()), max(counts.values())
    extent = f"{counted(len(index.paths), 'image')} in {counted(len(index.classes), 'class')}"
    seen = (
        f"{extent}, {fewest if fewest == most else f'{fewest} to {most}'} of each",
        f"median of the shorter side {shorter:.0f} pixels",
        _division(index.given, index.lists is not None),
    )
    limit = max(60, MANY // len(index.classes)) if many else None
    return Advice(_name(place), size, batch, limit, seen)


def _name(place: Path) -> str:
    place = place.resolve()
    if place.is_file():
        return place.parent.name if place.name == TABLE else place.stem
    return "Caltech-101" if (place / CALTECH_FOLDER).is_dir() else place.name


def _median_side(index: Index) -> float:
    """Return the median of the shorter sides in pixels, of images that can be opened."""
    step = max(1, len(index.paths) // LOOKED_AT)
    sides = []
    for path in index.paths[::step]:
        try:
            with Image.open(index.root / path) as picture:
                sides.append(min(picture.size))
        except Exception:
            continue
    return statistics.median(sides) if sides else 256.0


def _n_train(index: Index) -> int:
    """Return about how many images the train split will have."""
    if index.given is None:
        return len(index.paths) // 3
    n_train = index.given.splits.count("train")
    return n_train * 4 // 5 if "validation-from-train" in changes_to_given(index.given) else n_train


def _division(given: Given | None, lists: bool) -> str:
    if lists:
        return "divided by train.txt and test.txt"
    if given is None:
        return "not divided: split into thirds at random, by the study's seed"
    changes = {
        "test-from-validation": "validation is used for testing",
        "validation-from-train": "a fifth of train is held out for validation",
    }
    said = [changes[change] for change in changes_to_given(given)]
    return "; ".join(("divided already", *said))
