"""The homework's three networks, and any other by name."""

import pytest
import torch
from torch import nn

from training.errors import StudyError
from training.networks.build import ARCHITECTURES, build, make_head


@pytest.mark.parametrize("model", ["alexnet", "vgg16", "resnet18"])
def test_networks_are_torchvisions_to_the_bit(model):
    from torchvision import models

    torch.manual_seed(7)
    ours = ARCHITECTURES[model].network(1.0).eval()
    drawn = torch.get_rng_state()
    torch.manual_seed(7)
    theirs = getattr(models, model)(weights=None).eval()
    assert torch.equal(drawn, torch.get_rng_state())
    start = ours.state_dict()
    assert list(start) == list(theirs.state_dict())
    assert all(torch.equal(start[name], value) for name, value in theirs.state_dict().items())
    pictures = torch.rand(2, 3, 70, 77)
    with torch.no_grad():
        assert torch.equal(ours(pictures), theirs(pictures))


@pytest.mark.parametrize("model", ["alexnet", "vgg16", "resnet18"])
def test_modules_have_torchvisions_names_and_kinds(model):
    from torchvision import models

    with torch.device("meta"):
        ours, theirs = ARCHITECTURES[model].network(1.0), getattr(models, model)(weights=None)
    settings = [(name, repr(layer)) for name, layer in theirs.named_modules()
                if not list(layer.children())]  # fmt: skip
    assert settings == [(name, repr(layer).replace("MaxPooling", "MaxPool2d"))
                        for name, layer in ours.named_modules()
                        if not list(layer.children())]  # fmt: skip


@pytest.mark.parametrize(("model", "head"), [("alexnet", ()), ("vgg16", (64,)), ("resnet18", (8,))])
def test_thin_networks_give_one_score_a_class(model, head):
    network = build(model, 7, head, width=1 / 16)
    network.module.eval()
    assert network.module(torch.zeros(2, 3, 64, 64)).shape == (2, 7)


def test_width_multiplies_every_channel_count():
    with torch.device("meta"):
        thin, full = build("alexnet", 10, width=0.25).module, build("alexnet", 10).module
    for (name, a), (_, b) in zip(thin.named_modules(), full.named_modules(), strict=True):
        if isinstance(a, nn.Conv2d) and name != "features.0":
            assert (a.in_channels * 4, a.out_channels * 4) == (b.in_channels, b.out_channels)


def test_same_seed_gives_identical_weights():
    def weights(seed):
        torch.manual_seed(seed)
        return build("alexnet", 5, width=0.125).module.state_dict()

    first, second, other = weights(3), weights(3), weights(4)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_head_of_hidden_layers_has_relu_between():
    head = make_head(8, (4,), 3)
    assert [type(layer) for layer in head] == [nn.Linear, nn.ReLU, nn.Linear]


def test_torchvision_model_by_name_gets_a_new_head():
    network = build("torchvision:mobilenet_v3_small", 5)
    assert network.head == "classifier.3"
    network.module.eval()
    assert network.module(torch.zeros(1, 3, 64, 64)).shape == (1, 5)


def test_unknown_model_names_the_nearest():
    with pytest.raises(StudyError, match="alexnet"):
        build("alexnett", 5)


def test_model_without_a_linear_layer_is_refused():
    with pytest.raises(StudyError, match="linear layer"):
        build("torchvision:squeezenet1_1", 5)


def test_unknown_module_function_is_refused():
    with pytest.raises(StudyError, match="no_such_module"):
        build("no_such_module:build", 5)


@pytest.mark.parametrize("width", [0.03, 0.05, 0.3, 0.77])
@pytest.mark.parametrize("model", ["alexnet", "vgg16", "resnet18"])
def test_any_width_gives_a_network_that_fits_together(model, width):
    network = build(model, 5, (2024,) if model == "vgg16" else (), width)
    network.module.eval()
    with torch.no_grad():
        assert network.module(torch.zeros(2, 3, 64, 64)).shape == (2, 5)
