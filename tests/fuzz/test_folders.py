"""The short form of `bench/fuzz/folders.py`: random folders are read as the written rules say."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from training.data import index as module

FOLDER = Path(__file__).parent.parent.parent / "bench" / "fuzz"
sys.path.insert(0, str(FOLDER))

if not FOLDER.is_dir():
    pytest.skip("bench/fuzz isn't here", allow_module_level=True)

folders = importlib.import_module("folders")

FOUND = (105, 1589, 2039, 3063)
"""Trees that were once read otherwise than the rules say."""


def compared(numbers, place):
    picture = folders.small_picture()
    return {n: folders.compare(n, place / str(n) / "D", picture) for n in numbers}


def test_random_folders_are_read_as_the_rules_say_or_refused(tmp_path):
    found = compared(range(200), tmp_path)
    assert {n: fault for n, (_, fault) in found.items() if fault} == {}
    assert sum(how == "read" for how, _ in found.values()) > 50
    assert sum(how == "refused" for how, _ in found.values()) > 50


def test_what_was_found_once_is_read_right(tmp_path):
    found = compared(FOUND, tmp_path)
    assert {n: fault for n, (_, fault) in found.items() if fault} == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda index: {"paths": (index.paths[0], *index.paths[:-1])},
        lambda index: {"labels": tuple(1 - min(label, 1) for label in index.labels)},
        lambda index: {"left_out": index.left_out[1:]},
    ],
    ids=["a picture lost", "another class", "left out in silence"],
)
def test_a_wrong_reading_is_found(tmp_path, monkeypatch, change):
    original = module.index_folder

    def wrong(place):
        index = original(place)
        return replace(index, **change(index))

    monkeypatch.setattr(module, "index_folder", wrong)
    found = compared(range(40), tmp_path)
    assert any(how == "fault" for how, _ in found.values())
