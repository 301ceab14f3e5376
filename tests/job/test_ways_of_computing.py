"""Kept features, bf16 and pixels on the device: through the command, held to the plain way."""

import json

import pytest
import torch

from training.engine import feature_cache
from training.engine.batches import PictureInputs
from training.engine.frozen_features import prefix_features
from training.networks.architectures import AlexNet
from training.records import StudyFolder
from training.run import train_model
from training.run.workspace import Workspace

NAME = "freezing/cnn"
OPTIONS = ("--batch-size", "8", "--epochs", "2")


@pytest.fixture
def run(homework, tmp_path):
    """Run the frozen network into a folder of its own; return its records."""

    def run(name, *options):
        done = homework("run", NAME, *OPTIONS, "--runs", name, *options)
        assert done.error is None, done.output
        folder = StudyFolder(tmp_path / name / "quick").run(NAME, 0)
        return {f.stem: json.loads(f.read_text()) for f in folder.glob("*.json")}

    return run


def outcome(records):
    curves = {k: v for k, v in records["curves"].items() if k != "epoch_seconds"}
    return curves, records["predictions"], records["metrics"]["test"]


def test_kept_features_give_the_same_bytes(run, monkeypatch):
    monkeypatch.setattr(feature_cache, "WORTH_SECONDS", 0.0)
    passes = []

    def counted(*arguments):
        passes.append(arguments)
        return prefix_features(*arguments)

    monkeypatch.setattr(train_model, "prefix_features", counted)
    computed, kept = run("first"), run("second")
    assert len(passes) == 2  # train and validation, once
    assert outcome(kept) == outcome(computed)
    seconds = [records["metrics"]["feature_seconds"] for records in (computed, kept)]
    assert seconds[0] == seconds[1] > 0


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_16_bits_are_told_and_learn_the_same(run, precision):
    exact = run("exact")
    rounded = run("rounded", "--precision", precision)
    environments = [r["metrics"]["environment"]["precision"] for r in (exact, rounded)]
    assert environments == ["fp32", precision]
    assert not any(precision in note for note in exact["metrics"]["notes"])
    assert f"Products and convolutions were computed in {precision}." in rounded["metrics"]["notes"]
    assert exact["metrics"]["loss_scaling"] is None
    assert (rounded["metrics"]["loss_scaling"] is not None) == (precision == "fp16")
    losses = [r["curves"]["train_loss"] for r in (exact, rounded)]
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.02)


def test_what_fp16_cannot_hold_is_tested_in_fp32_and_told(run, monkeypatch):
    exact = run("exact")["metrics"]
    forward = AlexNet.forward
    monkeypatch.setattr(AlexNet, "forward", lambda self, maps: forward(self, maps) * 1e9 / 1e9)
    metrics = run("rounded", "--precision", "fp16")["metrics"]
    assert "Values of test images were too large for fp16: tested in fp32." in metrics["notes"]
    assert metrics["test"]["loss"] == pytest.approx(exact["test"]["loss"], rel=0.02)


def test_tf32_is_refused_without_cuda(homework):
    done = homework("run", NAME, "--precision", "tf32")
    assert "tf32 needs a CUDA device" in done.message


def test_pixels_on_the_device_give_the_same_bytes(run, monkeypatch):
    mapped = run("mapped")
    gathered = []

    def resident(self, image_size):
        return torch.from_numpy(self.data.pixels(image_size).copy())

    gather = PictureInputs._pixels

    def counted(self, chosen):
        gathered.append(self.on_device is not None)
        return gather(self, chosen)

    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (2**40, 2**40))
    monkeypatch.setattr(Workspace, "pixels_on_device", resident)
    monkeypatch.setattr(PictureInputs, "_pixels", counted)
    moved = run("moved")
    assert gathered
    assert all(gathered)
    assert outcome(moved) == outcome(mapped)
