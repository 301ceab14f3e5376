"""Batches mixed with themselves: mixup and CutMix, as torchvision's transforms of these names.

Each image is mixed with the one before it in the batch, the first with the last, and its label
with that one's. A draw follows from seed, epoch and batch alone, so that a run that resumes needs
no state of it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.records import Spec


@dataclass(frozen=True)
class Mix:
    """How a batch is mixed.

    Attributes:
        share: Of the images' own labels, in [0, 1]; the others' have the rest.
        box: Left, top, right and bottom of the rectangle that comes from the other image; None to
            add the images, each by its share.
    """

    share: float
    box: tuple[int, int, int, int] | None = None


def draw_mix(spec: Spec, epoch: int, batch: int, height: int, width: int) -> Mix:
    """Draw how a batch is mixed; where the recipe has both ways, each has the same odds.

    The share is from Beta(α, α) (Zhang et al., 2018). CutMix cuts a rectangle of one minus that
    share of the area, with its centre anywhere; what lies outside of the image is lost to it, and
    the share of labels is that of the area (Yun et al., 2019).

    Args:
        batch: From 0.
        height: Of the images in pixels, as `width`.
    """
    random = np.random.default_rng((spec.seed, epoch, batch))
    cuts = bool(spec.cutmix) and (not spec.mixup or random.random() < 0.5)
    alpha = spec.cutmix if cuts else spec.mixup
    share = float(random.beta(alpha, alpha))
    if not cuts:
        return Mix(share)
    x, y = int(random.integers(width)), int(random.integers(height))
    half = 0.5 * (1 - share) ** 0.5
    right, down = int(half * width), int(half * height)
    box = max(0, x - right), max(0, y - down), min(width, x + right), min(height, y + down)
    return Mix(1 - (box[2] - box[0]) * (box[3] - box[1]) / (width * height), box)


def mixed(inputs: Tensor, mix: Mix) -> Tensor:
    """Return images (B, C, H, W) mixed with the ones before them, in the same order in memory."""
    others = torch.empty_like(inputs).copy_(inputs.roll(1, 0))  # which alone has another layout
    if mix.box is None:
        return others.mul_(1 - mix.share).add_(inputs * mix.share)
    left, top, right, bottom = mix.box
    result = inputs.clone()
    result[..., top:bottom, left:right] = others[..., top:bottom, left:right]
    return result
