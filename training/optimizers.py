"""Optimizers by name."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from training.names import look_up
from training.records import Spec

BLOCK = 2**18
"""Elements that `BlockedRMSprop` takes at a time; larger ones lose the processor’s caches."""


class BlockedRMSprop(torch.optim.Optimizer):
    """RMSprop (Hinton, 2012) without momentum, for the CPU, as fast as the memory allows.

    torch has no fused form of it: its five operations each go through all of a large layer. Here
    they go through one block of it after the other, which stays in the processor's cache
    meanwhile. They are the operations of `torch.optim.RMSprop` in its order, so the results are
    the same to the bit.

    Args:
        alpha: Share of the old mean square that is kept.
        eps: Added to the root.
    """

    def __init__(
        self,
        params: list[nn.Parameter],
        lr: float,
        weight_decay: float = 0.0,
        alpha: float = 0.99,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps,
                                  "weight_decay": weight_decay})  # fmt: skip

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Change the parameters by their gradients."""
        assert closure is None
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["square_avg"] = torch.zeros_like(parameter)
                for block in _blocks(parameter, parameter.grad, state["square_avg"]):
                    _rmsprop_step(*block, group)


def _blocks(
    parameter: Tensor, gradient: Tensor, square_avg: Tensor
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Cut arrays of one shape into blocks; whole if they don't lie in memory in one order."""
    arrays = parameter, gradient, square_avg
    if parameter.numel() <= BLOCK or not all(array.is_contiguous() for array in arrays):
        return iter([arrays])
    return zip(*(torch.split(array.view(-1), BLOCK) for array in arrays), strict=True)


def _rmsprop_step(
    parameter: Tensor, gradient: Tensor, square_avg: Tensor, group: dict[str, Any]
) -> None:
    if group["weight_decay"] != 0:
        gradient = gradient.add(parameter, alpha=group["weight_decay"])
    square_avg.mul_(group["alpha"]).addcmul_(gradient, gradient, value=1 - group["alpha"])
    root = square_avg.sqrt().add_(group["eps"])
    parameter.addcdiv_(gradient, root, value=-group["lr"])


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
    on_cpu = all(parameter.device.type == "cpu" for parameter in parameters)
    kind = BlockedRMSprop if on_cpu else torch.optim.RMSprop
    return kind(parameters, lr=spec.learning_rate, weight_decay=spec.weight_decay)


OPTIMIZERS: dict[str, Callable[[list[nn.Parameter], Spec], torch.optim.Optimizer]] = {
    "sgd": _sgd,
    "adam": _adam,
    "rmsprop": _rmsprop,
}


def make_optimizer(module: nn.Module, spec: Spec) -> torch.optim.Optimizer:
    """Return `spec`'s optimizer for the module's trainable parameters."""
    trainable = [p for p in module.parameters() if p.requires_grad]
    return look_up("optimizer", spec.optimizer, OPTIMIZERS)(trainable, spec)
