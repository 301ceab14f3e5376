"""torchvision's transforms, and somebody's own, picture by picture, each by a draw of its own.

They draw from torch's global random numbers. Here every picture has its own seed, drawn in the
order of pictures, so that what becomes of it depends neither on threads nor on its batch.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.errors import HomeworkError, StudyError
from training.lookup import look_up
from training.own_code import own_code, what_failed
from training.records import Transform, is_code
from training.records.transforms import GROUPS, SIZED, TRANSFORMS


class PictureTransforms:
    """Transforms that follow each other.

    Args:
        image_size: Side of the square pictures in pixels, which stays.
        code_folders: Where a `module:function` is looked for before what is installed.

    Raises:
        StudyError: A transform refuses what it is told, or can't be imported.
    """

    def __init__(
        self, transforms: Sequence[Transform], image_size: int, code_folders: Sequence[Path] = ()
    ) -> None:
        self._transforms = [_made(one, image_size, code_folders) for one in transforms]
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
        shape, kind = getattr(altered, "shape", ()), getattr(altered, "dtype", None)
        if not isinstance(altered, Tensor) or shape != picture.shape or kind != torch.uint8:
            made = f"{tuple(shape)} {kind}" if isinstance(altered, Tensor) else f"{altered!r:.60}"
            raise StudyError(
                f"augmentation makes {made} of pictures of "
                f"{tuple(picture.shape)} torch.uint8, by {self._names}.",
                "Leave out what changes size or number format.",
            )
        return altered


def _made(transform: Transform, image_size: int, code_folders: Sequence[Path]) -> Any:
    """Make a transform of torchvision, which is imported for it, or of somebody's own."""
    from torchvision.transforms import v2

    told: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in transform.parameters
    }
    if transform.name in GROUPS:
        members = [_made(one, image_size, code_folders) for one in transform.transforms]
        return _of_torchvision(transform.name, {"transforms": members, **told})
    if is_code(transform.name):
        p, made = told.pop("p", None), _own(transform.name, told, code_folders)
        return made if p is None else v2.RandomApply([made], p=p)
    known = look_up("transform of torchvision", transform.name, TRANSFORMS)
    p = told.pop("p", None) if "p" not in known else None
    size = {"size": (image_size, image_size)} if transform.name in SIZED else {}
    made = _of_torchvision(transform.name, size | told)
    return made if p is None else v2.RandomApply([made], p=p)


def _of_torchvision(name: str, told: dict[str, Any]) -> Any:
    """Make a transform of torchvision.

    Raises:
        StudyError: It refuses what it is told.
    """
    from torchvision.transforms import InterpolationMode, v2
    from torchvision.transforms.autoaugment import AutoAugmentPolicy

    try:
        for key, kind in (("interpolation", InterpolationMode), ("policy", AutoAugmentPolicy)):
            if key in told:
                told[key] = kind(told[key])
        return getattr(v2, name)(**told)
    except (TypeError, ValueError) as error:
        raise StudyError(
            f"torchvision.transforms.v2.{name} refuses what it is told: {error}.",
            "Change augmentation.",
        ) from error


def _own(name: str, told: dict[str, Any], folders: Sequence[Path]) -> Callable[[Tensor], Any]:
    """Make a transform by somebody's own code.

    Raises:
        StudyError: It can't be imported, fails, or makes nothing that can be called.
    """
    try:
        made = own_code(name, folders)(**told)
    except HomeworkError:
        raise
    except Exception as error:
        raise StudyError(
            f"{name} can't be made: {what_failed(error)}.",
            "module:function is called with the arguments that stand beside its name.",
        ) from error
    if not callable(made):
        raise StudyError(
            f"{name} returned {type(made).__name__}, not a transform.",
            "It must return a function of a picture, (3, H, W) uint8, that returns another one.",
        )
    transform: Callable[[Tensor], Any] = made
    return transform
