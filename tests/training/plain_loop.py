"""Training as anybody would write it with torch, which the epoch loop is held to."""

import torch
from torch import nn
from torch.nn import functional as F

from training.engine.batches import FeatureInputs
from training.planning.plan import resolve
from training.records import Experiment, Settings


def spec_with(seed=0, step_size=20, **fields):
    """Return a spec of three epochs in batches of eight, but for these fields."""
    settings = Settings(image_size=64, batch_size=8, width=1 / 16, step_size=step_size)
    experiment = Experiment(id="scratch/x", question="?", **({"epochs": 3} | fields))
    return resolve(experiment, settings, seed)[0]


def features(n=40):
    x = torch.randn(n, 6, generator=torch.Generator().manual_seed(0))
    return FeatureInputs(x, x[:, :3].argmax(1))


def linear():
    torch.manual_seed(1)
    return nn.Linear(6, 3)


def plain_epochs(
    module, stepper, data, n_epochs, *, order=None, size=8, begin=lambda epoch: None,
    stepped=lambda: None,
):  # fmt: skip
    """Train, and yield the mean loss of every epoch.

    Args:
        order: Generator that shuffles; that of seed 0 where it is missing.
        begin: Called with the number of each epoch, from 0, before it.
        stepped: Called after each step.
    """
    order, n = order or torch.Generator().manual_seed(0), len(data.labels)
    for epoch in range(n_epochs):
        begin(epoch)
        total = 0.0
        for chosen in torch.randperm(n, generator=order).split(size):
            stepper.zero_grad()
            loss = F.cross_entropy(module(data.gather(chosen)), data.labels[chosen])
            loss.backward()
            stepper.step()
            stepped()
            total += loss.item() * len(chosen)
        yield total / n


def falling(stepper, rate):
    """Return what sets a tenth of the rate every two epochs, times a group's `scale`."""

    def begin(epoch):
        for group in stepper.param_groups:
            group["lr"] = rate * 0.1 ** (epoch // 2) * group.get("scale", 1)

    return begin
