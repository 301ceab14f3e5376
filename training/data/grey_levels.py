"""Grey images of more than eight bits: microscopes', telescopes', radiographs' values to 0…255.

The rule, for each image by itself:

- whole numbers from 0 to 65,535 are scaled by the smallest of 8, 12 and 16 bits that holds all,
  so that 12 bits in a file of 16 fill the scale: value · 256 / 2^bits, rounded down;
- numbers with a point from 0 to 1 are multiplied by 255, those from 0 to 255 taken as they are;
- all others are stretched from the image's smallest to its largest value;
- values that aren't finite become black.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SCIENTIFIC = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I", "F"})
"""Pillow's modes of one channel with more than eight bits."""

BITS = (8, 12, 16)

BITS_PER_SAMPLE, SAMPLE_FORMAT = 258, 339
"""Tags of TIFF."""

FEW = 32
"""Grey levels; an image that keeps fewer of many is named."""


def is_unsigned(image: Image.Image) -> bool:
    """Tell whether a TIFF holds whole numbers of 32 bits without a sign, which Pillow gives one."""
    tags = getattr(image, "tag_v2", {})
    found = tags.get(SAMPLE_FORMAT, (1,))[0], tags.get(BITS_PER_SAMPLE, (0,))[0]
    return found == (1, 32)


def to_grey(image: Image.Image, unsigned: bool = False) -> tuple[Image.Image, str]:
    """Return an image in eight bits, and what got lost where it is much, else nothing."""
    values = np.asarray(image)
    if unsigned and values.dtype == np.int32:
        values = values.view(np.uint32)
    levels = _levels(values)
    return Image.fromarray(levels), _remark(values, levels)


def _levels(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    whole = values.dtype.kind in "iu"
    numbers = values.astype(np.int64) if whole else values.astype(np.float64)
    finite = np.isfinite(numbers)
    if not finite.any():
        return np.zeros(numbers.shape, np.uint8)
    low, high = numbers[finite].min().item(), numbers[finite].max().item()
    if whole and low >= 0 and high < 2 ** BITS[-1]:
        bits = next(bits for bits in BITS if high < 2**bits)
        levels: NDArray[np.uint8] = np.floor_divide(numbers, 2 ** (bits - 8)).astype(np.uint8)
        return levels
    numbers = np.where(finite, numbers, low).astype(np.float64)
    if not whole and low >= 0 and high <= 255:
        scaled = numbers * 255 if high <= 1 else numbers
    else:
        scaled = (numbers - low) * (255 / max(high - low, np.finfo(float).tiny))
    return np.where(finite, np.clip(np.rint(scaled), 0, 255), 0).astype(np.uint8)


def _remark(values: NDArray[np.generic], levels: NDArray[np.uint8]) -> str:
    """Say what got lost: everything, or all but a few of many grey levels."""
    before, after = len(np.unique(values)), len(np.unique(levels))
    if after >= FEW or before <= after:
        return ""
    if not levels.any():
        return f"all black: none of its {before:,} grey levels is left"
    return f"{after} of {before:,} grey levels are left"
