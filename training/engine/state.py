"""What training changes in a network: taken out, copied, put back."""

import torch
from torch import Tensor, nn

State = dict[str, Tensor]


def changing(module: nn.Module) -> dict[str, Tensor]:
    """Return what training can change: trainable parameters and all buffers."""
    parameters = {name: p for name, p in module.named_parameters() if p.requires_grad}
    return {**parameters, **dict(module.named_buffers())}


def copy_state(module: nn.Module, memory: State) -> State:
    """Copy what training can change, into `memory` where it fits."""
    if not memory:
        return {name: value.detach().clone() for name, value in changing(module).items()}
    for name, value in changing(module).items():
        memory[name].copy_(value.detach())
    return memory


def load_state(module: nn.Module, state: State) -> None:
    """Put a state of `Fit.best_state` back into the module."""
    current = changing(module)
    with torch.no_grad():
        for name, value in state.items():
            current[name].copy_(value)


def shapes(state: State) -> dict[str, torch.Size]:
    return {name: value.shape for name, value in state.items()}
