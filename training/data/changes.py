"""Pictures changed as a camera or a file might: noisier, blurred, darker, compressed, turned."""

import io
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from training.records import Change


def changed(pictures: Tensor, change: Change, strength: float, seeds: Sequence[int]) -> Tensor:
    """Return changed pictures.

    Args:
        pictures: (B, H, W, 3) uint8, on the CPU.
        strength: See `training.records.changed_tests.STRENGTHS`; of a blur in these pictures'
            pixels.
        seeds: One a picture, of what is drawn for it.

    Returns:
        (B, H, W, 3) uint8.
    """
    if change == "noise":
        return _noisy(pictures, strength, seeds)
    if change == "jpeg":
        squares = [_compressed(picture.numpy(), round(strength)) for picture in pictures]
        return torch.from_numpy(np.stack(squares))
    from torchvision.transforms.v2 import functional as F

    planes = pictures.permute(0, 3, 1, 2)
    if change == "blur":
        side = 2 * math.ceil(4 * strength) + 1
        side = min(side, 2 * min(pictures.shape[1:3]) - 1)  # what is mirrored at the edges
        planes = F.gaussian_blur(planes, [side, side], [strength, strength])
    elif change == "darkness":
        planes = F.adjust_brightness(planes, strength)
    else:
        turned = [
            F.rotate(plane, _side(seed) * strength, F.InterpolationMode.BILINEAR)
            for plane, seed in zip(planes, seeds, strict=True)
        ]
        planes = torch.stack(turned)
    return planes.permute(0, 2, 3, 1).contiguous()


def _noisy(pictures: Tensor, strength: float, seeds: Sequence[int]) -> Tensor:
    noise = [
        torch.randn(pictures.shape[1:], generator=torch.Generator().manual_seed(seed))
        for seed in seeds
    ]
    noisy = pictures.float() + torch.stack(noise) * (255 * strength)
    return noisy.round_().clamp_(0, 255).byte()


def _compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    with io.BytesIO() as file:
        Image.fromarray(picture).save(file, "JPEG", quality=quality)
        with Image.open(file) as image:
            return np.asarray(image.convert("RGB"))


def _side(seed: int) -> int:
    """Return 1 for a turn to the left, or -1."""
    return 1 - 2 * int(torch.randint(2, (), generator=torch.Generator().manual_seed(seed)))
