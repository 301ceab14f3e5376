"""Transforms of torchvision: each picture by its own draw, whatever its batch."""

import inspect

import numpy as np
import pytest
import torch
import torchvision
from newer import skip_what_is_newer
from torchvision.transforms import AutoAugmentPolicy, InterpolationMode, v2

from training.data.picture_transforms import PictureTransforms
from training.engine.batches import PictureInputs
from training.errors import StudyError
from training.records import Transform
from training.records.transforms import GROUPS, NEEDED, PICTURE, SIZED, TRANSFORMS

SIDE = 32
NOT_OFFERED = {"self", "size", "inplace", "expand"}
TOLD = {"kernel_size": 3, "quality": (20, 90), "sharpness_factor": 2, "degrees": 20, "bits": 3,
        "threshold": 100}  # fmt: skip
THREE = (
    Transform("RandomResizedCrop", (("scale", (0.5, 1.0)),)),
    Transform("ColorJitter", (("brightness", 0.4), ("hue", 0.1), ("p", 0.5))),
    Transform("RandAugment"),
)


def pictures(n=6):
    drawn = np.random.default_rng(0).integers(60, 180, (n, SIDE, SIDE, 3), dtype=np.uint8)
    return torch.from_numpy(drawn)


def seeded(seed=1):
    return torch.Generator().manual_seed(seed)


def needed(name):
    if name == "ColorJitter":  # which by itself does nothing
        return (("brightness", 0.5),)
    return ((NEEDED[name], TOLD[NEEDED[name]]),) if name in NEEDED else ()


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_arguments_are_those_of_torchvisions_class(name):
    made = inspect.signature(getattr(v2, name).__init__).parameters
    skip_what_is_newer(torchvision, (0, 29), set(made) - NOT_OFFERED - set(TRANSFORMS[name]))
    assert set(TRANSFORMS[name]) == set(made) - NOT_OFFERED
    required = {p.name for p in made.values() if p.default is p.empty and p.name not in NOT_OFFERED}
    assert required == ({NEEDED[name]} if name in NEEDED else set())
    assert ("size" in made) == (name in SIZED)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_each_makes_pictures_of_pictures_and_draws_anew(name):
    alike = pictures(1).repeat(12, 1, 1, 1)
    altered = PictureTransforms([Transform(name, needed(name))], SIDE)(alike, seeded())
    assert altered.dtype == torch.uint8
    assert altered.shape == alike.shape
    if name != "RandomCrop":  # of pictures of the same size, without padding
        assert len({picture.numpy().tobytes() for picture in altered}) > 1
    told = {key: list(v) if isinstance(v, tuple) else v for key, v in needed(name)}
    plain = getattr(v2, name)(**({"size": SIDE} if name in SIZED else {}), **told)
    generator = seeded()
    for picture in altered:
        torch.manual_seed(int(torch.randint(2**53, (), generator=generator)))
        assert torch.equal(plain(alike[0].permute(2, 0, 1)), picture.permute(2, 0, 1))


def test_one_after_the_other_is_torchvisions_compose():
    altered = PictureTransforms(THREE, SIDE)(pictures(), seeded())
    plain = v2.Compose([
        v2.RandomResizedCrop((SIDE, SIDE), scale=(0.5, 1.0)),
        v2.RandomApply([v2.ColorJitter(brightness=0.4, hue=0.1)], p=0.5),
        v2.RandAugment(),
    ])  # fmt: skip
    generator = seeded()
    for given, found in zip(pictures(), altered, strict=True):
        torch.manual_seed(int(torch.randint(2**53, (), generator=generator)))
        assert torch.equal(plain(given.permute(2, 0, 1)), found.permute(2, 0, 1))


CROP, JITTER = THREE[:2]


@pytest.mark.parametrize(
    ("ours", "plain"),
    [(Transform("RandomChoice", (), (CROP, JITTER)), lambda a, b: v2.RandomChoice([a, b])),
     (Transform("RandomChoice", (("p", (1, 4)),), (CROP, JITTER)),
      lambda a, b: v2.RandomChoice([a, b], p=[0.2, 0.8])),
     (Transform("RandomApply", (), (CROP, JITTER)), lambda a, b: v2.RandomApply([a, b])),
     (Transform("RandomApply", (("p", 0.2),), (CROP, JITTER)),
      lambda a, b: v2.RandomApply([a, b], p=0.2)),
     (Transform("RandomOrder", (), (CROP, JITTER)), lambda a, b: v2.RandomOrder([a, b])),
     (Transform("RandomApply", (), (Transform("RandomChoice", (), (CROP, JITTER)), JITTER)),
      lambda a, b: v2.RandomApply([v2.RandomChoice([a, b]), b]))],
)  # fmt: skip
def test_those_that_are_given_others_are_torchvisions(ours, plain):
    crop = v2.RandomResizedCrop((SIDE, SIDE), scale=(0.5, 1.0))
    jitter = v2.RandomApply([v2.ColorJitter(brightness=0.4, hue=0.1)], p=0.5)
    expected, generator = plain(crop, jitter), seeded()
    altered = PictureTransforms([ours], SIDE)(pictures(12), seeded())
    for given, found in zip(pictures(12), altered, strict=True):
        torch.manual_seed(int(torch.randint(2**53, (), generator=generator)))
        assert torch.equal(expected(given.permute(2, 0, 1)), found.permute(2, 0, 1))
    assert set(GROUPS[ours.name]) == set(
        inspect.signature(getattr(v2, ours.name).__init__).parameters
    ) - {"self", "transforms"}


