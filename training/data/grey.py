"""Colour pictures turned grey, as Pillow does for its mode L (ITU-R BT.601)."""

import numpy as np
from numpy.typing import NDArray

SHARES = (19595, 38470, 7471)
"""Of red, green and blue in grey, in parts of 2¹⁶."""

HALF = 2**15
BITS = 16


def grey_of(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return greys (…) uint8 of colours (…, 3) uint8."""
    red, green, blue = (pixels[..., i].astype(np.uint32) * SHARES[i] for i in range(3))
    return ((red + green + blue + HALF) >> BITS).astype(np.uint8)
