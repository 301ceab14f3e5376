"""Convolutions in the order that suits CUDA, held to torch's as they are written."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from training.networks.architectures import AlexNet, ResNet18
from training.networks.convolutions import Convolutions, convolved, convolved_by_blocks

SHAPES = {
    "AlexNet's first": (224, 224, 3, 11, 4, 2),
    "ResNet18's first": (224, 224, 3, 7, 2, 3),
    "a small picture": (96, 96, 3, 11, 4, 2),
    "odd sides": (97, 83, 3, 7, 2, 3),
    "a border that no filter reaches": (66, 67, 3, 5, 4, 0),
    "one channel, no padding": (63, 70, 1, 5, 3, 0),
    "a filter as wide as the stride": (64, 64, 3, 4, 4, 0),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_blocks_give_the_convolution_and_its_gradients(shape, memory):
    height, width, n_channels, kernel, stride, padding = shape
    torch.manual_seed(0)
    maps = torch.randn(2, n_channels, height, width, dtype=torch.float64)
    maps = maps.contiguous(memory_format=memory).requires_grad_()
    weight = torch.randn(5, n_channels, kernel, kernel, dtype=torch.float64, requires_grad=True)
    plain = F.conv2d(maps, weight, stride=stride, padding=padding)
    blocks = convolved_by_blocks(maps, weight, stride, padding)
    torch.testing.assert_close(blocks, plain, rtol=1e-10, atol=1e-10)
    ours, theirs = (torch.autograd.grad(out.sin().sum(), (maps, weight)) for out in (blocks, plain))
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("bias", [True, False])
def test_pooling_first_gives_the_same_outputs_and_gradients(bias):
    torch.manual_seed(0)
    layers = Convolutions(
        nn.Conv2d(3, 8, 3, bias=bias), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2),
        nn.Conv2d(8, 8, 3, padding=1, bias=bias), nn.ReLU(inplace=True),
        nn.Conv2d(8, 4, 3, bias=bias), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Dropout(0.0),
    ).double()  # fmt: skip
    maps = torch.randn(3, 3, 32, 32, dtype=torch.float64)
    plain, pooled = layers(maps), layers.pooled_first(maps)
    assert plain.min() == 0  # some lie below it before the ReLU
    torch.testing.assert_close(pooled, plain, rtol=1e-12, atol=1e-12)
    ours, theirs = (
        torch.autograd.grad(out.sin().sum(), list(layers.parameters())) for out in (pooled, plain)
    )
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


def test_a_pool_that_averages_stays_behind_the_relu():
    layers = Convolutions(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AvgPool2d(2))
    maps = torch.randn(2, 3, 16, 16)
    torch.testing.assert_close(layers.pooled_first(maps), layers(maps))


def test_elsewhere_than_on_cuda_layers_are_computed_as_they_are_written(monkeypatch):
    def never(*_):
        raise AssertionError

    monkeypatch.setattr(Convolutions, "pooled_first", never)
    monkeypatch.setattr("training.networks.convolutions.convolved_by_blocks", never)
    maps = torch.randn(2, 3, 64, 64)
    AlexNet(0.25)(maps)
    ResNet18(0.25)(maps)
    layer = nn.Conv2d(3, 8, 7, stride=2)
    assert torch.equal(convolved(layer, maps), layer(maps))
