"""Experiments on two cards of NVIDIA's: held to stand-ins, because no machine with two was at hand.

They have no bf16, like the T4s that students have, so that `auto` is fp16.
"""

from pathlib import Path

import pytest
import stand_in_device
import torch
from click.testing import CliRunner

from training.cli import cli
from training.executors import processes
from training.records import Curves, Metrics, StudyFolder, read

NAMES = ("scratch/baseline", "scratch/grid-sgd-1e-2", "scratch/grid-adam-1e-3")
SMALL = (
    "--preset", "quick", "--epochs", "2", "--max-per-class", "4", "--width", "0.125",
    "--image-size", "64", "--batch-size", "8", "--threads", "1", "--device", "cuda",
)  # fmt: skip


@pytest.fixture
def two_cards(monkeypatch, tmp_path):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(processes, "work", stand_in_device.work_on_two_cards)
    with stand_in_device.cards(monkeypatch, 2):
        yield


def run(*options):
    result = CliRunner().invoke(cli, ["run", *NAMES, *SMALL, *options])
    assert result.exception is None, result.output + repr(result.exception)
    folder = StudyFolder(Path(options[-1]) / "quick")
    metrics = [read(folder.metrics(name, 0), Metrics) for name in NAMES]
    return metrics, [read(folder.curves(name, 0), Curves) for name in NAMES]


def losses(curves):
    return [[*curve.train_loss, *curve.validation_loss] for curve in curves]


def test_a_card_refuses_the_tensors_of_the_other(two_cards):
    first, second = (torch.rand(2, 3).to(f"cuda:{n}") for n in (0, 1))
    for refuses in (lambda: first + second, lambda: second + torch.rand(2, 3)):
        with pytest.raises(RuntimeError, match="same device"):
            refuses()
    assert (second + 1).device == torch.device("cuda", 1)
    assert first.to(second.device).device == second.device


def test_two_jobs_take_a_card_each_and_record_what_one_would(two_cards):
    one, curves = run("--runs", "one")
    two, same = run("--jobs", "2", "--runs", "two")
    assert {of.environment.device for of in one} == {"cuda:0"}
    assert {of.environment.device for of in two} == {"cuda:0", "cuda:1"}
    assert {of.environment.precision for of in (*one, *two)} == {"fp16"}
    assert losses(same) == losses(curves)
    assert [of.loss_scaling for of in two] == [of.loss_scaling for of in one]
    assert all(of.loss_scaling.fp32_from_epoch is None for of in two)
