"""What training did to the first layer: how far its weights moved, and how its filters look."""

import hashlib
import io
import math
from dataclasses import dataclass

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from training.records import FilterPictures, FirstLayer, StudyFolder, write_bytes

SHOWN = 64
"""Filters that an image holds at most."""

SCALE_QUANTILE = 0.995
"""The share of weights inside the scale of the images: single outliers would grey all others."""


@dataclass(frozen=True)
class Filters:
    """The weights of a first layer at one time.

    Attributes:
        name: Dotted path of the layer inside the network.
        weight: (n_filters, 3, height, width), for grey (n_filters, 1, height, width); float64
            on the CPU, a copy.
    """

    name: str
    weight: Tensor


def first_filters(module: nn.Module) -> Filters | None:
    """Return the first convolution's weights; None unless it sees an image's channels."""
    layers = ((name, m) for name, m in module.named_modules() if isinstance(m, nn.Conv2d))
    name, layer = next(layers, ("", None))
    if layer is None or layer.weight.shape[1] * layer.groups not in (1, 3):
        return None
    return Filters(name, layer.weight.detach().to("cpu", copy=True).double())


def describe_change(start: Filters | None, module: nn.Module) -> FirstLayer | None:
    """Compare the first layer's weights now with those at the start of training."""
    end = first_filters(module)
    if start is None or end is None or not bool(torch.isfinite(end.weight).all()):
        return None
    length = float(start.weight.norm())
    n_filters, _, height, width = end.weight.shape
    return FirstLayer(
        name=end.name,
        n_filters=n_filters,
        kernel=(height, width),
        relative_change=float((end.weight - start.weight).norm()) / length if length else None,
    )


def with_pictures(
    record: FirstLayer | None, start: Filters | None, module: nn.Module, folder: StudyFolder
) -> FirstLayer | None:
    """Write images of the filters before and after training, and name them in the record."""
    end = first_filters(module)
    if record is None or start is None or end is None:
        return record
    both = [filters.weight[:SHOWN].numpy() for filters in (start, end)]
    limit = float(np.quantile(np.abs(np.concatenate(both)), SCALE_QUANTILE)) or 1.0
    images = [_contact_sheet(weight, limit) for weight in both]
    pictures = FilterPictures(
        start=_write(images[0], folder),
        end=_write(images[1], folder),
        width=images[0].width,
        height=images[0].height,
        n_shown=len(both[0]),
        limit=limit,
    )
    return msgspec.structs.replace(record, pictures=pictures)


def _contact_sheet(weight: NDArray[np.float64], limit: float) -> Image.Image:
    """Lay filters (n, 3, h, w) out in a near-square grid; mid-grey is zero, gaps are transparent.

    Returns:
        RGBA, one pixel a weight.
    """
    n, _, height, width = weight.shape
    n_columns = math.ceil(math.sqrt(n))
    n_rows = math.ceil(n / n_columns)
    colours = np.rint(127.5 + 127.5 * np.clip(weight / limit, -1, 1)).astype(np.uint8)
    sheet = np.zeros((n_rows * (height + 1) - 1, n_columns * (width + 1) - 1, 4), np.uint8)
    for i, filter_ in enumerate(colours):
        top, left = (i // n_columns) * (height + 1), (i % n_columns) * (width + 1)
        tile = sheet[top : top + height, left : left + width]
        tile[..., :3] = filter_.transpose(1, 2, 0)
        tile[..., 3] = 255
    return Image.fromarray(sheet, "RGBA")


def _write(image: Image.Image, folder: StudyFolder) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    content = buffer.getvalue()
    file = f"thumbnails/filters/{hashlib.blake2b(content, digest_size=8).hexdigest()}.png"
    if not (folder.path / file).is_file():
        write_bytes(folder.path / file, content)
    return file
