"""Parameter arithmetic of the homework, and what each freeze strategy holds still."""

import pytest
import torch
from torch import nn

from training.errors import StudyError
from training.networks.build import Network, build
from training.networks.freezing import count_parameters, freeze, training_mode

CASES = [
    ("alexnet", (), "none", 57_417_637, 57_417_637),
    ("alexnet", (), "features", 57_417_637, 54_947_941),
    ("alexnet", (), "classifier", 57_417_637, 2_469_696),
    ("alexnet", (), "classifier-but-head", 57_417_637, 2_469_696 + 4096 * 101 + 101),
    ("vgg16", (2024,), "backbone", 142_757_397, 8_496_853),
    ("resnet18", (4096,), "none", 13_691_557, 13_691_557),
]


def a_network():
    """Make a network of two parts and a head: 8, 6 and 3 parameters."""
    module = nn.Sequential()
    module.features = nn.Linear(3, 2)
    module.classifier = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    parts = {"features": "features", "classifier": "classifier"}
    return Network(module, "classifier.1", parts)


@pytest.mark.parametrize(
    ("strategy", "trained", "split"),
    [
        ("none", {"features": 8, "classifier": 9}, None),
        ("features", {"features": 0, "classifier": 9}, "classifier"),
        ("classifier", {"features": 8, "classifier": 0}, None),
        ("classifier-but-head", {"features": 8, "classifier": 3}, None),
        ("backbone", {"features": 0, "classifier": 3}, "classifier.1"),
        ("head", {"features": 8, "classifier": 6}, None),
    ],
)
def test_counts_are_those_of_what_is_left_to_train(strategy, trained, split):
    network = a_network()
    assert freeze(network, strategy).split == split
    counts = count_parameters(network)
    assert counts.parts == {"features": 8, "classifier": 9}
    assert counts.trainable_parts == trained
    n = sum(trained.values())
    assert (counts.total, counts.trainable, counts.frozen) == (17, n, 17 - n)


def test_a_strategy_undoes_the_one_before():
    network = a_network()
    freeze(network, "backbone")
    freeze(network, "classifier")
    assert count_parameters(network).trainable_parts == {"features": 8, "classifier": 0}


def test_a_part_without_a_path_is_everything_else():
    plain = a_network()
    network = Network(plain.module, plain.head, {"backbone": "", "head": "classifier.1"})
    freeze(network, "backbone")
    counts = count_parameters(network)
    assert counts.parts == {"backbone": 14, "head": 3}
    assert counts.trainable_parts == {"backbone": 0, "head": 3}
    freeze(network, "head")
    assert count_parameters(network).trainable_parts == {"backbone": 14, "head": 0}


@pytest.mark.parametrize(
    ("strategy", "training"),
    [("none", [True] * 3), ("features", [False, True, True]), ("classifier", [True, False, False]),
     ("classifier-but-head", [True, False, True]), ("backbone", [False, False, True]),
     ("head", [True, True, False])],
)  # fmt: skip
def test_only_what_is_trained_is_in_training_mode(strategy, training):
    network = a_network()
    training_mode(network, freeze(network, strategy))
    module = network.module
    modules = module.features, module.classifier[0], module.classifier[1]
    assert [layer.training for layer in modules] == training


@pytest.mark.parametrize(("model", "head", "strategy", "total", "trainable"), CASES)
def test_parameter_counts_are_the_reference_reports(model, head, strategy, total, trainable):
    with torch.device("meta"):
        network = build(model, 101, head)
    freeze(network, strategy)
    counted = count_parameters(network)
    assert (counted.total, counted.trainable) == (total, trainable)
    assert counted.frozen == total - trainable
    assert sum(counted.parts.values()) == total
    assert sum(counted.trainable_parts.values()) == trainable


def test_alexnet_parts_are_features_and_classifier():
    with torch.device("meta"):
        network = build("alexnet", 101)
    assert count_parameters(network).parts == {"features": 2_469_696, "classifier": 54_947_941}


def test_freezing_a_part_that_is_not_there_is_refused():
    network = build("resnet18", 5, width=1 / 16)
    with pytest.raises(StudyError, match="features"):
        freeze(network, "features")


@pytest.mark.parametrize(
    "strategy", ["features", "classifier", "classifier-but-head", "backbone", "head"]
)
def test_one_step_changes_what_is_trainable_and_nothing_else(strategy):
    torch.manual_seed(0)
    network = build("alexnet", 4, width=1 / 16)
    trainable = freeze(network, strategy)
    training_mode(network, trainable)
    before = {name: p.detach().clone() for name, p in network.module.named_parameters()}
    optimizer = torch.optim.Adam([p for p in network.module.parameters() if p.requires_grad], 1e-2)
    scores = network.module(torch.randn(8, 3, 64, 64))
    nn.functional.cross_entropy(scores, torch.arange(8) % 4).backward()
    optimizer.step()
    for name, p in network.module.named_parameters():
        free = any(name.startswith(path) for path in trainable.paths) and not any(
            name.startswith(path) for path in trainable.frozen
        )
        assert p.requires_grad == free
        if name.endswith("weight"):
            assert torch.equal(before[name], p) != free, name


def test_a_frozen_head_keeps_still_whatever_the_network_holds_elsewhere():
    network = build("torchvision:vit_b_16", 4)
    trainable = freeze(network, "head")
    training_mode(network, trainable)
    free = {name for name, p in network.module.named_parameters() if p.requires_grad}
    assert free == {n for n, _ in network.module.named_parameters() if not n.startswith("heads.")}
    assert "class_token" in free
    assert not network.module.get_submodule(network.head).training
    counts = count_parameters(network)
    assert counts.trainable_parts["head"] == 0
    assert counts.frozen == counts.parts["head"] == 4 * 768 + 4


def test_frozen_parts_behave_as_at_inference():
    network = build("resnet18", 4, (8,), width=1 / 16)
    trainable = freeze(network, "backbone")
    training_mode(network, trainable)
    buffers = {name: b.clone() for name, b in network.module.named_buffers()}
    network.module(torch.randn(4, 3, 64, 64) * 5)
    assert all(torch.equal(buffers[name], b) for name, b in network.module.named_buffers())
    frozen_dropout = build("alexnet", 4, width=1 / 16)
    training_mode(frozen_dropout, freeze(frozen_dropout, "classifier"))
    modes = [m.training for m in frozen_dropout.module.modules() if isinstance(m, nn.Dropout)]
    assert modes == [False, False]
