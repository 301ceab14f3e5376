"""`homework status`: what is done, what trains now, what was interrupted."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.locks import locked
from training.records import Curves, StudyFolder, write
from training.records.holders import Holder

RUN = ("scratch/baseline", 0)
CURVES = Curves(id="scratch/baseline", seed=0, epoch=[1, 2], learning_rate=[0.1, 0.1],
                train_loss=[2.0, 1.0], train_accuracy=[0.2, 0.3], validation_loss=[2.0, 1.5],
                validation_accuracy=[0.25, 0.375], epoch_seconds=[1.0, 1.0])  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return StudyFolder(tmp_path / "runs" / "quick")


def status(*options):
    result = CliRunner().invoke(cli, ["status", "--preset", "quick", *options])
    assert result.exit_code == 0, result.exception
    return result.output


def line(*options):
    return next(text for text in status(*options).splitlines() if RUN[0] in text)


def under_way():
    (found,) = (step for step in json.loads(status("--json")) if step["id"] == RUN[0])
    return found["under_way"]


def test_what_trains_now_is_told_with_its_epoch(folder):
    assert line() == "–         scratch/baseline: no record"
    with locked(folder.lock("scratch/baseline/seed-0"), print):
        assert line() == "running   scratch/baseline"
        write(folder.running(*RUN), CURVES)
        assert line() == "running   scratch/baseline  epoch 2 of 12  validation 37.5%"
        assert status().splitlines()[0] == "runs/quick: 0 of 29 done, 1 running"
        assert under_way() == {"running": True, "epochs": 2}
    assert line() == "–         scratch/baseline: no record"
    assert under_way() is None


def test_what_was_interrupted_or_killed_is_not_called_running(folder):
    folder.checkpoint(*RUN).mkdir(parents=True)
    write(folder.running(*RUN), CURVES)
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, check=True)  # fmt: skip
    lock = folder.lock("scratch/baseline/seed-0")
    lock.parent.mkdir()
    write(lock.with_suffix(".holder"), Holder(int(dead.stdout), _host(), "2026-11-27T00:00:00Z"))
    assert line() == "–         scratch/baseline: interrupted; it resumes from its checkpoint"
    assert under_way() == {"running": False, "epochs": None}
    assert status().splitlines()[0] == "runs/quick: 0 of 29 done"


def _host():
    import socket

    return socket.gethostname()


def test_runs_of_several_seeds_are_told_apart(folder):
    assert "–         scratch/baseline (seed 1): no record" in status("--seeds", "2").splitlines()