def test_what_becomes_of_a_picture_is_the_same_in_any_batch():
    transforms = PictureTransforms(THREE, SIDE)
    whole, generator = transforms(pictures(), seeded()), seeded()
    parts = [transforms(some, generator) for some in pictures().split([1, 3, 2])]
    assert torch.equal(torch.cat(parts), whole)
    assert not torch.equal(transforms(pictures(), generator), whole)


def test_nobody_elses_random_numbers_are_touched():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    PictureTransforms(THREE, SIDE)(pictures(), seeded())
    assert torch.equal(torch.rand(3), expected)


def test_words_stand_for_ways_and_policies():
    told = (("fill", 7), ("interpolation", "bilinear"), ("policy", "cifar10"))
    altered = PictureTransforms([Transform("AutoAugment", told)], SIDE)(pictures(1), seeded())
    torch.manual_seed(int(torch.randint(2**53, (), generator=seeded())))
    plain = v2.AutoAugment(AutoAugmentPolicy.CIFAR10, InterpolationMode.BILINEAR, fill=7)
    assert torch.equal(plain(pictures(1)[0].permute(2, 0, 1)), altered[0].permute(2, 0, 1))
    assert all(set(PICTURE) <= set(TRANSFORMS[n]) for n in ("AutoAugment", "RandAugment"))


@pytest.mark.parametrize(
    "transform",
    [Transform("RandomErasing", (("scale", 3),)), Transform("AutoAugment", (("policy", "x"),)),
     Transform("RandAugment", (("interpolation", "soft"),))],
)  # fmt: skip
def test_what_torchvision_refuses_is_named(transform):
    with pytest.raises(StudyError, match=f"v2.{transform.name} refuses what it is told"):
        PictureTransforms([transform], SIDE)


CODE = """
import torch

def darker(by):
    return lambda picture: (picture * by * torch.rand(())).to(torch.uint8)

def smaller():
    return lambda picture: picture[:, 1:]

def number():
    return lambda picture: 3

def two():
    return 2
"""


def test_one_of_ones_own_draws_as_torchvisions_do(tmp_path):
    (tmp_path / "mine.py").write_text(CODE)
    own = Transform("mine:darker", (("by", 0.5), ("p", 0.5)))
    altered = PictureTransforms([own], SIDE, [tmp_path])(pictures(), seeded())
    darker = v2.RandomApply([lambda x: (x * 0.5 * torch.rand(())).to(torch.uint8)], p=0.5)
    generator = seeded()
    for given, found in zip(pictures(), altered, strict=True):
        torch.manual_seed(int(torch.randint(2**53, (), generator=generator)))
        assert torch.equal(darker(given.permute(2, 0, 1)), found.permute(2, 0, 1))


def test_a_class_of_a_library_is_one_of_ones_own():
    named, told = "ColorJitter", (("brightness", 0.4),)
    ours = PictureTransforms([Transform(named, told)], SIDE)
    theirs = PictureTransforms([Transform(f"torchvision.transforms.v2:{named}", told)], SIDE)
    assert torch.equal(ours(pictures(), seeded()), theirs(pictures(), seeded()))


@pytest.mark.parametrize(
    ("transform", "said"),
    [(Transform("mine:darker"), "mine:darker can't be made: TypeError"),
     (Transform("mine:smaller"), r"augmentation makes \(3, 31, 32\) torch.uint8 of pictures of"),
     (Transform("mine:number"), "augmentation makes 3 of pictures of"),
     (Transform("mine:two"), "mine:two returned int, not a transform"),
     (Transform("mine:three"), "Can't import mine:three"),
     (Transform("Rotate"), "Unknown transform of torchvision “Rotate”")],
)  # fmt: skip
def test_what_is_wrong_with_ones_own_is_named(transform, said, tmp_path):
    (tmp_path / "mine.py").write_text(CODE)
    with pytest.raises(StudyError, match=said):
        PictureTransforms([transform], SIDE, [tmp_path])(pictures(), seeded())


def test_inputs_are_normalised_after_it_and_anew_each_time():
    pixels = pictures().numpy()
    inputs = PictureInputs(
        pixels, np.arange(6), np.arange(6), mean=(0.5, 0.4, 0.3), std=(0.2, 0.25, 0.3),
        device=torch.device("cpu"), augmentation=THREE, generator=seeded(),
    )  # fmt: skip
    chosen = torch.tensor([4, 1])
    found = inputs.gather(chosen)
    altered = PictureTransforms(THREE, SIDE)(pictures()[chosen], seeded())
    plain = v2.functional.normalize(
        altered.permute(0, 3, 1, 2).float() / 255, [0.5, 0.4, 0.3], [0.2, 0.25, 0.3]
    )
    torch.testing.assert_close(found, plain, rtol=1e-5, atol=1e-5)
    assert not torch.equal(inputs.gather(chosen), found)
