"""Inputs of one split, gathered batch by batch onto the device."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from training.data.augment import augment
from training.data.checked_pixels import Pixels
from training.data.grey import BITS, HALF, SHARES
from training.data.picture_transforms import PictureTransforms
from training.device.transfer import moved
from training.records import Augmentation

IN_CACHE = 2**21
"""Bytes of images that are normalised at a time: between the steps they stay in the cache."""


WHOLE = slice(None)
"""All images of a batch."""


class Inputs(Protocol):
    """One split's inputs and labels.

    Attributes:
        generator: What gathering draws from, if anything.
    """

    labels: Tensor
    generator: torch.Generator | None

    def gather(self, chosen: Tensor, part: slice = WHOLE) -> Tensor:
        """Return the inputs at positions `chosen` (B,) of this split, on the device.

        Args:
            part: Of the batch, that alone is returned; random numbers are drawn for all of it.
        """


class PictureInputs:
    """Normalised images, gathered from uint8 pixels.

    Args:
        pixels: (N, H, W, 3) uint8, the whole data set's, often memory-mapped.
        positions: (n,) int64, this split's places in `pixels`.
        labels: (N,) int64 class indices of the whole data set.
        mean: Channel means in [0, 1].
        std: Channel standard deviations, same scale.
        augmentation: A name of `augment.DRAWS`, or transforms of torchvision.
        generator: CPU generator for the augmentation.
        on_device: All of `pixels` on the device, where there is room for them.
        kind: Number format of what is gathered; the arithmetic is float32, rounded once.
        again: Whether every image will be gathered many times; then, where they are on the device
            and a tenth of its memory has room, they are normalised once.
        code_folders: See `PictureTransforms`.
        channels: 1 turns images grey before they are normalised, by the first mean and deviation.
    """

    def __init__(
        self,
        pixels: Pixels,
        positions: np.ndarray,
        labels: np.ndarray,
        *,
        mean: tuple[float, float, float],
        std: tuple[float, float, float],
        device: torch.device,
        augmentation: Augmentation = "none",
        generator: torch.Generator | None = None,
        on_device: Tensor | None = None,
        kind: torch.dtype = torch.float32,
        again: bool = False,
        code_folders: Sequence[Path] = (),
        channels: int = 3,
    ) -> None:
        self.channels = channels
        self.pixels = pixels
        self.kind = kind
        self.on_device = on_device
        self.positions = positions
        self.labels = torch.from_numpy(labels[positions]).to(device)
        self.device = device
        self.augmentation = augmentation
        self.generator: torch.Generator | None = generator or torch.Generator()
        self._transforms = (
            None if isinstance(augmentation, str)
            else PictureTransforms(augmentation, pixels.shape[1], code_folders)
        )  # fmt: skip
        # of a whole row of pixels: torch takes long loops at once, and those over 3 channels slowly
        width = pixels.shape[2]
        self._mean = torch.tensor(mean[:channels], device=device).repeat(width) * 255
        self._std = torch.tensor(std[:channels], device=device).repeat(width) * 255
        self._again = again and augmentation == "none" and on_device is not None
        self._kept: Tensor | None = None

    def gather(self, chosen: Tensor, part: slice = WHOLE) -> Tensor:
        if self._again:
            self._kept, self._again = self._all_normalised(), False
        if self._kept is not None:
            return self._kept[moved(chosen[part], self.device)].permute(0, 3, 1, 2)
        return self._gathered(chosen, part)

    def _all_normalised(self) -> Tensor | None:
        """Return all of the split, (n, H, W, 3), if the device has room."""
        n, shape = len(self.positions), (*self.pixels.shape[1:3], self.channels)
        free, _ = torch.cuda.mem_get_info(self.device)
        if 10 * n * math.prod(shape) * self.kind.itemsize > free:
            return None
        kept = torch.empty((n, *shape), dtype=self.kind, device=self.device)
        for some in torch.split(torch.arange(n), 256):
            kept[some[0] : some[-1] + 1] = self._gathered(some).permute(0, 2, 3, 1)
        return kept

    def _gathered(self, chosen: Tensor, part: slice = WHOLE) -> Tensor:
        assert self.generator is not None
        n, chosen = len(chosen), chosen[part]
        if self._transforms is not None:
            plain = torch.from_numpy(self.pixels[self.positions[chosen.numpy()]])
            altered = self._transforms(plain, self.generator, n, part)
            return self.normalised(moved(altered, self.device))
        pixels = self._pixels(chosen)
        if self.augmentation == "none":
            return self.normalised(pixels)
        assert isinstance(self.augmentation, str)
        # B, H, W, 3 → B, 3, H, W: the permuted view is channels_last as it stands
        pictures = pixels.permute(0, 3, 1, 2).float()
        altered = augment(pictures, self.augmentation, self.generator, n, part)
        return self.normalised(altered.permute(0, 2, 3, 1))

    def normalised(self, pictures: Tensor) -> Tensor:
        """Return (B, H, W, 3) less the mean, by the standard deviation: (B, C, H, W)."""
        n, height, width, _ = pictures.shape
        given = _grey(pictures) if self.channels == 1 else pictures
        wide = width * self.channels
        given = given.reshape(n, height, wide)
        rows = torch.empty((n, height, wide), device=self.device, dtype=self.kind)
        if self.device.type == "cuda":  # one kernel instead of two, within rounding
            torch.addcmul(-self._mean / self._std, given, 1 / self._std, out=rows)
        else:
            few = max(1, IN_CACHE // (height * wide * 4))
            for some, result in zip(torch.split(given, few), torch.split(rows, few), strict=True):
                torch.div(some - self._mean, self._std, out=result)
        return rows.view(n, height, width, self.channels).permute(0, 3, 1, 2)

    def _pixels(self, chosen: Tensor) -> Tensor:
        """Return (B, H, W, 3) uint8 on the device."""
        rows = self.positions[chosen.numpy()]
        if self.on_device is not None:
            return self.on_device[moved(torch.from_numpy(rows), self.device)]
        return moved(torch.from_numpy(self.pixels[rows]), self.device)


def _grey(pictures: Tensor) -> Tensor:
    """Return greys (B, H, W) of colours (B, H, W, 3) from 0 to 255, as `grey_of` does."""
    shares = torch.tensor(SHARES, dtype=torch.int32, device=pictures.device)
    summed = (pictures.int() * shares).sum(3, dtype=torch.int32)
    return torch.bitwise_right_shift(summed + HALF, BITS).to(pictures.dtype)


class FeatureInputs:
    """Outputs of a frozen part, computed once (`prefix`): (n, …) and labels (n,)."""

    def __init__(self, features: Tensor, labels: Tensor) -> None:
        self.features = features
        self.labels = labels
        self.generator: torch.Generator | None = None

    def gather(self, chosen: Tensor, part: slice = WHOLE) -> Tensor:
        return self.features[moved(chosen[part], self.features.device)]


def shuffled(n: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield a new order of 0…n-1 in batches; a last batch of one joins the one before it.

    Batch normalisation can't train on a single image.
    """
    return _split(torch.randperm(n, generator=generator), batch_size, join_single=True)


