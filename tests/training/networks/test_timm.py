"""timm's networks as backbone: head and backbone are found by timm's own means."""

import pytest
import torch

from training.errors import StudyError
from training.networks.build import build
from training.networks.freezing import count_parameters, freeze

timm = pytest.importorskip("timm", reason="needs the extra timm")

HEADS = [
    ("resnet18", "fc"),
    ("vit_tiny_patch16_224", "head"),
    ("convnext_atto", "head.fc"),
    ("tf_efficientnet_lite0", "classifier"),
    ("inception_v4", "last_linear"),
]


@pytest.mark.parametrize(("name", "head"), HEADS)
def test_the_head_that_timm_names_is_replaced(name, head):
    with torch.device("meta"):
        network = build(f"timm:{name}", 7)
        theirs = timm.create_model(name, num_classes=7)
        network.module.eval()
        size = network.module.pretrained_cfg["input_size"]
        assert network.module(torch.zeros(2, *size)).shape == (2, 7)
    assert network.head == head
    assert count_parameters(network).total == sum(p.numel() for p in theirs.parameters())


def test_freezing_counts_are_those_of_backbone_and_head():
    with torch.device("meta"):
        network = build("timm:resnet18", 10)
    freeze(network, "backbone")
    counts = count_parameters(network)
    assert (counts.total, counts.trainable) == (11_181_642, 512 * 10 + 10)
    freeze(network, "head")
    assert count_parameters(network).frozen == counts.trainable


def test_a_network_with_two_heads_is_refused():
    with torch.device("meta"), pytest.raises(StudyError, match="2 heads"):
        build("timm:levit_128s", 5)


def test_an_unknown_name_lists_the_nearest_of_many():
    with pytest.raises(StudyError) as caught:
        build("timm:resnet19", 5)
    assert "Did you mean “resnet1" in caught.value.hint
    assert "are known" in caught.value.hint
    assert len(caught.value.hint) < 300
