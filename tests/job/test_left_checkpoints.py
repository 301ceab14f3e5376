"""Checkpoints of a process that was killed between its record and their removal."""

import pytest

from training.engine.checkpoint import Checkpoints
from training.records import StudyFolder


@pytest.fixture
def leaving(monkeypatch):
    """Break off where something finished is about to remove its checkpoints."""

    def leave(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "remove", leave)
        yield patch


def test_the_next_command_removes_what_a_finished_run_left(homework, tmp_path, leaving):
    homework("run", "scratch/baseline", "--checkpoint-every", "0")
    folder = StudyFolder(tmp_path / "runs/quick")
    left = folder.checkpoint("scratch/baseline", 0)
    record = folder.metrics("scratch/baseline", 0).read_bytes()
    assert list(left.iterdir())
    leaving.undo()
    homework("run", "scratch/baseline")
    assert not left.exists()
    assert folder.metrics("scratch/baseline", 0).read_bytes() == record


def test_the_next_command_removes_what_finished_stand_ins_left(
    homework, tmp_path, monkeypatch, leaving
):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    homework("run", "transfer/grid-sgd-1e-3", "--checkpoint-every", "0")
    left = tmp_path / "cache" / "weights"
    assert list(left.glob("*.checkpoint/*"))
    leaving.undo()
    homework("run", "transfer/grid-sgd-1e-3")
    assert not list(left.glob("*.checkpoint"))
