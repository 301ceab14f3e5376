"""Random transformations of a whole batch on its device, drawn anew for every image.

One `grid_sample` a batch replaces a transformation per image. Pixels are sampled before
normalisation, so that what a rotation uncovers is black, as with Pillow; sampling is to the
nearest pixel, torchvision's default for `RandomRotation`.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from training.device.transfer import moved
from training.lookup import look_up

Draw = Callable[[int, torch.Generator], tuple[Tensor, Tensor, Tensor]]

FLIP_PROBABILITY = 0.85
VERTICAL_FLIP_PROBABILITY = 0.15
MAXIMUM_ANGLE = math.pi


def _uniform(n: int, generator: torch.Generator) -> Tensor:
    return torch.rand(n, generator=generator)


def _draw_horizontal(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    flip = _uniform(n, generator) < FLIP_PROBABILITY
    return flip, torch.zeros(n, dtype=torch.bool), torch.zeros(n)


def _draw_vertical(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    flip = _uniform(n, generator) < VERTICAL_FLIP_PROBABILITY
    return torch.zeros(n, dtype=torch.bool), flip, torch.zeros(n)


def _draw_rotation(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    angle = (2 * _uniform(n, generator) - 1) * MAXIMUM_ANGLE
    return torch.zeros(n, dtype=torch.bool), torch.zeros(n, dtype=torch.bool), angle


def _draw_one_of_three(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    which = torch.randint(3, (n,), generator=generator)
    horizontal, _, _ = _draw_horizontal(n, generator)
    _, _, angle = _draw_rotation(n, generator)
    _, vertical, _ = _draw_vertical(n, generator)
    return horizontal & (which == 0), vertical & (which == 2), angle * (which == 1)


DRAWS: dict[str, Draw | None] = {
    "none": None,
    "one-of-three": _draw_one_of_three,
    "horizontal-flip": _draw_horizontal,
    "rotation": _draw_rotation,
    "vertical-flip": _draw_vertical,
}


def augment(
    pictures: Tensor,
    augmentation: str,
    generator: torch.Generator,
    n: int | None = None,
    part: slice = slice(None),
) -> Tensor:
    """Transform each image of a batch by a random draw of its own.

    Args:
        pictures: Float pixels (B, C, H, W), square, before normalisation.
        augmentation: A name of `DRAWS`.
        generator: A CPU generator; draws don't depend on the device.
        n: Images of the whole batch, where `pictures` are only a part of it; draws are for all.
        part: Which ones they are.

    Returns:
        Pixels of the same shape and dtype; black (0) where the source lies outside.
    """
    draw = look_up("augmentation", augmentation, DRAWS)
    if draw is None:
        return pictures
    draws = draw(len(pictures) if n is None else n, generator)
    return transform(pictures, *(values[part] for values in draws))


def transform(pictures: Tensor, horizontal: Tensor, vertical: Tensor, angle: Tensor) -> Tensor:
    """Flip and rotate each image about its centre.

    Args:
        pictures: (B, C, H, W), H = W.
        horizontal: (B,) bool, mirror left and right.
        vertical: (B,) bool, mirror top and bottom.
        angle: (B,) radians, counter-clockwise.

    Returns:
        (B, C, H, W).
    """
    # grid_sample wants, for each output position, where in the input to look: the inverse map.
    # Image coordinates point down, so a counter-clockwise turn has this matrix there.
    sine, cosine = torch.sin(angle), torch.cos(angle)
    x = torch.where(horizontal, -1.0, 1.0)
    y = torch.where(vertical, -1.0, 1.0)
    zero = torch.zeros_like(angle)
    rows = (
        torch.stack((x * cosine, -x * sine, zero), 1),
        torch.stack((y * sine, y * cosine, zero), 1),
    )
    theta = moved(torch.stack(rows, 1).to(pictures.dtype), pictures.device)  # B, 2, 3
    grid = F.affine_grid(theta, list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, mode="nearest", padding_mode="zeros", align_corners=False)
