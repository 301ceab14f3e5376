"""Arithmetic counted from shapes, held to counts by hand, and without a trace in the network."""

import itertools
import random
import sys

import numpy as np
import pytest
import torch
from torch import nn

from training.device.randomness import random_state
from training.networks.build import Network, build
from training.networks.flops import FOR_SHAPES, Arithmetic, count, get_ready
from training.networks.freezing import Trainable, freeze, training_mode

CPU = torch.device("cpu")
WHOLE = Trainable(("",))

ALEXNET = (
    (3, 64, 11, 55), (64, 192, 5, 27), (192, 384, 3, 13), (384, 256, 3, 13), (256, 256, 3, 13),
)  # fmt: skip
VGG16 = (
    (3, 64, 3, 224), (64, 64, 3, 224), (64, 128, 3, 112), (128, 128, 3, 112), (128, 256, 3, 56),
    (256, 256, 3, 56), (256, 256, 3, 56), (256, 512, 3, 28), (512, 512, 3, 28), (512, 512, 3, 28),
    (512, 512, 3, 14), (512, 512, 3, 14), (512, 512, 3, 14),
)  # fmt: skip
"""Channels in and out, kernel and output side of every convolution, at 224 pixels."""


def convolutions(layers):
    """Return the FLOP of one picture."""
    return sum(2 * n_in * n_out * kernel**2 * side**2 for n_in, n_out, kernel, side in layers)


def products(*sizes):
    return sum(2 * n_in * n_out for n_in, n_out in itertools.pairwise(sizes))


def shapes_of(*arguments, **options):
    """Build a network without drawing its millions of weights."""
    with torch.device("meta"):
        return build(*arguments, **options)


def drawn_from():
    """Return the states of all generators."""
    state = random_state(CPU)
    return state | {"torch": state["torch"].tolist()}


def network(*layers):
    return Network(nn.Sequential(*layers), str(len(layers) - 1), {})


def test_what_counting_needs_is_imported_once_beside_other_work():
    thread = get_ready()
    assert get_ready() is thread
    assert thread.daemon
    thread.join()
    assert FOR_SHAPES in sys.modules


def test_alexnet_takes_what_its_layers_do_by_hand():
    alexnet = shapes_of("alexnet", 101)
    forward = convolutions(ALEXNET) + products(9216, 4096, 4096, 101)
    found = count(alexnet, freeze(alexnet, "none"), 224, cached=False)
    # backward takes each product twice more, but for the gradient of the pictures
    training = 3 * forward - convolutions(ALEXNET[:1])
    assert found == Arithmetic(0, 2 * forward, 2 * training)


def test_what_a_frozen_backbone_takes_is_counted_once():
    vgg = shapes_of("vgg16", 101, head=(2024,))
    held = freeze(vgg, "backbone")
    once, head = convolutions(VGG16) + products(25088, 4096, 4096), products(4096, 2024, 101)
    # the features need no gradient, so that the first product goes back once, the last twice
    training = 2 * products(4096, 2024) + 3 * products(2024, 101)
    assert count(vgg, held, 224, cached=True) == Arithmetic(2 * once, 2 * head, 2 * training)
    each_epoch = Arithmetic(0, 2 * (once + head), 2 * (once + training))
    assert count(vgg, held, 224, cached=False) == each_epoch


def test_a_grouped_convolution_is_no_full_one():
    layers = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3, groups=8), nn.Flatten(), nn.Linear(512, 5)
    first, second, last = 2 * 8 * 27 * 10**2, 2 * 8 * 9 * 8**2, 2 * 512 * 5
    found = count(network(*layers), WHOLE, 12, cached=False)
    assert found == Arithmetic(
        0, 2 * (first + second + last), 2 * (2 * first + 3 * second + 3 * last)
    )


def test_an_epoch_trains_and_validates():
    counted = Arithmetic(once=4, forward=10, training=30)
    assert counted.epoch(n_train=7, n_validation=3) == 7 * 15 + 3 * 5
    assert counted.features(10) == 20


@pytest.mark.parametrize("cached", [False, True])
def test_counting_leaves_no_trace(cached):
    resnet = build("resnet18", 5, width=1 / 16)
    held = freeze(resnet, "backbone")
    training_mode(resnet, held)
    resnet.module.fc.weight.grad = torch.ones_like(resnet.module.fc.weight)
    before = {name: value.clone() for name, value in resnet.module.state_dict().items()}
    modes = [module.training for module in resnet.module.modules()]
    generators = drawn_from()
    assert count(resnet, held, 64, cached) is not None
    assert drawn_from() == generators
    assert [module.training for module in resnet.module.modules()] == modes
    assert all(torch.equal(v, before[name]) for name, v in resnet.module.state_dict().items())
    with_gradient = [name for name, p in resnet.module.named_parameters() if p.grad is not None]
    assert with_gradient == ["fc.weight"]
    assert torch.equal(resnet.module.fc.weight.grad, torch.ones_like(resnet.module.fc.weight))


class Drawing(nn.Linear):
    """Draws from every generator there is, and counts its calls."""

    calls = 0

    def forward(self, inputs):
        self.calls += 1
        torch.rand(1), random.random(), np.random.rand()
        return super().forward(inputs.flatten(1))


def test_a_network_that_draws_doesnt_change_what_is_drawn_next():
    drawing = Drawing(48, 5)
    generators = drawn_from()
    assert count(Network(drawing, "", {}), WHOLE, 4, cached=False) == Arithmetic(0, 960, 1920)
    assert drawn_from() == generators
    assert drawing.calls == 0


class Looking(nn.Linear):
    """Decides by the numbers that it sees, which the copy doesn't have."""

    def forward(self, inputs):
        flat = inputs.flatten(1)
        return super().forward(flat if flat.sum() > 0 else -flat)


def test_a_network_that_needs_numbers_has_no_count():
    assert count(Network(Looking(48, 5), "", {}), WHOLE, 4, cached=False) is None
