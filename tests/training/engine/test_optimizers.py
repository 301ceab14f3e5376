"""Our optimizers, held to torch's."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from training.engine import torch_kernels
from training.engine.optimizers import SGD, Adam, AdamW, RMSprop

RATE = 1e-2
PAIRS = {
    "sgd": (lambda p, decay: SGD(p, RATE, decay),
            lambda p, decay: torch.optim.SGD(p, RATE, weight_decay=decay, fused=True)),
    "sgd with momentum": (
        lambda p, decay: SGD(p, RATE, decay, 0.9),
        lambda p, decay: torch.optim.SGD(p, RATE, 0.9, weight_decay=decay, fused=True)),
    "adam": (lambda p, decay: Adam(p, RATE, decay),
             lambda p, decay: torch.optim.Adam(p, RATE, weight_decay=decay, fused=True)),
    "adamw": (lambda p, decay: AdamW(p, RATE, decay),
              lambda p, decay: torch.optim.AdamW(p, RATE, weight_decay=decay, fused=True)),
    "rmsprop": (lambda p, decay: RMSprop(p, RATE, decay),
                lambda p, decay: torch.optim.RMSprop(p, RATE, weight_decay=decay, foreach=False)),
}  # fmt: skip
"""Name to ours and torch's, given parameters and weight decay."""

TO_THE_BIT = ("sgd", "sgd with momentum", "adam", "adamw")
"""The same kernels as torch's own; torch has none for RMSprop."""


def parameters():
    """Return parameters longer than a vector register, shorter, and in another order in memory."""
    generator = torch.Generator().manual_seed(0)
    made = [
        nn.Parameter(torch.randn(shape, generator=generator))
        for shape in [(300, 257), (7,), (3, 5)]
    ]
    pictures = torch.randn(64, 8, 13, 13, generator=generator)
    made.append(nn.Parameter(pictures.to(memory_format=torch.channels_last)))
    made.append(nn.Parameter(torch.ones(3)))  # has no gradient, or a late one
    return made


def set_gradients(made, step, scale=1.0, late=9):
    """Give all of them gradients, laid out as autograd does; the last only after some steps."""
    generator = torch.Generator().manual_seed(step)
    for parameter in made[: None if step >= late else -1]:
        drawn = torch.randn(parameter.shape, generator=generator) * scale
        parameter.grad = torch.empty_like(parameter).copy_(drawn)


def stepped(pair, weight_decay=0.0, scale=1.0, late=9, n_steps=5):
    """Return parameters after some steps of falling rate: by our optimizer, and by torch's."""
    ours, theirs = parameters(), parameters()
    mine, torchs = (make(p, weight_decay) for make, p in zip(pair, (ours, theirs), strict=True))
    for step in range(n_steps):
        for made in (ours, theirs):
            set_gradients(made, step, scale, late)
        mine.learning_rate = torchs.param_groups[0]["lr"] = RATE / (step + 1)
        mine.step()
        torchs.step()
    return ours, theirs


@pytest.mark.parametrize("weight_decay", [0.0, 5e-2])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3])
@pytest.mark.parametrize("name", PAIRS)
def test_fused_steps_are_torchs(name, weight_decay, scale):
    close = {"rtol": 0, "atol": 0} if name in TO_THE_BIT else {"rtol": 1e-6, "atol": 1e-7}
    for a, b in zip(*stepped(PAIRS[name], weight_decay, scale), strict=True):
        torch.testing.assert_close(a, b, **close)


@pytest.mark.parametrize("weight_decay", [0.0, 5e-2])
@pytest.mark.parametrize("name", PAIRS)
def test_where_there_is_no_kernel_steps_are_the_same_within_rounding(
    name, weight_decay, monkeypatch
):
    monkeypatch.setattr(torch_kernels, "FUSED_ON", ())
    for a, b in zip(*stepped(PAIRS[name], weight_decay), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop"])
def test_a_gradient_may_come_late(name):
    """Not with momentum: torch's own fused steps fail then (as of 2.14)."""
    for a, b in zip(*stepped(PAIRS[name], late=2), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)


def test_with_momentum_a_late_gradient_begins_like_any_other():
    made, late = parameters(), parameters()
    optimizer, fresh = SGD(made, RATE, momentum=0.9), SGD(late, RATE, momentum=0.9)
    for step in range(3):
        set_gradients(made, step, late=2)
        optimizer.step()
    late[-1].grad = made[-1].grad
    fresh.step()
    assert torch.equal(made[-1], late[-1])


@pytest.mark.parametrize("name", PAIRS)
def test_a_gradient_laid_out_otherwise_counts_all_the_same(name):
    expected, turned = parameters(), parameters()
    for made in (expected, turned):
        set_gradients(made, 0)
    picture = turned[3]
    picture.grad = picture.grad.contiguous()
    assert picture.grad.stride() != picture.stride()
    for made in (expected, turned):
        PAIRS[name][0](made, 0.0).step()
    assert all(torch.equal(a, b) for a, b in zip(expected, turned, strict=True))


@pytest.mark.parametrize("name", PAIRS)
def test_it_goes_on_from_its_state(name):
    make, _ = PAIRS[name]
    whole, halves = parameters(), parameters()
    first, second = make(whole, 0.0), make(halves, 0.0)
    first.learning_rate = second.learning_rate = 3e-2
    for step in range(4):
        set_gradients(whole, step)
        first.step()
        if step == 1:
            state = second.state_dict()
            second = make(halves, 0.0)
            second.load_state_dict(state)
        set_gradients(halves, step)
        second.step()
    assert second.learning_rate == 3e-2
    assert all(torch.equal(a, b) for a, b in zip(whole, halves, strict=True))


def test_formats_of_numbers_may_differ():
    made = [nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3, dtype=torch.float64))]
    for parameter in made:
        parameter.grad = torch.ones_like(parameter)
    SGD(made, 0.5).step()
    assert [parameter.tolist() for parameter in made] == [[0.5] * 3] * 2


FIRST_STEP = """
import sys, torch
from training.device.determinism import keep_deterministic
from training.networks.build import build
from training.engine.optimizers import SGD
keep_deterministic(True)
module = build("alexnet", 5, width=0.1).module
module(torch.zeros(2, 3, 64, 64)).sum().backward()
SGD(list(module.parameters()), 0.1, momentum=0.9).step()
print([name for name in ("torchvision", "torch._dynamo", "sympy") if name in sys.modules])
"""


def test_a_first_step_waits_for_no_compiler_to_be_imported():
    done = subprocess.run([sys.executable, "-c", FIRST_STEP], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
