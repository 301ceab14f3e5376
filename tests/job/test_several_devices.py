"""One run on several devices: the records of one device, whichever process dies."""

import os
import signal
import subprocess

import pytest
import torch
from side_by_side import LONG, Started, folder_of, is_gone

from training.errors import DeviceError
from training.executors import data_parallel, where
from training.records import Curves, Metrics, StudyFolder, read
from training.run.run_options import Where

BASELINE = "scratch/baseline"
TOGETHER = ("--devices", "2")


OWN = """
preset = "quick"
title = "Several devices"

[settings]
image_size = 64
width = 0.1
epochs = 2

[sections.own]
question = "Is it the same?"
kind = "runs"

[experiments."own/dropout"]
optimizer = "adam"
test = true

[experiments."own/batch-statistics"]
model = "resnet18"

[experiments."own/computed-once"]
weights = "pretrained"
freeze = "features"
test = true

[experiments."own/augmented"]
augmentation = "one-of-three"
two_phase = 1
"""


def curve_of(folder, name=BASELINE):
    curves = read(folder.curves(name, 0), Curves)
    return [*curves.train_loss, *curves.validation_loss, *curves.train_accuracy,
            *curves.validation_accuracy]  # fmt: skip


def curve(tmp_path, runs="runs"):
    return curve_of(folder_of(tmp_path, runs))


def test_two_devices_write_the_records_of_one(homework, tmp_path):
    """Dropout, batch statistics, features computed once, draws of augmentation."""
    (tmp_path / "own.toml").write_text(OWN, encoding="utf-8")
    command = ("run-all", "-f", "own.toml", "--threads", "1")
    for runs, how in (("one", ()), ("two", TOGETHER)):
        answer = homework(*command, "--runs", runs, *how, tiny=False)
        assert answer.error is None, answer.output
    again = homework(*command, "--runs", "two", tiny=False)
    assert "Nothing to do" in again.output
    one_folder, two_folder = (StudyFolder(tmp_path / runs / "own") for runs in ("one", "two"))
    for kind in ("dropout", "batch-statistics", "computed-once", "augmented"):
        name = f"own/{kind}"
        one, two = (read(folder.metrics(name, 0), Metrics) for folder in (one_folder, two_folder))
        digits = 2e-3 if one.spec.model == "resnet18" else 1e-4
        assert curve_of(two_folder, name) == pytest.approx(
            curve_of(one_folder, name), rel=digits, abs=3e-3
        )
        assert (two.spec_hash, two.best_epoch) == (one.spec_hash, one.best_epoch)
        assert (one.environment.n_devices, two.environment.n_devices) == (1, 2)
        assert two.environment.n_threads == 1
        assert one.peak_memory_bytes
        assert one.cost.peak_flop_per_second
        assert (two.peak_memory_bytes, two.peak_memory_of) == (None, None)
        assert two.cost.peak_flop_per_second is None
        assert one.cached_features == two.cached_features == (kind == "computed-once")
        assert not two.notes
    assert not list((tmp_path / "two").rglob("checkpoint"))


