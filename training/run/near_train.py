"""Which train images lie nearest to others in a network's features, with small copies of them."""

import contextlib
import hashlib
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from training.byte_names import escaped
from training.data.prepare import PreparedData
from training.data.thumbnails import jpeg, small
from training.networks.build import Network
from training.records import NearImage, StudyFolder, write_bytes

N_NEAREST = 3

SIDE = 72
"""Pixels of a copy's longer side."""


class Nearest:
    """Keeps the nearest of all features that it is shown.

    Args:
        queries: Features to be near to, (q, n_features).
        n_kept: How many are kept of each.
    """

    def __init__(self, queries: Tensor, n_kept: int = N_NEAREST) -> None:
        self._queries = queries.flatten(1).float()
        self._n_kept = n_kept
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.distance = self._queries.new_zeros(len(self._queries), 0)
        self.place = self.distance.long()
        self.n_seen = 0

    def see(self, features: Tensor) -> None:
        """Look at the features (B, n_features) that follow those seen."""
        seen = features.detach().flatten(1).float()
        queries = self._queries.to(seen.device)
        # differences, not products, so that a twin lies at 0
        distance = torch.cdist(queries, seen, compute_mode="donot_use_mm_for_euclid_dist").cpu()
        place = torch.arange(self.n_seen, self.n_seen + len(seen)).expand(len(queries), -1)
        distance = torch.cat([self.distance, distance], 1)
        order = distance.argsort(dim=1, stable=True)[:, : self._n_kept]
        self.distance = distance.gather(1, order)
        self.place = torch.cat([self.place, place], 1).gather(1, order)
        self.n_seen += len(seen)


@contextlib.contextmanager
def watching(network: Network, queries: Tensor, n_images: int) -> Iterator[Nearest]:
    """Look for the nearest while all images of a split go through the network in their order.

    Args:
        queries: What the head is given of some images, (q, n_features), on the CPU.
        n_images: Of the whole pass; after them the next pass begins, and replaces what was found.
    """
    found = Nearest(queries)

    def see(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if found.n_seen >= n_images:
            found.forget()
        found.see(inputs[0])

    hook = network.module.get_submodule(network.head).register_forward_pre_hook(see)
    try:
        yield found
    finally:
        hook.remove()


def nearest_to_own(features: Tensor, places: list[int]) -> Nearest:
    """Find, for some images of a split, the nearest others of it.

    Args:
        features: Of the split, (n, n_features).
        places: Of the images.
    """
    found = Nearest(features[places], N_NEAREST + 1)
    found.see(features)
    own = torch.tensor(places)[:, None] == found.place
    own[~own.any(1), -1] = True  # of many twins it may not be itself that is kept
    order = own.int().argsort(dim=1, stable=True)[:, :-1]
    found.distance, found.place = found.distance.gather(1, order), found.place.gather(1, order)
    return found


def with_copies(
    found: Nearest, data: PreparedData, image_size: int, folder: StudyFolder
) -> list[list[NearImage]]:
    """Describe the nearest train images of each query, and write copies that aren't there yet.

    A file is named after its image's place in the train split and after its content, so that runs
    share it.
    """
    pixels, rows = data.pixels(image_size), data.splits["train"]
    described = []
    for distances, places in zip(found.distance.tolist(), found.place.tolist(), strict=True):
        images = []
        for distance, place in zip(distances, places, strict=True):
            if not np.isfinite(distance):
                continue
            file, copy = _copy(place, small(pixels[rows[place]]), folder)
            path, label = escaped(data.paths[rows[place]]), int(data.labels[rows[place]])
            images.append(NearImage(path, label, float(f"{distance:.4g}"), file, *copy.size))
        described.append(images)
    return described


def _copy(place: int, image: Image.Image, folder: StudyFolder) -> tuple[str, Image.Image]:
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    content = jpeg(image)
    digest = hashlib.blake2b(content, digest_size=4).hexdigest()
    file = f"thumbnails/near/{place:05d}-{digest}.jpg"
    if not (folder.path / file).is_file():
        write_bytes(folder.path / file, content)
    return file, image
