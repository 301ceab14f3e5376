"""A study whose cached images are damaged between runs: the same curves, and one line about it."""

import json

import numpy as np
from timeless import timeless

from training.records import StudyFolder

NAME = "scratch/baseline"


def curves(folder):
    return timeless(json.loads(StudyFolder(folder / "quick").curves(NAME, 0).read_text()))


def n_damaged(answer):
    return " ".join(answer.output.split()).count("are damaged (row 2 of")


def damage(cache, row):
    """Flip a bit of an image in every array of the cache."""
    for file in (cache / "pixels").glob("*.npy"):
        pixels = np.load(file, mmap_mode="r+")
        pixels[row].view(np.uint8).reshape(-1)[7] ^= 16


def test_a_damaged_image_is_mended_and_named_and_the_curves_stay(
    homework, tmp_path, tiny_sample, monkeypatch
):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    first = homework("run", NAME, "--runs", "first")
    assert first.error is None, first.output
    assert n_damaged(first) == 0
    for file in (tmp_path / "cache/pixels").glob("*.stats.json"):
        file.unlink()  # they would be known, and train's images first be touched in training
    damage(tmp_path / "cache", 2)
    second = homework("run", NAME, "--runs", "second")
    assert second.error is None, second.output
    assert n_damaged(second) == 1
    assert curves(tmp_path / "second") == curves(tmp_path / "first")
    third = homework("run", NAME, "--runs", "third")
    assert n_damaged(third) == 0
    assert curves(tmp_path / "third") == curves(tmp_path / "first")