def drawn(weights: Tensor, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield as many of 0…n-1 as there are, drawn with replacement, in batches as `shuffled` does.

    Args:
        weights: (n,) float64 on the CPU; the odds of each.
    """
    order = torch.multinomial(weights, len(weights), replacement=True, generator=generator)
    return _split(order, batch_size, join_single=True)


def class_weights(labels: Tensor, n_classes: int) -> Tensor:
    """Return a weight for each class, (n_classes,) float64 on the CPU: n / (classes · its images).

    Only classes that have images count; the others get 0. The mean over all images is 1.
    """
    counts = torch.bincount(labels.cpu(), minlength=n_classes).double()
    present = counts > 0
    weights = len(labels) / (present.sum() * counts.clamp(min=1))
    return torch.where(present, weights, 0.0)


def n_batches(n: int, batch_size: int) -> int:
    """Return how many batches `shuffled` yields."""
    return max(1, n // batch_size + (n % batch_size > 1))


def in_order(n: int, batch_size: int) -> Iterator[Tensor]:
    """Yield 0…n-1 in batches."""
    return _split(torch.arange(n), batch_size, join_single=False)


def _split(order: Tensor, batch_size: int, join_single: bool) -> Iterator[Tensor]:
    n, start = len(order), 0
    while start < n:
        end = start + batch_size
        if join_single and n - end == 1:
            end = n
        yield order[start:end]
        start = end
