"""Kernels of torch whose names begin with an underscore: torch doesn't promise that they stay.

Seen in torch 2.7 to 2.15. They make a step in one pass through memory. Where one is missing, their
users compute the same by plain operations; a test fails then, so that nobody is slow in silence.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

FUSED_ON = ("cpu", "cuda")
"""Kinds of devices that have the kernels of all optimizers, on every torch that is allowed."""

SGD, ADAM, ADAMW = "_fused_sgd_", "_fused_adam_", "_fused_adamw_"
UNSCALE = "_amp_foreach_non_finite_check_and_unscale_"


def has_optimizers(device: torch.device) -> bool:
    """Tell whether a device has the fused steps of SGD and Adam."""
    known = all(hasattr(torch.ops.aten, name) for name in (SGD, ADAM, ADAMW))
    return device.type in FUSED_ON and known


def fused_sgd(
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    momenta: Sequence[Tensor],
    *,
    learning_rate: float,
    momentum: float,
    weight_decay: float,
    overflow: Tensor | None,
) -> None:
    """Change parameters and momenta by a step of `torch.optim.SGD`.

    Args:
        momenta: One a parameter; none without momentum.
        overflow: () float32; where it is 1, nothing is changed.
    """
    getattr(torch.ops.aten, SGD)(
        parameters, gradients, momenta, weight_decay=weight_decay, momentum=momentum,
        lr=learning_rate, dampening=0.0, nesterov=False, maximize=False, is_first_step=False,
        found_inf=overflow,
    )  # fmt: skip


def fused_adam(
    parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    means: Sequence[Tensor],
    square_means: Sequence[Tensor],
    steps: Sequence[Tensor],
    *,
    learning_rate: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    overflow: Tensor | None,
    decoupled: bool = False,
) -> None:
    """Change parameters, means and square means by a step of `torch.optim.Adam`, or of `AdamW`.

    Args:
        decoupled: Weight decay shrinks the parameter itself, as AdamW has it.
        steps: () float32 each, how many steps there were, this one included.
        overflow: () float32; where it is 1, nothing is changed.
    """
    getattr(torch.ops.aten, ADAMW if decoupled else ADAM)(
        parameters, gradients, means, square_means, [], steps, lr=learning_rate, beta1=betas[0],
        beta2=betas[1], eps=eps, weight_decay=weight_decay, amsgrad=False, maximize=False,
        found_inf=overflow,
    )  # fmt: skip


def divide(gradients: Sequence[Tensor], overflow: Tensor, inverse: Tensor) -> None:
    """Multiply gradients by `inverse` in place; set `overflow` to 1 if one of them isn't finite."""
    unscale = getattr(torch, UNSCALE, None)
    if unscale is not None:
        unscale(gradients, overflow, inverse)
        return
    for gradient in gradients:
        overflow.copy_(torch.maximum(overflow, 1 - gradient.isfinite().all().float()))
        gradient.mul_(inverse)