def others_of(process):
    """Return the ids of the processes that a process started, but multiprocessing's tracker."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(process.pid)],
        capture_output=True,
        text=True,
    )
    lines = [line.split(None, 1) for line in listed.stdout.splitlines()]
    return [int(pid) for pid, arguments in lines if "spawn_main" in arguments]


def test_a_killed_process_is_named_and_the_run_goes_on_from_its_checkpoint(homework, tmp_path):
    answer = homework("run", BASELINE, *LONG, "--runs", "whole", *TOGETHER, tiny=False)
    assert answer.error is None, answer.output
    with Started(tmp_path, (BASELINE,), TOGETHER) as started:
        started.worker(BASELINE)
        (other,) = others_of(started.process)
        os.kill(other, signal.SIGKILL)
        code, output = started.end()
        assert is_gone(other)
    assert code == 1, output
    assert f"Process 2 of 2 was killed while training {BASELINE} on cpu." in output
    assert "the same command goes on from the last checkpoint" in output
    assert "Traceback" not in output
    failed = read(folder_of(tmp_path).metrics(BASELINE, 0), Metrics)
    assert failed.status == "failed"
    assert "Process 2 of 2 was killed" in failed.error
    answer = homework("run", BASELINE, *LONG, *TOGETHER, tiny=False)
    assert answer.error is None, answer.output
    assert "Resuming at epoch" in answer.output
    assert curve(tmp_path) == curve(tmp_path, "whole")


def test_a_signal_leaves_a_checkpoint_that_one_device_goes_on_from(homework, tmp_path):
    answer = homework("run", BASELINE, *LONG, "--runs", "whole", tiny=False)
    assert answer.error is None, answer.output
    with Started(tmp_path, (BASELINE,), TOGETHER) as started:
        started.worker(BASELINE)
        (other,) = others_of(started.process)
        os.kill(other, signal.SIGINT)  # a terminal sends it to all
        os.kill(started.process.pid, signal.SIGINT)
        code, output = started.end()
        assert code == 130, output
        assert is_gone(other)
    assert output.count("stopping after this batch") == 1
    answer = homework("run", BASELINE, *LONG, tiny=False)
    assert answer.error is None, answer.output
    assert "Resuming at epoch" in answer.output
    assert curve(tmp_path) == pytest.approx(curve(tmp_path, "whole"), rel=1e-4, abs=3e-3)
    finished = read(folder_of(tmp_path).metrics(BASELINE, 0), Metrics)
    assert finished.environment.n_devices == 1


def test_a_second_signal_ends_all_at_once_even_if_one_does_not_answer(tmp_path, homework):
    with Started(tmp_path, (BASELINE,), TOGETHER) as started:
        started.worker(BASELINE)
        (other,) = others_of(started.process)
        os.kill(other, signal.SIGSTOP)
        started.stopped.append(other)
        os.kill(started.process.pid, signal.SIGTERM)
        started.says("stopping after this batch")
        os.kill(started.process.pid, signal.SIGTERM)
        assert started.end()[0] == 143
        assert is_gone(other)


def test_the_others_end_with_a_first_process_that_is_killed(tmp_path, homework):
    with Started(tmp_path, (BASELINE,), TOGETHER) as started:
        started.worker(BASELINE)
        (other,) = others_of(started.process)
        started.process.kill()
        assert is_gone(other)


MINE = """
import torch

class Own(torch.nn.BatchNorm1d):
    def forward(self, x):
        return (x - x.mean(0)) / x.std(0)

class Net(torch.nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.fc = torch.nn.Linear(3, n_classes)
        self.norm = Own(3)

    def forward(self, pictures):
        if self.training and len(pictures) == 7:
            raise ValueError("a part of seven")
        if self.training and len(pictures) == 5 and torch.distributed.get_rank() == 1:
            raise ValueError("the second one's part of five")
        return self.fc(self.norm(pictures.mean((2, 3))) + 0 * torch.rand(3))

def net(n_classes, weights):
    return Net(n_classes)
"""

ODD = """
preset = "quick"
title = "Odd"

[sections.own]
question = "What fails?"
kind = "runs"

[settings]
image_size = 64
epochs = 1

"""


def test_what_a_network_raises_is_recorded_and_the_list_goes_on(homework, tmp_path):
    experiments = [
        f'[experiments."own/{name}"]\nmodel = "mine:net"\nbatch_size = {size}\n'
        for name, size in (("both", 14), ("second", 10), ("even", 4))
    ]
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    (tmp_path / "odd.toml").write_text(ODD + "\n".join(experiments), encoding="utf-8")
    answer = homework("run-all", "-f", "odd.toml", "--threads", "1", *TOGETHER, tiny=False)
    assert "2 experiments failed: own/both, own/second." in answer.message
    folder = StudyFolder(tmp_path / "runs" / "odd")
    names = ("own/both", "own/second", "own/even")
    both, second, even = (read(folder.metrics(name, 0), Metrics) for name in names)
    assert "a part of seven" in both.error
    assert "the second one's part of five" in second.error
    assert even.status == "done"
    first, second = even.notes
    assert first.startswith("Each device drew the network’s random numbers, but dropout’s")
    assert second == "Batch normalisation took its statistics from each device’s part of a batch."


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--jobs", "2"), "Leave out --jobs"),
        (("--device", "cuda:99"), "--device cpu"),
    ],
)
def test_what_several_devices_can_t_do_is_one_message(homework, tmp_path, options, words):
    answer = homework("run", BASELINE, *TOGETHER, *options)
    assert words in answer.message
    assert not (tmp_path / "runs").exists()


def test_fewer_gpus_than_devices_is_one_message(monkeypatch):
    monkeypatch.setattr(data_parallel, "all_devices", lambda name: [torch.device("cuda", 0)])
    with pytest.raises(DeviceError, match="--devices 2 needs 2 devices; --device cuda leaves 1"):
        data_parallel.devices_together("cuda", 2)


def test_threads_are_divided(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    assert [where.threads_each(Where(devices=n)) for n in (1, 2, 4, 9)] == [6, 3, 1, 1]
    assert where.threads_each(Where(devices=2, jobs=1)) == 3
