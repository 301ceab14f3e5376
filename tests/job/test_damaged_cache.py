"""A study whose cached images are damaged between runs: the same curves, and one line about it."""

import json

import numpy as np
import pytest
from timeless import timeless

from training.records import StudyFolder

NAME = "scratch/baseline"
SIDE_BY_SIDE = pytest.param(("--jobs", "2", "--threads", "1"), marks=pytest.mark.slow)


def n_damaged(answer):
    return " ".join(answer.output.split()).count("are damaged (row 2 of")


def damage(cache, row):
    """Flip a bit of an image in every array of the cache."""
    for file in (cache / "pixels").glob("*.npy"):
        pixels = np.load(file, mmap_mode="r+")
        pixels[row].reshape(-1)[7] ^= 16


@pytest.mark.parametrize("options", [("--threads", "1"), SIDE_BY_SIDE])
def test_a_damaged_image_is_mended_and_named_and_the_curves_stay(
    homework, tmp_path, tiny_sample, monkeypatch, options
):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))

    def curves():
        answer = homework("run", NAME, "--force", *options)
        assert answer.error is None, answer.output
        file = StudyFolder(tmp_path / "runs" / "quick").curves(NAME, 0)
        return timeless(json.loads(file.read_text())), n_damaged(answer)

    first, n = curves()
    assert n == 0
    damage(tmp_path / "cache", 2)  # nothing but training reads the images again
    assert curves() == (first, 1)
    assert curves() == (first, 0)
