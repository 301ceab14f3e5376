"""Folders that a person names where no shell looks: `~` is the home folder."""

import contextlib
import os
import sys
from pathlib import Path

import click
import pytest

from training.cli.doctor import _data
from training.cli.runs_path import RunsPath
from training.data.locate import locate
from training.errors import DataError
from training.folders import cache_folder, current_folder_last, expanded, starting_python
from training.study import read_study_file
from training.weights.source import check_setting


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return folder


def test_the_cache_may_lie_in_the_home_folder(home, monkeypatch):
    monkeypatch.setenv("HOMEWORK_CACHE", "~/x")
    assert cache_folder() == home / "x"


def test_a_name_that_is_nobodys_home_stays_a_name(home):
    assert expanded("~nobody-is-called-so/x") == Path("~nobody-is-called-so/x")


def test_paths_in_a_study_file(home, tmp_path):
    file = tmp_path / "study.toml"
    (home / "notes.md").write_text("Some text.")
    file.write_text("""
data = "~/pictures"
[settings]
weights = "~/weights"
[experiments."scratch/baseline"]
weights = "~one.pt"
[[report.extra]]
title = "Notes"
after = "data"
file = "~/notes.md"
""")
    study = read_study_file(file)
    assert study.data == str(home / "pictures")
    assert study.settings["weights"] == str(home / "weights")
    assert study.experiments["scratch/baseline"]["weights"] == str(tmp_path / "~one.pt")
    assert study.report.extra[0].markdown == "Some text."


def test_data_weights_and_records(home, monkeypatch):
    (home / "pictures").mkdir()
    assert locate("~/pictures") == home / "pictures"
    monkeypatch.setenv("HOMEWORK_DATA", "~/pictures")
    assert locate("caltech101") == home / "pictures"
    with pytest.raises(DataError, match="nothing is there"):
        locate("~nobody-is-called-so/pictures")
    check_setting("~/pictures")
    runs = RunsPath().convert("~/runs", None, click.Context(click.Command("run")))
    assert runs == home / "runs"


def test_the_doctor_looks_at_the_same_pictures(home, monkeypatch):
    for name in ("ant", "bee"):
        (home / "pictures" / name).mkdir(parents=True)
        (home / "pictures" / name / "1.jpg").touch()
    monkeypatch.setenv("HOMEWORK_DATA", "~/pictures")
    finding = _data()
    assert finding.ok, finding
    assert "2 classes" in finding.what


def test_the_current_folder_comes_last_on_an_import_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert current_folder_last(["", "a", str(tmp_path), "b"]) == ["a", "b", "", str(tmp_path)]


def test_a_clone_of_this_program_stays_first_in_its_own_folder(monkeypatch):
    import training

    monkeypatch.chdir(Path(training.__file__).resolve().parents[1])
    assert current_folder_last(["", "a"]) == ["", "a"]


@pytest.mark.parametrize("before", [None, "0"])
def test_starting_a_process_leaves_this_one_as_it_was(tmp_path, monkeypatch, before):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", path := ["", *sys.path])
    if before is None:
        monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    else:
        monkeypatch.setenv("PYTHONSAFEPATH", before)
    with contextlib.suppress(OSError), starting_python():
        assert sys.path[0]
        assert os.environ["PYTHONSAFEPATH"] == "1"
        raise OSError("no process can be started")
    assert sys.path is path
    assert sys.path[0] == ""
    assert os.environ.get("PYTHONSAFEPATH") == before
