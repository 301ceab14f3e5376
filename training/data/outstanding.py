"""Measure how a prepared data set's pictures look, and keep copies of those that stand out."""

from typing import TYPE_CHECKING

import msgspec

from training.data.looks import describe_looks, measure
from training.data.pixel_files import PixelCache
from training.data.thumbnails import jpeg, small
from training.records import Looks, StudyFolder, write_bytes

if TYPE_CHECKING:
    from training.data.prepare import PreparedData


def write_looks(folder: StudyFolder, data: "PreparedData", cache: PixelCache) -> Looks:
    """Return how the pictures look; write small copies of those that stand out."""
    measured = measure(cache.pixels, data.root, data.paths, cache.contents.sizes)
    looks, rows = describe_looks(
        measured, data.labels, data.splits, len(data.record.classes), data.paths
    )
    shown = []
    for number, (item, row) in enumerate(zip(looks.outstanding, rows, strict=True), start=1):
        image = small(cache.pixels[row])
        file = f"thumbnails/outstanding-{number:02d}.jpg"
        write_bytes(folder.path / file, jpeg(image))
        width, height = image.size
        shown.append(msgspec.structs.replace(item, file=file, width=width, height=height))
    return msgspec.structs.replace(looks, outstanding=shown)
