"""`training.run_study` as a notebook calls it: the command's records, and the process unchanged."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner
from timeless import timeless
from tiny import TINY

from training import Experiment, Section, Study, run_study
from training.cli import cli
from training.records import StudyFolder

NAME = "scratch/baseline"

NOTEBOOK = """
import os, random, signal, sys, threading
import numpy, torch
from PIL import ImageFile
from training import run_study
from training.device import process_state
from training.device.process_state import denormals_are_ignored

process_state.keep_memory = lambda: sys.exit("memory can't be given back")

def state():
    small = torch.full((2**20,), 1e-310, dtype=torch.float64)
    return {
        "denormals": (denormals_are_ignored(), (small * 1.0).numpy().view("int64").min()),
        "threads": torch.get_num_threads(),
        "others": [thread.name for thread in threading.enumerate()],
        "deterministic": torch.get_deterministic_debug_mode(),
        "tf32": (torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32),
        "variables": dict(os.environ),
        "path": list(sys.path),
        "folder": os.getcwd(),
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        "cut files": ImageFile.LOAD_TRUNCATED_IMAGES,
        "generators": (torch.get_rng_state().tolist(), random.getstate(),
                       str(numpy.random.get_state())),
    }

if __name__ == "__main__":
    torch.set_num_threads(2)
    torch.set_float32_matmul_precision("medium")
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    for runs, jobs in (("runs", 1), ("others", 2)):
        before = state()
        run_study(["scratch/baseline"], preset="quick", image_size=64, width=0.1, epochs=1,
                  jobs=jobs, runs=runs, progress=False)
        after = state()
        print("changed:", *[name for name in before if before[name] != after[name]])
"""


@pytest.fixture(scope="module")
def notebook(tiny_sample, tmp_path_factory):
    """Run an experiment as a notebook does, here and in a worker.

    Return the folder, and what each of both changed in the process, as lines.
    """
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:  # draw few pictures, where a notebook draws all
        patch.setenv("HOMEWORK_CACHE", str(tiny_sample))
        drawn = CliRunner().invoke(cli, ["run", NAME, *TINY, "--runs", str(folder / "before")])
    assert drawn.exception is None, drawn.output
    (folder / "notebook.py").write_text(NOTEBOOK)
    path = os.pathsep.join(place for place in sys.path if place)
    done = subprocess.run(
        [sys.executable, "notebook.py"], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": path, "HOMEWORK_CACHE": str(tiny_sample)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, done.stdout.splitlines()


def test_nothing_of_the_process_is_changed_with_workers_or_without(notebook):
    assert notebook[1] == ["changed:", "changed:"]


def test_the_records_are_those_of_the_command(notebook, homework, tmp_path):
    answer = homework("run", NAME, "--threads", "2")
    assert answer.error is None, answer.output
    ours, others = (
        StudyFolder(place / "runs" / "quick").run(NAME, 0) for place in (notebook[0], tmp_path)
    )
    for file in ("curves.json", "predictions.json"):
        both = (json.loads((run / file).read_text()) for run in (ours, others))
        assert timeless(next(both)) == timeless(next(both))


PLAIN_SCRIPT = """
print("begun", flush=True)
from report import render
from training import run_study

folder = run_study(["scratch/baseline"], preset="quick", image_size=64, width=0.1, epochs=1,
                   max_per_class=4, jobs=2, progress=False)
render(folder, ["html"])
print("ended", flush=True)
"""


@pytest.fixture(scope="module")
def drawn_once(tmp_path_factory):
    """Return a cache that keeps the whole sample, and no figures, from test to test."""
    return tmp_path_factory.mktemp("drawn")


@pytest.mark.parametrize("how", ["script", "module"])
def test_a_script_needs_no_guard_and_is_run_once(tmp_path, monkeypatch, drawn_once, how):
    shutil.rmtree(drawn_once / "figures", ignore_errors=True)  # so that helpers draw them
    (tmp_path / "plain.py").write_text(PLAIN_SCRIPT)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(place for place in sys.path if place))
    monkeypatch.setenv("HOMEWORK_CACHE", str(drawn_once))
    arguments = {"script": ["plain.py"], "module": ["-m", "plain"]}
    done = subprocess.run(
        [sys.executable, *arguments[how]],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "begun\nended\n"), done.stderr
    folder = StudyFolder(tmp_path / "runs" / "quick")
    assert json.loads(folder.metrics(NAME, 0).read_text())["status"] == "done"
    assert (folder.path / "report.html").is_file()


SMALL = {"image_size": 64, "width": 0.1, "epochs": 1}

OWN_NETWORK = """
import torch

def build(n_classes, weights):
    return torch.nn.Sequential(
        torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(12, n_classes)
    )
"""


def test_a_study_in_python_has_the_records_of_its_study_file(homework, tmp_path):
    study = Study(
        name="mine",
        preset="quick",
        settings=SMALL,
        sections=[Section("x", question="Which rate?")],
        experiments=[Experiment("x/a", learning_rate=1e-2, test=True)],
    )
    folder = run_study(["x/a"], study_file=study, progress=False)
    assert folder.resolve() == (tmp_path / "runs" / "mine").resolve()
    study.write("study.toml")
    planned = homework("plan", "-f", "study.toml", tiny=False)
    assert "done     x/a" in planned.output, planned.output
    answer = homework("run", "x/a", "-f", "study.toml", "--runs", "others", tiny=False)
    assert answer.error is None, answer.output
    for file in ("study.json", "x/a/seed-0/curves.json", "x/a/seed-0/predictions.json"):
        ours, others = (
            json.loads((tmp_path / root / "mine" / file).read_text()) for root in ("runs", "others")
        )
        for record in (ours, others):
            record.pop("command", None)
            record.pop("homework", None)
        assert timeless(ours) == timeless(others), file


def test_code_that_a_study_in_python_names_is_found_in_the_current_folder(homework, tmp_path):
    (tmp_path / "own_network.py").write_text(OWN_NETWORK)
    study = Study(
        preset="quick",
        settings=SMALL,
        sections=[Section("x")],
        experiments=[Experiment("x/a", model="own_network:build")],
    )
    folder = run_study(study_file=study, progress=False)
    record = json.loads((folder / "x" / "a" / "seed-0" / "metrics.json").read_text())
    assert (record["status"], folder.name) == ("done", "study"), record.get("error")
