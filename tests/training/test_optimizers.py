"""Our own RMSprop, held to torch's."""

import pytest
import torch
from torch import nn

from training.optimizers import FusedRMSprop


def parameters():
    """Return parameters longer than a vector register, shorter, and in another order in memory."""
    generator = torch.Generator().manual_seed(0)
    made = [
        nn.Parameter(torch.randn(shape, generator=generator))
        for shape in [(300, 257), (7,), (3, 5)]
    ]
    pictures = torch.randn(64, 8, 13, 13, generator=generator)
    made.append(nn.Parameter(pictures.to(memory_format=torch.channels_last)))
    made.append(nn.Parameter(torch.ones(3)))  # never has a gradient
    return made


def set_gradients(made, step, scale=1.0):
    generator = torch.Generator().manual_seed(step)
    for parameter in made[:-1]:
        parameter.grad = torch.randn(parameter.shape, generator=generator) * scale


@pytest.mark.parametrize("weight_decay", [0.0, 5e-2])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3])
def test_fused_rmsprop_is_torchs_within_rounding(weight_decay, scale):
    ours, theirs = parameters(), parameters()
    fused = FusedRMSprop(ours, lr=1e-2, weight_decay=weight_decay)
    plain = torch.optim.RMSprop(theirs, lr=1e-2, weight_decay=weight_decay, foreach=False)
    for step in range(5):
        for made, optimizer in ((ours, fused), (theirs, plain)):
            set_gradients(made, step, scale)
            optimizer.param_groups[0]["lr"] = 1e-2 / (step + 1)
            optimizer.step()
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)
    assert all(
        torch.allclose(fused.state[a]["square_avg"], plain.state[b]["square_avg"], rtol=1e-6)
        for a, b in zip(ours[:-1], theirs[:-1], strict=True)
    )


def test_fused_rmsprop_goes_on_from_its_state():
    whole, halves = parameters(), parameters()
    first = FusedRMSprop(whole, lr=1e-2)
    second = FusedRMSprop(halves, lr=1e-2)
    for step in range(4):
        set_gradients(whole, step)
        first.step()
        if step == 2:
            state = second.state_dict()
            second = FusedRMSprop(halves, lr=1.0)
            second.load_state_dict(state)
        set_gradients(halves, step)
        second.step()
    assert all(torch.equal(a, b) for a, b in zip(whole, halves, strict=True))
