"""Pictures of noise, and a folder of them."""

import random

from PIL import Image


def noise(width, height, seed, mode="RGB"):
    rng = random.Random(seed)
    n_bytes = width * height * len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, (width, height), rng.randbytes(n_bytes))


def noisy_folder(place, names):
    """Draw a picture for each name in a folder `pictures`, each of another width; return it."""
    folder = place / "pictures"
    folder.mkdir()
    for i, name in enumerate(names):
        noise(30 + i, 24, i).save(folder / name)
    return folder
