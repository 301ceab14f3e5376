"""torchvision's transforms, picture by picture, each by a draw of its own.

They draw from torch's global random numbers. Here every picture has its own seed, drawn in the
order of pictures, so that what becomes of it depends neither on threads nor on its batch.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from training.errors import StudyError
from training.records import Transform
from training.records.transforms import SIZED, TRANSFORMS


class PictureTransforms:
    """Transforms that follow each other.

    Args:
        image_size: Side of the square pictures in pixels, which stays.

    Raises:
        StudyError: torchvision refuses what a transform is told.
    """

    def __init__(self, transforms: Sequence[Transform], image_size: int) -> None:
        self._transforms = [_made(transform, image_size) for transform in transforms]
        self._names = ", ".join(transform.name for transform in transforms)

    def __call__(
        self,
        pictures: Tensor,
        generator: torch.Generator,
        n: int | None = None,
        part: slice = slice(None),
    ) -> Tensor:
        """Return altered pictures.

        Args:
            pictures: (B, H, W, 3) uint8 on the CPU.
            generator: On the CPU; one number a picture is drawn from it.
            n: Pictures of the whole batch, where these are only a part; numbers are drawn for all.
            part: Which ones they are.

        Returns:
            (B, H, W, 3) uint8.
        """
        n = len(pictures) if n is None else n
        seeds = [int(torch.randint(2**53, (), generator=generator)) for _ in range(n)]
        result = torch.empty_like(pictures)
        before = torch.get_rng_state()
        try:
            for place, seed in enumerate(seeds[part]):
                torch.default_generator.manual_seed(seed)
                result[place] = self._of_one(pictures[place].permute(2, 0, 1)).permute(1, 2, 0)
        finally:
            torch.set_rng_state(before)
        return result

    def _of_one(self, picture: Tensor) -> Tensor:
        """Return one picture altered, both (3, H, W) uint8."""
        altered = picture.contiguous()
        for transform in self._transforms:
            altered = transform(altered)
        if altered.shape != picture.shape or altered.dtype != torch.uint8:
            raise StudyError(
                f"augmentation makes {tuple(altered.shape)} {altered.dtype} of pictures of "
                f"{tuple(picture.shape)} torch.uint8, by {self._names}.",
                "Leave out what changes size or number format.",
            )
        return altered


def _made(transform: Transform, image_size: int) -> Any:
    """Make a transform of torchvision, which is imported for it."""
    from torchvision.transforms import InterpolationMode, v2
    from torchvision.transforms.autoaugment import AutoAugmentPolicy

    told: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in transform.parameters
    }
    p = told.pop("p", None) if "p" not in TRANSFORMS[transform.name] else None
    try:
        for name, kind in (("interpolation", InterpolationMode), ("policy", AutoAugmentPolicy)):
            if name in told:
                told[name] = kind(told[name])
        size = {"size": (image_size, image_size)} if transform.name in SIZED else {}
        made = getattr(v2, transform.name)(**size, **told)
        return made if p is None else v2.RandomApply([made], p=p)
    except (TypeError, ValueError) as error:
        raise StudyError(
            f"torchvision.transforms.v2.{transform.name} refuses what it is told: {error}.",
            "Change augmentation.",
        ) from error
