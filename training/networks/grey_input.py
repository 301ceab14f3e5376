"""Networks that see one channel of grey in place of three colours."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from training.errors import StudyError


def first_convolution(module: nn.Module) -> nn.Conv2d | None:
    """Return a network's first convolution, if it has one."""
    return next((m for m in module.modules() if isinstance(m, nn.Conv2d)), None)


def with_channels(module: nn.Module, channels: int, model: str) -> None:
    """Have a network of three channels see so many.

    For one channel the first convolution's weights are summed over the three, as timm does for
    `in_chans=1` (Wightman, `adapt_input_conv`): what it gives for grey is what the network gave for
    three channels of that grey.

    Args:
        channels: 3 leaves the network as it is.
        model: Its name, for an error.

    Raises:
        StudyError: It can't be done.
    """
    if channels == 3:
        return
    first = first_convolution(module)
    if channels != 1 or first is None or first.weight.shape[1] != 3 or first.groups != 1:
        raise StudyError(
            f"{model} can't see {channels} channels: it has no first convolution of three.",
            "Leave channels out, or choose a network that begins with a convolution of colours.",
        )
    trained = first.weight.requires_grad
    with torch.no_grad():
        weight = first.weight.sum(1, keepdim=True)
    first.weight = nn.Parameter(weight, requires_grad=trained)
    first.in_channels = 1


def are_of_grey(state: Mapping[str, Tensor], module: nn.Module) -> bool:
    """Tell whether weights are of a network that sees grey, where `module` sees three colours.

    Args:
        state: Tensors by name, as `module` has them.
    """
    convolutions = ((n, m) for n, m in module.named_modules() if isinstance(m, nn.Conv2d))
    name, first = next(convolutions, ("", None))
    given = state.get(f"{name}.weight")
    if first is None or given is None or first.groups != 1:
        return False
    own = first.weight.shape
    return own[1] == 3 and given.shape == (own[0], 1, *own[2:])


def channels_of(module: nn.Module) -> int:
    """Return how many channels a network sees: 1 of grey, or 3."""
    first = first_convolution(module)
    return 1 if first is not None and first.weight.shape[1] * first.groups == 1 else 3
