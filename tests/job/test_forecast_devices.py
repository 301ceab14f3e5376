"""`homework plan --time --devices N`: timed by N processes, as the run is trained."""

import json
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys

import pytest
import torch
from side_by_side import folder_of
from test_several_devices import others_of
from tiny import TINY

from training import forecast as forecasts
from training.executors import data_parallel
from training.forecast import Pace
from training.records import Curves, read

NAME = "scratch/grid-sgd-1e-3"
TESTED = "scratch/baseline"
TOGETHER = ("--devices", "2")
NOISE = 1.5


def planned(homework, *options, tiny=True):
    answer = homework("plan", *options, "--time", "--json", "--runs", "none", tiny=tiny)
    assert answer.error is None, answer.output
    return {step["id"]: step for step in json.loads(answer.result.stdout)}


def test_it_takes_as_long_as_the_run_does(homework, tmp_path):
    command = (NAME, "--preset", "quick", "--image-size", "64", "--width", "0.5", *TOGETHER)

    def seconds_an_epoch():
        many = 1000  # so that the start counts for nothing
        steps = planned(homework, *command, "--epochs", str(many), tiny=False)
        return steps[NAME]["seconds"] / many

    before = seconds_an_epoch()
    answer = homework("run", *command, "--epochs", "12", tiny=False)
    assert answer.error is None, answer.output
    after = seconds_an_epoch()
    epochs = read(folder_of(tmp_path).curves(NAME, 0), Curves).epoch_seconds
    quick, found, slow = statistics.quantiles(epochs, n=4)
    if max(before, after) > NOISE * min(before, after) or slow > 2 * quick:
        pytest.skip(
            f"this machine is too busy: forecasts of {before:.2f} and {after:.2f} s an epoch, "
            f"epochs of {quick:.2f} and {slow:.2f} s"
        )
    assert found / 2 < before < 2 * found
    assert found / 2 < after < 2 * found


def test_all_devices_and_the_memory_of_each_are_named(homework):
    command = ("plan", TESTED, "--time", "--runs", "none", "--batch-size", "512")
    said = homework(*command, *TOGETHER)
    assert said.error is None, said.output
    *_, memory, total = said.result.stdout.splitlines()
    assert "takes most memory, about " in memory
    assert " on each of the 2 devices for weights, a training step and evaluation" in memory
    assert " on 2 devices (" in total
    *_, memory, total = homework(*command).result.stdout.splitlines()
    assert "device" not in memory
    assert "devices" not in total


def test_json_has_the_memory_of_each_device(homework, monkeypatch):
    monkeypatch.setattr(forecasts, "pace", lambda kind, workspace: Pace(1.0, 1.0, 1.0, 1.0))
    options = (TESTED, "--batch-size", "512")
    one, two = (planned(homework, *options, *how)[TESTED] for how in ((), TOGETHER))
    assert 0 < two["device_bytes"] < 0.99 * one["device_bytes"]
    assert homework("run", TESTED, "--runs", "none").error is None
    done = planned(homework, TESTED)[TESTED]
    assert (done["seconds"], done["device_bytes"]) == (0, None)


def test_tests_are_computed_by_one_device(homework, monkeypatch):
    def seconds(shared):
        known = Pace(0.0, 0.0, 1.0, 1.0, shared)
        monkeypatch.setattr(forecasts, "pace", lambda kind, workspace: known)
        steps = planned(homework, "scratch")
        return steps[TESTED]["seconds"], steps[NAME]["seconds"]

    (one_tested, one), (two_tested, two) = seconds(1), seconds(2)
    assert one == two
    assert two_tested - two == 2 * (one_tested - one) > 0


def test_whole_batches_are_evaluated_by_each_device(homework, monkeypatch):
    tried = []
    timed = forecasts._timed

    def noted(kind, n_pictures, workspace):
        found = timed(kind, n_pictures, workspace)
        tried.append((n_pictures, found[0].shared))
        return found

    monkeypatch.setattr(forecasts, "_timed", noted)
    monkeypatch.setattr(forecasts, "EVALUATED_TOGETHER", 4)
    assert planned(homework, NAME, "--batch-size", "2", *TOGETHER)
    assert tried[0] == (8, 2)
    assert planned(homework, NAME, "--batch-size", "8", *TOGETHER)
    assert (16, 2) in tried


def test_a_process_that_dies_while_it_is_timed_is_named(homework, monkeypatch):
    train_model = forecasts.train_model

    def killed(*arguments, **more):
        (other,) = multiprocessing.active_children()
        os.kill(other.pid, signal.SIGKILL)
        return train_model(*arguments, **more)

    monkeypatch.setattr(forecasts, "train_model", killed)
    answer = homework("plan", NAME, "--time", *TOGETHER, "--runs", "none")
    assert answer.error is None, answer.output
    said = "Can't time alexnet: Process 2 of 2 was killed while timing alexnet on cpu.\n"
    assert said + "The usual cause is running out of memory" in answer.result.stderr
    assert "checkpoint" not in answer.result.stderr
    assert not multiprocessing.active_children()


def test_a_process_that_dies_while_it_starts_is_named(homework, tmp_path):
    command = [sys.executable, "-c", "from training.cli import main; main()", "plan", NAME,
               "--time", *TOGETHER, *TINY]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # fmt: skip
        while not (others := others_of(process)):
            assert process.poll() is None
        os.kill(others[0], signal.SIGKILL)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Process 2 of 2 was killed while timing alexnet on cpu." in errors
    assert "Traceback" not in errors
    assert "about" not in output


def test_devices_go_with_the_time(homework, monkeypatch):
    answer = homework("plan", *TOGETHER)
    assert answer.result.exit_code == 2
    assert "need --time" in answer.output
    monkeypatch.setenv("HOMEWORK_DEVICES", "2")  # set for runs
    assert homework("plan").error is None


def test_fewer_devices_are_named_before_anything_is_prepared(homework, monkeypatch):
    monkeypatch.setattr(data_parallel, "all_devices", lambda name: [torch.device("cuda", 0)])
    monkeypatch.setattr(forecasts, "prepare", None)
    answer = homework("plan", "--time", *TOGETHER)
    assert "--devices 2 needs 2 devices; --device auto leaves 1" in answer.message
