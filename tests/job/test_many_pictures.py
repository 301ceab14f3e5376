"""A run whose test pictures are very many, here more than five: its files, here and elsewhere."""

import json

import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from training.records import BESIDE, picture_files, remote
from training.records.remote import Mirror

NAME = "scratch/baseline"
URL = "memory://many/runs"


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(picture_files, "MOST_IN_JSON", 5)


@pytest.fixture
def sent(monkeypatch, tmp_path):
    """Return a list that receives the names of files as they are sent elsewhere."""
    MemoryFileSystem.store.clear()
    monkeypatch.setattr(remote, "cache_folder", lambda: tmp_path / "machine")
    names, original = [], Mirror._put
    monkeypatch.setattr(
        Mirror, "_put", lambda self, name: (names.append(name), original(self, name))
    )
    yield names
    MemoryFileSystem.store.clear()


def test_a_run_keeps_its_answers_beside_the_json_and_comes_out_the_same_again(homework, tmp_path):
    assert homework("run", NAME).error is None
    study = tmp_path / "runs" / "quick"
    run = study / NAME / "seed-0"
    dataset, metrics = (
        json.loads(file.read_text()) for file in (study / "dataset.json", run / "metrics.json")
    )
    paths = [json.loads(line) for line in (study / "test_images.jsonl").read_text().splitlines()]
    entries = np.load(run / "predictions.npy")
    assert len(paths) == len(set(paths)) == len(entries) == dataset["n_test"] > 5
    assert dataset["test_images"] == json.loads((run / "predictions.json").read_text())["label"]
    assert dataset["test_images"] == []
    n_correct = int((entries["label"] == entries["predicted"]).sum())
    assert n_correct == metrics["test"]["n_correct"]
    before = (study / "dataset.json").stat().st_mtime_ns
    assert "scratch/baseline" in homework("run", NAME).output
    assert (study / "dataset.json").stat().st_mtime_ns == before
    said = homework("reproduce", NAME)
    assert f"{NAME}: the same to the byte" in said.output, said.output


def test_files_are_sent_before_the_records_that_speak_of_them(homework, sent):
    assert homework("run", NAME, "--runs", URL).error is None
    places = {name.rpartition("/")[2]: place for place, name in enumerate(sent)}
    for record, file in BESIDE.items():
        assert places[file] < places[record] < places["metrics.json"]
