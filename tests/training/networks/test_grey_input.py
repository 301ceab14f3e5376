"""One channel of grey in place of three: the same answers as to grey in three channels."""

import copy

import pytest
import torch
from torch import nn

from training.errors import StudyError
from training.networks.build import build
from training.networks.flops import count
from training.networks.freezing import freeze
from training.networks.grey_input import channels_of, with_channels

SIDE = 64


def grey(n=2):
    return torch.rand(n, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "model", ["alexnet", "vgg16", "resnet18", "torchvision:mobilenet_v3_small"]
)
def test_it_answers_as_to_three_equal_channels(model):
    torch.manual_seed(0)
    network = build(model, 4, width=0.1).module.eval()
    one = copy.deepcopy(network)
    with_channels(one, 1, model)
    assert (channels_of(one), channels_of(network)) == (1, 3)
    with torch.no_grad():
        torch.testing.assert_close(one(grey()), network(grey().expand(-1, 3, -1, -1)))


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "tf_efficientnet_lite0"])
def test_weights_and_answers_are_those_of_timms_in_chans(name):
    timm = pytest.importorskip("timm", reason="needs the extra timm")
    from timm.models import adapt_input_conv

    size = {"img_size": SIDE} if name.startswith("vit") else {}
    torch.manual_seed(0)
    network = timm.create_model(name, num_classes=4, **size).eval()
    theirs = timm.create_model(name, num_classes=4, in_chans=1, **size).eval()
    state = network.state_dict()
    first = next(key for key, value in state.items() if value.dim() == 4)
    theirs.load_state_dict(state | {first: adapt_input_conv(1, state[first])})
    with_channels(network, 1, name)
    assert torch.equal(network.state_dict()[first], theirs.state_dict()[first])
    with torch.no_grad():
        torch.testing.assert_close(network(grey()), theirs(grey()))


def test_three_channels_stay_as_they_are():
    network = build("resnet18", 4, width=0.1).module
    before = copy.deepcopy(network.state_dict())
    with_channels(network, 3, "resnet18")
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize(
    ("module", "channels"),
    [(nn.Linear(3, 2), 1), (nn.Conv2d(4, 2, 3), 1), (nn.Conv2d(6, 4, 3, groups=2), 1),
     (nn.Conv2d(3, 2, 3), 2)],
)  # fmt: skip
def test_what_cant_be_is_refused(module, channels):
    with pytest.raises(StudyError, match=rf"mine:net can't see {channels} channels"):
        with_channels(module, channels, "mine:net")


def test_its_arithmetic_is_counted_with_less_of_the_first_layer():
    counted = {}
    for channels in (1, 3):
        network = build("alexnet", 4, width=0.1)
        with_channels(network.module, channels, "alexnet")
        counted[channels] = count(network, freeze(network, "none"), SIDE, False)
    first = network.module.features[0].weight.numel()
    side = (SIDE + 4 - 11) // 4 + 1
    of_channel = 2 * first // 3 * side**2
    assert counted[3].epoch(0, 1) - counted[1].epoch(0, 1) == 2 * of_channel
