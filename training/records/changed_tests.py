"""What a tested network answers to changed test pictures: part of `metrics.json`. No torch."""

from typing import Annotated, Literal, get_args

import msgspec

Change = Literal["noise", "blur", "darkness", "jpeg", "rotation"]
"""Ways in which test pictures are changed, each at `LEVELS` levels."""

CHANGES: tuple[Change, ...] = get_args(Change)

STRENGTHS: dict[Change, tuple[float, ...]] = {
    "noise": (0.08, 0.12, 0.18, 0.26, 0.38),
    "blur": (1, 2, 3, 4, 6),
    "darkness": (0.7, 0.5, 0.35, 0.2, 0.1),
    "jpeg": (25, 18, 15, 10, 7),
    "rotation": (5, 10, 20, 30, 45),
}
"""Of each level, the mildest first. Noise: standard deviation as a share of the brightest value;
blur: that of a Gaussian, in pixels of a picture of 224; darkness: share of the brightness that is
left; jpeg: quality; rotation: degrees, to either side. Noise, blur and jpeg have the levels of
ImageNet-C (Hendrycks and Dietterich, 2019)."""

LEVELS = 5

Count = Annotated[int, msgspec.Meta(ge=0)]

Bits = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]*$")]


class ChangedTest(msgspec.Struct, frozen=True):
    """Answers to the test pictures, all of them changed in one way.

    Attributes:
        change: See `STRENGTHS`.
        level: From 1, the mildest.
        strength: Of this level; of a blur in pixels of these pictures.
        n_correct: Pictures named rightly.
        right: Which of them, as `ValidationAnswers.right`.
    """

    change: Change
    level: Annotated[int, msgspec.Meta(ge=1, le=LEVELS)]
    strength: float
    n_correct: Count
    right: Bits


def strength_of(change: Change, level: int, image_size: int) -> float:
    """Return the strength of a level, of pictures with so many pixels a side."""
    strength = STRENGTHS[change][level - 1]
    return round(strength * image_size / 224, 4) if change == "blur" else float(strength)
