"""Batched augmentation against torchvision's transformation of one picture at a time."""

import math

import pytest
import torch
from torchvision.transforms import functional as reference

from training.data.augment import DRAWS, augment, transform
from training.errors import StudyError


def no(n):
    return torch.zeros(n, dtype=torch.bool)


@pytest.fixture
def pictures():
    return torch.rand(6, 3, 48, 48, generator=torch.Generator().manual_seed(0)) * 255


def test_flips_are_exact(pictures):
    yes, n = torch.ones(6, dtype=torch.bool), no(6)
    assert torch.equal(transform(pictures, yes, n, torch.zeros(6)), pictures.flip(3))
    assert torch.equal(transform(pictures, n, yes, torch.zeros(6)), pictures.flip(2))


def test_identity_changes_nothing(pictures):
    assert torch.equal(transform(pictures, no(6), no(6), torch.zeros(6)), pictures)


@pytest.mark.parametrize("degrees", [17.0, -80.0, 133.0, 45.0])
def test_rotation_agrees_with_torchvision(pictures, degrees):
    angles = torch.full((6,), math.radians(degrees))
    ours = transform(pictures, no(6), no(6), angles)
    theirs = torch.stack([reference.rotate(picture, degrees) for picture in pictures])
    different = (ours - theirs).abs().gt(0.5).float().mean()
    assert different < 0.002  # nearest-pixel ties fall either way
    corner_is_black = ours[:, :, 0, 0].abs().max() == 0
    assert corner_is_black


def test_each_picture_of_a_batch_draws_for_itself(pictures):
    same = pictures[:1].repeat(64, 1, 1, 1)
    out = augment(same, "rotation", torch.Generator().manual_seed(1))
    assert len({tuple(picture.flatten().tolist()) for picture in out}) > 60


def test_draws_have_the_references_frequencies():
    draw = DRAWS["one-of-three"]
    assert draw is not None
    n = 30_000
    horizontal, vertical, angle = draw(n, torch.Generator().manual_seed(2))
    assert horizontal.float().mean().item() == pytest.approx(0.85 / 3, abs=0.01)
    assert vertical.float().mean().item() == pytest.approx(0.15 / 3, abs=0.01)
    rotated = angle != 0
    assert rotated.float().mean().item() == pytest.approx(1 / 3, abs=0.01)
    assert not (rotated & (horizontal | vertical)).any()
    assert angle.abs().max() <= math.pi
    assert angle[rotated].mean().abs() < 0.1


def test_same_generator_state_gives_the_same_pictures(pictures):
    first = augment(pictures, "one-of-three", torch.Generator().manual_seed(5))
    second = augment(pictures, "one-of-three", torch.Generator().manual_seed(5))
    assert torch.equal(first, second)


def test_unknown_augmentation_lists_the_valid_ones(pictures):
    with pytest.raises(StudyError, match="rotation"):
        augment(pictures, "rotate", torch.Generator())
