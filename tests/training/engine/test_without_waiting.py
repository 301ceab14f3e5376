"""Within an epoch the host never waits for the device, so that the device never waits for it.

The meta device stands in for a GPU: it has no values, so that fetching one fails, as far as the
epoch's end, where the scores are fetched. Copies to it are watched.
"""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from training.data.augment import DRAWS
from training.device.precision import Autocast
from training.engine.batches import FeatureInputs, PictureInputs
from training.engine.evaluate import evaluate
from training.engine.loop import fit
from training.planning.plan import resolve
from training.progress import Progress
from training.records import Experiment, Settings

META = torch.device("meta")
N_PICTURES, SIDE, BATCH = 40, 16, 8


class Copies(TorchDispatchMode):
    """Collects whether copies from the host to the device let the host go on."""

    def __init__(self):
        super().__init__()
        self.without_waiting = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        target = kwargs.get("device")
        if function is torch.ops.aten._to_copy.default and args[0].device.type == "cpu":
            if target == META:
                self.without_waiting.append(kwargs.get("non_blocking", False))
        elif function is torch.ops.aten.copy_.default:
            to, source = args[:2]
            if (source.device.type, to.device) == ("cpu", META):
                self.without_waiting.append(args[2] if len(args) > 2 else False)
        return function(*args, **kwargs)


class Counting(Progress):
    def __init__(self):
        self.seen = 0

    def batch(self, n_images):
        self.seen += n_images


def spec(augmentation="none"):
    experiment = Experiment(id="scratch/x", question="?", epochs=1, augmentation=augmentation)
    return resolve(experiment, Settings(image_size=SIDE, batch_size=BATCH), 0)[0]


def pictures(augmentation, on_device):
    pixels = np.zeros((N_PICTURES, SIDE, SIDE, 3), np.uint8)
    resident = torch.empty(pixels.shape, dtype=torch.uint8, device=META) if on_device else None
    return PictureInputs(
        pixels, np.arange(N_PICTURES), np.zeros(N_PICTURES, np.int64), mean=(0.5,) * 3,
        std=(0.5,) * 3, device=META, augmentation=augmentation, on_device=resident,
    )  # fmt: skip


def features():
    labels = torch.empty(N_PICTURES, dtype=torch.int64, device=META)
    return FeatureInputs(torch.empty((N_PICTURES, 3, SIDE, SIDE), device=META), labels)


def network():
    layers = (
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(),
    )
    with META:
        return nn.Sequential(*layers, nn.Linear(4 * (SIDE - 2) ** 2, 5)).to(META)


INPUTS = {"features": features}
for name in DRAWS:
    INPUTS[f"kept on the device, {name}"] = lambda name=name: pictures(name, on_device=True)
    INPUTS[f"sent, {name}"] = lambda name=name: pictures(name, on_device=False)


@pytest.mark.parametrize("inputs", INPUTS.values(), ids=INPUTS)
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_an_epoch_of_training_waits_only_at_its_end(inputs, precision):
    train, module, progress = inputs(), network(), Counting()
    if precision == "fp16":  # all of it but the format itself, which this device lacks
        module.forward = Autocast(module.forward, torch.float16, torch.device("cpu"))
    copies = Copies()
    with copies, pytest.raises((RuntimeError, NotImplementedError), match="meta"):
        fit(module, module.train, train, train, spec(), progress)
    assert progress.seen == N_PICTURES  # it was the end of the epoch that asked for a value
    assert len(copies.without_waiting) >= N_PICTURES // BATCH
    assert all(copies.without_waiting)


@pytest.mark.parametrize("inputs", INPUTS.values(), ids=INPUTS)
def test_evaluation_waits_only_at_its_end(inputs, monkeypatch):
    monkeypatch.setattr("training.engine.evaluate.EVALUATED_TOGETHER", BATCH)
    held_out, module, copies, batches = inputs(), network(), Copies(), []
    with copies, pytest.raises((RuntimeError, NotImplementedError), match="meta"):
        evaluate(module, held_out, BATCH, lambda: batches.append(1))
    assert len(batches) == N_PICTURES // BATCH
    assert all(copies.without_waiting)
