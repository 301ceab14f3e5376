"""Grad-CAM is captum's, and the check by random weights tells maps that see them from others."""

import numpy as np
import pytest
import torch
from torch import nn

from training.networks.build import ARCHITECTURES, build
from training.networks.grad_cam import N_DRAWS, grad_cam, last_maps, rank_correlation

LAST = {"alexnet": "features.11", "vgg16": "features.29", "resnet18": "layer4"}
"""The last layer before pooling: ReLU's of the last convolution, or the last block."""


def a_network(name):
    torch.manual_seed(0)
    network = build(name, 7, width=0.25)
    return network, network.module.eval()


@pytest.fixture(scope="module")
def pictures():
    return torch.randn(3, 3, 96, 96, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_last_layer_with_places_is_found(name, pictures):
    _, module = a_network(name)
    side = {"alexnet": 5, "vgg16": 6, "resnet18": 3}[name]
    assert last_maps(module, pictures[:1]) == (LAST[name], side)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_maps_are_those_of_captum(name, pictures):
    attribution = pytest.importorskip("captum.attr")
    network, module = a_network(name)
    classes = torch.tensor([2, 0, 6])
    last = module.get_submodule(network.head)
    own, *drawn = grad_cam(module, LAST[name], last, pictures, classes)
    for layer in module.modules():
        if isinstance(layer, nn.ReLU):
            layer.inplace = False  # which captum's hooks can't follow
    captum = attribution.LayerGradCam(module, module.get_submodule(LAST[name]))
    generator = torch.Generator().manual_seed(0)
    width = last.weight.detach().std()
    for ours in (own, *drawn):
        theirs = captum.attribute(pictures, classes, relu_attributions=True)[:, 0]
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-3, atol=1e-6)
        with torch.no_grad():
            last.weight.copy_(torch.randn(last.weight.shape, generator=generator) * width)
    assert own.max() > 0
    assert len(drawn) == N_DRAWS


def test_a_network_that_keeps_no_places_has_no_layer_for_maps(pictures):
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 96 * 96, 4))
    tokens = nn.Sequential(nn.Flatten(2), nn.Linear(96 * 96, 4))
    assert last_maps(flat, pictures[:1]) is None
    assert last_maps(tokens, pictures[:1]) is None


def test_maps_leave_weights_and_gradients_as_they_were(pictures):
    network, module = a_network("alexnet")
    before = {name: value.clone() for name, value in module.state_dict().items()}
    last = module.get_submodule(network.head)
    grad_cam(module, LAST["alexnet"], last, pictures, torch.tensor([1, 1, 1]))
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(value.grad is None for value in module.parameters())
    assert not module._forward_hooks
    assert "forward" not in vars(module.features)


def test_a_random_last_layer_changes_a_map_that_follows_its_weights():
    """The class's score is the sum of one channel alone; another layer weighs all of them."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 8, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    module.head = nn.Linear(8, 2)
    with torch.no_grad():
        module.head.weight.zero_()
        module.head.weight[0, 3] = 1.0
        module[0].bias[3] = 1.0
    pictures = torch.rand(4, 3, 9, 9)
    classes = torch.zeros(4, dtype=torch.int64)
    own, *others = grad_cam(module, "0", module.head, pictures, classes)
    expected = module[0](pictures)[:, 3].clamp(min=0).detach().numpy() / 81
    np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-7)
    assert rank_correlation(own[0], own[0]) == pytest.approx(1)
    assert all(rank_correlation(own[0], other[0]) < 0.9 for other in others)


def test_a_layer_that_is_used_twice_has_no_map():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.maps = nn.Conv2d(3, 3, 3, padding=1)
            self.head = nn.Linear(3, 2)

        def forward(self, pictures):
            return self.head(self.maps(self.maps(pictures)).mean((2, 3)))

    module = Twice()
    with pytest.raises(RuntimeError, match="more than once"):
        grad_cam(module, "maps", module.head, torch.rand(1, 3, 8, 8), torch.tensor([0]))


def test_rank_correlation_is_scipys():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    for _ in range(5):
        a, b = rng.integers(0, 4, (2, 5, 5)).astype(float)  # with ties
        assert rank_correlation(a, b) == pytest.approx(stats.spearmanr(a.ravel(), b.ravel())[0])
    assert rank_correlation(np.zeros((2, 2)), np.eye(2)) is None
    assert rank_correlation(np.eye(2), np.zeros((2, 2))) == 0
