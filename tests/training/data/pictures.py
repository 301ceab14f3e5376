"""Pictures of noise."""

import random

from PIL import Image


def noise(width, height, seed, mode="RGB"):
    rng = random.Random(seed)
    n_bytes = width * height * len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, (width, height), rng.randbytes(n_bytes))
