"""Caltech-101 itself, where HOMEWORK_DATA names it."""

import os
from pathlib import Path

import pytest

from training.data.index import index_folder
from training.data.splits import split

PLACE = os.environ.get("HOMEWORK_DATA", "")

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not PLACE, reason="HOMEWORK_DATA names no folder with Caltech-101"),
]


@pytest.fixture(scope="module")
def index():
    return index_folder(Path(PLACE))


def test_it_has_101_classes_and_8677_pictures(index):
    assert len(index.classes) == 101
    assert len(index.paths) == 8677
    assert index.dropped_classes == ("BACKGROUND_Google",)


def test_the_homeworks_lists_give_the_homeworks_split(index):
    if index.lists is None:
        pytest.skip("the lists of the homework are not beside the pictures")
    sizes = {name: len(rows) for name, rows in split(index, None, 0).items()}
    assert sizes == {"train": 2892, "validation": 2892, "test": 2893}
