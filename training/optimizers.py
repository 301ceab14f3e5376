"""Optimizers by name."""

from collections.abc import Callable

import torch
from torch import nn

from training.names import look_up
from training.records import Spec


def _sgd(parameters: list[nn.Parameter], spec: Spec) -> torch.optim.Optimizer:
    return torch.optim.SGD(
        parameters,
        lr=spec.learning_rate,
        momentum=spec.momentum,
        weight_decay=spec.weight_decay,
        fused=True,
    )


def _adam(parameters: list[nn.Parameter], spec: Spec) -> torch.optim.Optimizer:
    return torch.optim.Adam(
        parameters, lr=spec.learning_rate, weight_decay=spec.weight_decay, fused=True
    )


def _rmsprop(parameters: list[nn.Parameter], spec: Spec) -> torch.optim.Optimizer:
    return torch.optim.RMSprop(parameters, lr=spec.learning_rate, weight_decay=spec.weight_decay)


OPTIMIZERS: dict[str, Callable[[list[nn.Parameter], Spec], torch.optim.Optimizer]] = {
    "sgd": _sgd,
    "adam": _adam,
    "rmsprop": _rmsprop,
}


def make_optimizer(module: nn.Module, spec: Spec) -> torch.optim.Optimizer:
    """Return `spec`'s optimizer for the module's trainable parameters."""
    trainable = [p for p in module.parameters() if p.requires_grad]
    return look_up("optimizer", spec.optimizer, OPTIMIZERS)(trainable, spec)
