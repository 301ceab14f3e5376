"""Optimizers by name."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from training.names import look_up
from training.records import Spec


class FusedRMSprop(torch.optim.Optimizer):
    """RMSprop (Hinton, 2012) without momentum, one pass through memory a step.

    torch has no fused form of it, but one of Adam (Kingma and Ba, 2015), which is RMSprop where
    the mean of gradients keeps nothing of the old ones and nothing is left of the corrections for
    the first steps: p ← p − lr · g / (√v + ε) with v ← α·v + (1 − α)·g². The results are those of
    `torch.optim.RMSprop` within rounding. Gradients are changed meanwhile.

    Args:
        params: On the CPU or a CUDA device; float32.
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
            parameters = [p for p in group["params"] if p.grad is not None]
            if not parameters:
                continue
            gradients = [_laid_out_as(p) for p in parameters]
            # corrections by 1 − β^steps: after endless steps there are none
            endless = torch.full((), math.inf, device=parameters[0].device)
            torch.ops.aten._fused_adam_(
                parameters, gradients,
                gradients,  # as the mean of gradients, which with β₁ = 0 they are
                [self._square_avg(p) for p in parameters], [], [endless] * len(parameters),
                lr=group["lr"], beta1=0.0, beta2=group["alpha"], eps=group["eps"],
                weight_decay=group["weight_decay"], amsgrad=False, maximize=False,
            )  # fmt: skip

    def _square_avg(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["square_avg"] = torch.zeros_like(parameter)
        square_avg: Tensor = state["square_avg"]
        return square_avg


def _laid_out_as(parameter: Tensor) -> Tensor:
    """Return the parameter's gradient, in the parameter's order in memory as autograd makes it."""
    gradient = parameter.grad
    assert gradient is not None
    if gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter).copy_(gradient)


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
    fused = all(parameter.device.type in ("cpu", "cuda") for parameter in parameters)
    kind = FusedRMSprop if fused else torch.optim.RMSprop
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
