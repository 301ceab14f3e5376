"""Blocks from input to output, held to timm's; and what freezing by them leaves to train."""

import pytest
import torch
from torch import nn

from training.errors import StudyError
from training.networks.blocks import blocks
from training.networks.build import Network, build
from training.networks.freezing import count_parameters, freeze, training_mode


@pytest.fixture
def timms():
    """Return what says the block of each parameter of a network of timm's as timm does."""
    models = pytest.importorskip("timm.models", reason="needs the extra timm")

    def of_parameter(module):
        return models.group_parameters(module, module.group_matcher(coarse=False), reverse=True)

    return of_parameter


def starts(network):
    """Return the module of each block's first parameter."""
    return [names[0].rpartition(".")[0] for names in blocks(network)]


@pytest.mark.parametrize(
    ("model", "head", "expected"),
    [
        ("alexnet", (), [f"features.{i}" for i in (0, 3, 6, 8, 10)]
         + [f"classifier.{i}" for i in (1, 4, 6)]),
        ("alexnet", (8,), [f"features.{i}" for i in (0, 3, 6, 8, 10)]
         + ["classifier.1", "classifier.4", "classifier.6.0"]),
        ("resnet18", (), ["conv1", *(f"layer{i}.{j}.conv1" for i in (1, 2, 3, 4) for j in (0, 1)),
                          "fc"]),
    ],
)  # fmt: skip
def test_blocks_are_layers_or_what_repeats(model, head, expected):
    network = build(model, 5, head, 0.1)
    assert starts(network) == expected
    names = [name for of_block in blocks(network) for name in of_block]
    assert sorted(names) == sorted(name for name, _ in network.module.named_parameters())
    assert len(set(names)) == len(names)


def test_blocks_of_our_resnet_are_those_of_timms(timms):
    theirs = build("timm:resnet18", 5).module
    ours = {n: i for i, names in enumerate(blocks(build("resnet18", 5))) for n in names}
    assert ours == timms(theirs)


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "mobilenetv3_small_050", "convnext_atto"])
def test_networks_of_timm_say_themselves_what_their_blocks_are(timms, name):
    network = build(f"timm:{name}", 5)
    ours = {n: i for i, names in enumerate(blocks(network)) for n in names}
    assert ours == timms(network.module)


def test_blocks_of_a_transformer_of_torchvision_are_its_layers():
    network = build("torchvision:vit_b_16", 5)
    found = blocks(network)
    assert len(found) == 1 + 12 + 1
    assert {"class_token", "conv_proj.weight", "encoder.pos_embedding"} <= set(found[0])
    assert found[1][0].startswith("encoder.layers.encoder_layer_0.")
    assert {"encoder.ln.weight", "encoder.ln.bias"} <= set(found[12])
    assert all(name.startswith("heads.head.") for name in found[13])


@pytest.mark.parametrize(
    ("strategy", "trained", "split"),
    [
        ("first:1", {"features.3", "features.6", "features.8", "features.10", "classifier.1",
                     "classifier.4", "classifier.6"}, None),
        ("first:5", {"classifier.1", "classifier.4", "classifier.6"}, "classifier"),
        ("first:6", {"classifier.4", "classifier.6"}, None),
        ("first:7", {"classifier.6"}, "classifier.6"),
        ("pattern:features.[0-6].*", {"features.8", "features.10", "classifier.1",
                                      "classifier.4", "classifier.6"}, None),
        ("pattern:features.*", {"classifier.1", "classifier.4", "classifier.6"}, "classifier"),
    ],
)  # fmt: skip
def test_freezing_by_blocks_or_names_leaves_the_others_to_train(strategy, trained, split):
    network = build("alexnet", 5, (), 0.1)
    held = freeze(network, strategy)
    assert held.split == split
    names = {n for n, p in network.module.named_parameters() if p.requires_grad}
    assert {name.rpartition(".")[0] for name in names} == trained
    assert count_parameters(network).frozen > 0
    training_mode(network, held)
    for path, layer in network.module.named_modules():
        if [*layer.parameters(recurse=False)]:
            assert layer.training == (path in trained), path


@pytest.mark.parametrize(("strategy", "alike"), [("first:5", "features"), ("first:7", "backbone")])
def test_what_freezes_the_same_part_does_the_same(strategy, alike):
    found, expected = (freeze(build("alexnet", 5, (), 0.1), name) for name in (strategy, alike))
    assert found.split == expected.split
    modes = []
    assert found == expected
    for held in (found, expected):
        network = build("alexnet", 5, (), 0.1)
        training_mode(network, held)
        modes.append({path: layer.training for path, layer in network.module.named_modules()
                      if isinstance(layer, nn.Dropout)})  # fmt: skip
    assert modes[0] == modes[1]


def test_dropout_before_a_frozen_layer_is_off_and_before_a_trained_one_on():
    network = build("alexnet", 5, (), 0.1)
    training_mode(network, freeze(network, "first:6"))
    classifier = network.module.classifier
    assert (classifier[0].training, classifier[3].training) == (False, True)


def test_a_frozen_normalisation_keeps_its_statistics():
    network = build("resnet18", 5, (), 0.1)
    training_mode(network, freeze(network, "first:2"))
    module = network.module
    before = {n: v.clone() for n, v in module.named_buffers()}
    module(torch.randn(4, 3, 64, 64))
    changed = {n for n, v in module.named_buffers() if not torch.equal(v, before[n])}
    assert not {n for n in changed if n.startswith(("bn1.", "layer1.0."))}
    assert {n for n in changed if n.startswith("layer1.1.")}


def test_a_pattern_may_hold_single_weights_of_a_layer():
    network = build("alexnet", 5, (), 0.1)
    held = freeze(network, "pattern:features.*.bias")
    trained = {n for n, p in network.module.named_parameters() if p.requires_grad}
    assert "features.0.weight" in trained
    assert not {n for n in trained if n.startswith("features") and n.endswith("bias")}
    training_mode(network, held)
    assert network.module.features[0].training


@pytest.mark.parametrize(
    ("strategy", "message"),
    [("first:8", "(?s)first:8.*nothing to train.*8 blocks.*at most 7"),
     ("pattern:feature.*", "(?s)matches no weights.*features.0, features.3"),
     ("pattern:*", "nothing to train"), ("frist:3", "frist:3")],
)  # fmt: skip
def test_what_cannot_be_frozen_is_explained(strategy, message):
    with pytest.raises(StudyError, match=message):
        freeze(build("alexnet", 5, (), 0.1), strategy)


def test_a_network_of_ones_own_has_blocks_too():
    module = nn.Sequential()
    module.conv1, module.bn1 = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
    module.conv2, module.bn2 = nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4)
    module.fc = nn.Linear(4, 2)
    network = Network(module, "fc", {"backbone": "", "head": "fc"})
    assert [{n.partition(".")[0] for n in names} for names in blocks(network)] == [
        {"conv1", "bn1"}, {"conv2", "bn2"}, {"fc"}
    ]  # fmt: skip
