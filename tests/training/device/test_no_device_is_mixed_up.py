"""Each kind of network trains, is stopped, goes on and is tested on one device alone.

The stand-ins for an Apple GPU and for cards of NVIDIA refuse a tensor of the CPU beside their own,
as any device does. They also tell when a value is fetched, for which a program has to wait for its
device, and in which number format each product is computed.
"""

import contextlib
import importlib.util
from pathlib import Path

import pytest
import stand_in_device
import torch
from click.testing import CliRunner
from killed_runs import IDENTITY, KilledAfter, KilledError, network, pictures, spec_with

from training.cli import cli
from training.device.precision import FACTORS
from training.device.randomness import seed_all
from training.engine import loop
from training.engine.checkpoint import Checkpoints
from training.progress import Progress
from training.records import Metrics, StudyFolder, read
from training.run import one_run

STUDY = """
name = "mixed"
preset = "quick"
[sections.all]
title = "Every kind of network"
[experiments."all/alexnet"]
model = "alexnet"
augmentation = "one-of-three"
[experiments."all/vgg16"]
model = "vgg16"
optimizer = "rmsprop"
[experiments."all/resnet18"]
model = "resnet18"
optimizer = "adam"
mixup = 0.2
[experiments."all/mobile"]
model = "timm:mobilenetv3_small_050"
ema = 0.9
[experiments."all/kept"]
model = "alexnet"
freeze = "features"
test = true
"""
SMALL = ("--epochs", "1", "--width", "0.125", "--image-size", "64", "--batch-size", "8")

timm = pytest.mark.skipif(importlib.util.find_spec("timm") is None, reason="timm is an extra")
slow = pytest.mark.slow
NAMES = ["alexnet", *(pytest.param(name, marks=slow) for name in ("vgg16", "resnet18")),
         pytest.param("mobile", marks=[slow, timm]), "kept"]  # fmt: skip


@pytest.fixture
def study(monkeypatch, tmp_path):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("mixed.toml").write_text(STUDY)


@pytest.fixture
def mac(study, monkeypatch):
    with stand_in_device.apple_gpu(monkeypatch):
        yield


@pytest.fixture
def fetches(monkeypatch):
    """Return a list of how many values each pass over the train split fetched."""
    found, inside = [], []
    right, train_epoch = stand_in_device.computed, loop._Training.train_epoch

    def computed(function, arguments, options):
        asked = function.overloadpacket is torch.ops.aten._local_scalar_dense
        if inside and asked and isinstance(arguments[0], stand_in_device.OnDevice):
            found[-1] += 1
        return right(function, arguments, options)

    def watched(self, stop):
        found.append(0)
        inside.append(1)
        train_epoch(self, stop)
        inside.clear()

    monkeypatch.setattr(stand_in_device, "computed", computed)
    monkeypatch.setattr(loop._Training, "train_epoch", watched)
    return found


def run(name, per_class, device="mps", *options, runs="runs"):
    arguments = ("run", f"all/{name}", "-f", "mixed.toml", *SMALL, "--max-per-class", per_class)
    options = ("--device", device, "--runs", runs, *options)
    result = CliRunner().invoke(cli, [*map(str, arguments), *options])
    assert result.exception is None, result.output + repr(result.exception)
    return read(StudyFolder(Path(runs) / "mixed").metrics(f"all/{name}", 0), Metrics)


@pytest.mark.parametrize("name", NAMES)
def test_every_network_trains_on_the_device_as_on_the_cpu(mac, fetches, name):
    there = run(name, 6)
    assert there.environment.device == "mps"
    few, many = fetches[-1], run(name, 12, runs="many") and fetches[-1]
    assert few == many  # twice as many batches: none of them waits
    here = run(name, 6, "cpu", "--force")
    assert here.environment.device == "cpu"
    assert there.train.loss == pytest.approx(here.train.loss, rel=1e-4)
    assert there.validation.loss == pytest.approx(here.validation.loss, rel=1e-2)


PRODUCTS = (
    torch.ops.aten.convolution, torch.ops.aten.convolution_backward, torch.ops.aten.mm,
    torch.ops.aten.addmm,
)  # fmt: skip


