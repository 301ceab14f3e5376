"""Changed pictures, held to Pillow, SciPy and torchvision."""

import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance
from torchvision.transforms.v2 import functional as F

from training.data.changes import changed
from training.records.changed_tests import CHANGES, LEVELS, STRENGTHS, strength_of

SIDE = 64


def pictures(n=4):
    rng = np.random.default_rng(0)
    coarse = rng.integers(30, 225, (n, 8, 8, 3)).astype(np.float32)
    return torch.from_numpy(np.repeat(np.repeat(coarse, 8, 1), 8, 2).astype(np.uint8))


def altered(change, strength, n=4):
    return changed(pictures(n), change, strength, range(n)).numpy().astype(float)


def test_noise_has_the_spread_that_is_asked_for():
    grey = torch.full((3, SIDE, SIDE, 3), 128, dtype=torch.uint8)
    noisy = changed(grey, "noise", 0.08, range(3)).numpy() / 255
    assert noisy.std() == pytest.approx(0.08, rel=0.02)
    assert noisy.mean() == pytest.approx(128 / 255, abs=0.002)


def test_a_blur_is_scipys():
    ndimage = pytest.importorskip("scipy.ndimage")
    expected = ndimage.gaussian_filter(
        pictures().numpy().astype(float), (0, 1.5, 1.5, 0), mode="mirror", truncate=4
    )
    np.testing.assert_allclose(altered("blur", 1.5), expected, atol=0.6)


def test_darkness_is_pillows():
    for given, found in zip(pictures(), altered("darkness", 0.35), strict=True):
        expected = ImageEnhance.Brightness(Image.fromarray(given.numpy())).enhance(0.35)
        np.testing.assert_allclose(found, np.asarray(expected), atol=1)


@pytest.mark.filterwarnings("ignore:The image decoding:DeprecationWarning")
def test_jpeg_is_torchvisions():
    for given, found in zip(pictures(), altered("jpeg", 15), strict=True):
        expected = F.jpeg(given.permute(2, 0, 1), 15).permute(1, 2, 0)
        np.testing.assert_allclose(found, expected, atol=3)
        with io.BytesIO() as file:
            Image.fromarray(given.numpy()).save(file, "JPEG", quality=95)
            assert np.abs(found - np.asarray(Image.open(file))).mean() > 2


def test_a_rotation_is_pillows_to_either_side():
    sides = set()
    for given, found in zip(pictures(12), altered("rotation", 20, 12), strict=True):
        apart = {}
        for angle in (-20, 20):
            turned = Image.fromarray(given.numpy()).rotate(angle, Image.Resampling.BILINEAR)
            apart[angle] = np.abs(np.asarray(turned, float) - found).mean()
        sides.add(min(apart, key=apart.get))
        assert min(apart.values()) < 3 < max(apart.values())
    assert sides == {-20, 20}


@pytest.mark.parametrize("change", CHANGES)
def test_levels_go_further_and_further(change):
    apart = []
    for level in range(1, LEVELS + 1):
        found = altered(change, strength_of(change, level, SIDE))
        apart.append(np.abs(found - pictures().numpy()).mean())
    assert apart == sorted(apart)
    assert apart[0] > 0
    assert len(STRENGTHS[change]) == LEVELS


def test_a_blur_follows_the_size_of_the_pictures():
    assert (strength_of("blur", 5, 224), strength_of("blur", 5, 112)) == (6, 3)
    assert strength_of("noise", 1, 112) == 0.08


def test_what_is_drawn_is_the_pictures_own():
    whole = changed(pictures(), "noise", 0.1, [5, 6, 7, 8])
    alone = changed(pictures()[2:3], "noise", 0.1, [7])
    assert torch.equal(whole[2:3], alone)
    assert not torch.equal(changed(pictures()[2:3], "noise", 0.1, [8]), alone)
