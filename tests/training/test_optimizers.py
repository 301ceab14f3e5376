"""Our own RMSprop, held to torch's."""

import pytest
import torch
from torch import nn

from training import optimizers
from training.optimizers import BlockedRMSprop


def parameters():
    """Return parameters in several blocks, in part of one, and in another order in memory."""
    generator = torch.Generator().manual_seed(0)
    made = [
        nn.Parameter(torch.randn(shape, generator=generator))
        for shape in [(300, 257), (7,), (3, 5)]
    ]
    pictures = torch.randn(64, 8, 13, 13, generator=generator)
    made.append(nn.Parameter(pictures.to(memory_format=torch.channels_last)))
    made.append(nn.Parameter(torch.ones(3)))  # never has a gradient
    return made


def set_gradients(made, step):
    generator = torch.Generator().manual_seed(step)
    for parameter in made[:-1]:
        parameter.grad = torch.randn(parameter.shape, generator=generator)


@pytest.mark.parametrize("weight_decay", [0.0, 5e-2])
def test_blocked_rmsprop_is_torchs_to_the_bit(weight_decay, monkeypatch):
    monkeypatch.setattr(optimizers, "BLOCK", 1000)
    ours, theirs = parameters(), parameters()
    blocked = BlockedRMSprop(ours, lr=1e-2, weight_decay=weight_decay)
    plain = torch.optim.RMSprop(theirs, lr=1e-2, weight_decay=weight_decay, foreach=False)
    for step in range(5):
        for made, optimizer in ((ours, blocked), (theirs, plain)):
            set_gradients(made, step)
            optimizer.param_groups[0]["lr"] = 1e-2 / (step + 1)
            optimizer.step()
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_blocked_rmsprop_goes_on_from_its_state():
    whole, halves = parameters(), parameters()
    first = BlockedRMSprop(whole, lr=1e-2)
    second = BlockedRMSprop(halves, lr=1e-2)
    for step in range(4):
        set_gradients(whole, step)
        first.step()
        if step == 2:
            state = second.state_dict()
            second = BlockedRMSprop(halves, lr=1.0)
            second.load_state_dict(state)
        set_gradients(halves, step)
        second.step()
    assert all(torch.equal(a, b) for a, b in zip(whole, halves, strict=True))