@pytest.fixture
def seen(monkeypatch):
    """Return the number formats of training's products, and of what is kept between epochs.

    Features of frozen parts and validation count as training, what is drawn afterwards doesn't.
    """
    found, inside = {"products": set(), "kept": set()}, []
    right, end_epoch = stand_in_device.computed, loop._Training.end_epoch
    plain = one_run.train_model

    def train_model(*arguments, **options):
        inside.append(1)
        trained = plain(*arguments, **options)
        inside.clear()
        return trained

    def computed(function, arguments, options):
        if inside and function.overloadpacket in PRODUCTS:
            given = [t for t in arguments if isinstance(t, stand_in_device.OnDevice)]
            found["products"].update(t.dtype for t in given)
        return right(function, arguments, options)

    def watched(self, *ended):
        end_epoch(self, *ended)
        states = self.optimizer.state_dict()["states"].values()
        kept = [*self.module.parameters(), *self.module.buffers(), *self.result.best_state.values(),
                *(p.grad for p in self.module.parameters() if p.grad is not None),
                *(t for state in states for t in state.values())]  # fmt: skip
        found["kept"].update(t.dtype for t in kept if t.is_floating_point())

    monkeypatch.setattr(stand_in_device, "computed", computed)
    monkeypatch.setattr(loop._Training, "end_epoch", watched)
    monkeypatch.setattr(one_run, "train_model", train_model)
    return found


@pytest.mark.parametrize("name", [*NAMES[:-1], pytest.param("kept", marks=slow)])
@pytest.mark.parametrize(("capability", "precision"), [((8, 0), "bf16"), ((7, 5), "fp16")])
def test_every_network_multiplies_in_16_bits_and_keeps_fp32(
    study, seen, monkeypatch, name, capability, precision
):
    monkeypatch.setattr(loop, "cuda_graph", lambda device, step: step)  # as if it were recorded
    with stand_in_device.cards(monkeypatch, 1, capability):
        record = run(name, 12, "cuda")
    assert record.environment.precision == precision
    assert seen == {"products": {FACTORS[precision]}, "kept": {torch.float32}}
    assert (record.loss_scaling is None) == (precision == "bf16")


class KilledRun(BaseException):
    """What nothing within the run handles."""


@slow
@pytest.mark.parametrize("name", NAMES)
def test_every_network_goes_on_in_fp16_from_its_checkpoint(study, monkeypatch, name):
    plain, trained, dies_after = loop._Training._train_batch, [], []

    def train_batch(self, chosen):
        if len(trained) in dies_after:
            raise KilledRun
        trained.append(len(chosen))
        plain(self, chosen)

    monkeypatch.setattr(loop._Training, "_train_batch", train_batch)
    with stand_in_device.cards(monkeypatch, 1):
        whole = run(name, 6, "cuda")
        all_batches = trained.copy()
        trained.clear()
        dies_after.append(2)
        with pytest.raises(KilledRun):
            run(name, 6, "cuda", "--checkpoint-every", "0", runs="killed")
        dies_after.clear()
        resumed = run(name, 6, "cuda", runs="killed")
    assert trained == all_batches
    assert (resumed.train, resumed.validation) == (whole.train, whole.validation)
    assert resumed.loss_scaling == whole.loss_scaling


def train(checkpoints=None, progress=None):
    spec = spec_with(optimizer="adam")
    seed_all(spec.seed)
    module = network().to(stand_in_device.MPS)
    parts = (pictures(spec.augmentation), pictures())
    for part in parts:
        part.device = stand_in_device.MPS
        part.labels = part.labels.to(stand_in_device.MPS)
        part._mean, part._std = (
            part._mean.to(stand_in_device.MPS),
            part._std.to(stand_in_device.MPS),
        )
    return loop.fit(module, module.train, *parts, spec, progress or Progress(), checkpoints)


def test_a_killed_run_goes_on_from_its_checkpoint(mac, tmp_path):
    whole = train()
    checkpoints = Checkpoints(tmp_path / "kept", IDENTITY, 0)
    with contextlib.suppress(KilledError):
        train(checkpoints, KilledAfter(5))
    resumed = train(checkpoints, progress := KilledAfter(99))
    assert "Resuming at epoch 2, batch 2" in progress.notes
    assert (resumed.train, resumed.validation) == (whole.train, whole.validation)
    assert {value.device for value in resumed.best_state.values()} == {stand_in_device.MPS}
