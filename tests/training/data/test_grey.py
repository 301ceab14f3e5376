"""Grey is Pillow's, and so are its mean and deviation."""

import numpy as np
import torch
from PIL import Image

from training.data.grey import grey_of
from training.data.statistics import channel_statistics
from training.engine.batches import PictureInputs

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 20, 16, 3), dtype=np.uint8)
GREYS = np.stack([np.asarray(Image.fromarray(picture).convert("L")) for picture in PIXELS])
ROWS = np.array([1, 3, 6])


class Cache:
    def __init__(self, folder):
        self.pixels, self.path = PIXELS, folder / "pixels.bin"


def test_it_is_pillows():
    assert np.array_equal(grey_of(PIXELS), GREYS)


def test_mean_and_deviation_are_those_of_the_greys(tmp_path):
    for _ in range(2):  # the second time as they were kept
        mean, std = channel_statistics(Cache(tmp_path), ROWS, grey=True)
        assert np.allclose(mean, GREYS[ROWS].mean() / 255, atol=1e-6)
        assert np.allclose(std, GREYS[ROWS].std() / 255, atol=1e-6)
    colours, _ = channel_statistics(Cache(tmp_path), ROWS)
    assert np.allclose(colours, PIXELS[ROWS].mean((0, 1, 2)) / 255, atol=1e-6)


def test_images_are_turned_grey_and_normalised_after_they_are_altered():
    for augmentation in ("none", "vertical-flip"):
        inputs = PictureInputs(
            PIXELS[:, :16], ROWS, np.arange(7), mean=(0.4,) * 3, std=(0.2,) * 3,
            device=torch.device("cpu"), augmentation=augmentation, channels=1,
            generator=torch.Generator().manual_seed(0),
        )  # fmt: skip
        found = inputs.gather(torch.arange(3))
        assert found.shape == (3, 1, 16, 16)
        expected = (GREYS[ROWS, :16] / 255 - 0.4) / 0.2
        for image, plain in zip(found[:, 0].numpy(), expected, strict=True):
            upright = np.allclose(image, plain, atol=1e-5)
            assert upright or np.allclose(image, plain[::-1], atol=1e-5)
            assert upright or augmentation != "none"
