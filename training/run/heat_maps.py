"""Keep pictures of what speaks for some answers of a tested network."""

import hashlib
from collections.abc import Sequence

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from training.data.thumbnails import jpeg, small
from training.engine.batches import Inputs
from training.networks.attention_maps import attention_maps, attention_places
from training.networks.build import Network
from training.networks.grad_cam import grad_cam, last_maps, rank_correlation
from training.records import HeatMap, HeatMaps, Predictions, StudyFolder, maps_wanted, write_bytes

SIDE = 72
"""Pixels of a picture's longer side."""

DIMMED = 0.25
"""Brightness that is left of a place that doesn't speak for the answer at all."""

NO_PLACES = "no layer of this network keeps maps of the places of a picture"
NOT_FOLLOWED = "the gradients of this network’s scores can’t be followed"


def heat_maps(
    network: Network,
    record: Predictions,
    inputs: Inputs,
    squares: Sequence[NDArray[np.uint8]],
    folder: StudyFolder,
) -> HeatMaps:
    """Write maps of the answers that `maps_wanted` picks, and describe them.

    A file is named after its image's place in the test split and after its content.

    Args:
        network: With the tested weights.
        inputs: The test images.
        squares: Pixels of those that are picked, uint8 (H, W, 3), by the same order.
    """
    wanted = maps_wanted(record)
    if not wanted:
        return HeatMaps()
    network.module.eval()
    pictures = inputs.gather(torch.tensor(wanted)).float()
    answers = torch.tensor([record.predicted[i] for i in wanted], device=pictures.device)
    try:
        found = _maps(network, pictures, answers)
    except RuntimeError:  # whatever a network of somebody else's does
        return HeatMaps(reason=NOT_FOLLOWED)
    if found is None:
        return HeatMaps(reason=NO_PLACES)
    described, (maps, *drawn) = found
    kept = []
    for i, index in enumerate(wanted):
        picture = _lit(small(squares[i]), maps[i])
        others = [rank_correlation(maps[i], other[i]) for other in drawn]
        known = [value for value in others if value is not None]
        mean = round(sum(known) / len(known), 4) if known else None
        kept.append(HeatMap(index, _write(index, picture, folder), *picture.size, mean))
    return msgspec.structs.replace(described, maps=kept)


def _maps(
    network: Network, pictures: Tensor, answers: Tensor
) -> tuple[HeatMaps, NDArray[np.float64]] | None:
    """Return maps and how they were made: by attention, where that follows the last convolution."""
    module, last = network.module, _last_layer(network)
    places = attention_places(module, pictures[:1])
    if places is not None:
        side, before = places
        maps = attention_maps(module, before, last, pictures, answers)
        return HeatMaps(side=side, method="attention"), maps
    found = last_maps(module, pictures[:1])
    if found is None:
        return None
    layer, side = found
    return HeatMaps(layer, side), grad_cam(module, layer, last, pictures, answers)


def _last_layer(network: Network) -> nn.Linear:
    head = network.module.get_submodule(network.head)
    return [part for part in head.modules() if isinstance(part, nn.Linear)][-1]


def _lit(picture: Image.Image, heat: NDArray[np.float64]) -> Image.Image:
    """Darken an image where its map (h, w) is low."""
    heat = np.nan_to_num(heat)
    top = float(heat.max())
    scaled = Image.fromarray((heat / top if top > 0 else heat).astype(np.float32))
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    wide = scaled.resize(picture.size, Image.Resampling.BICUBIC)
    light = DIMMED + (1 - DIMMED) * np.clip(np.asarray(wide), 0, 1)
    lit = np.asarray(picture, np.float32) * light[..., None]
    return Image.fromarray(np.rint(lit).astype(np.uint8))


def _write(index: int, picture: Image.Image, folder: StudyFolder) -> str:
    content = jpeg(picture)
    digest = hashlib.blake2b(content, digest_size=4).hexdigest()
    file = f"thumbnails/maps/{index:04d}-{digest}.jpg"
    if not (folder.path / file).is_file():
        write_bytes(folder.path / file, content)
    return file
