"""Rates that differ from block to block, held to timm's groups of parameters and to torch."""

import plain_loop
import pytest
import torch
from torch import nn

from training.engine import torch_kernels
from training.engine.loop import fit
from training.engine.optimizers import CLASSES
from training.networks.build import Network, build
from training.networks.rates import rate_factors
from training.progress import Progress
from training.records import OptimizerOptions

RATE, EPOCHS = 3e-2, 4


def spec_with(**fields):
    return plain_loop.spec_with(learning_rate=RATE, **fields)


@pytest.fixture
def timms():
    """Return what says the factors of a module's parameters as timm does."""
    optim = pytest.importorskip("timm.optim", reason="needs the extra timm")

    def factors(module, decay):
        groups = optim.param_groups_layer_decay(module, layer_decay=decay)
        return {parameter: group["lr_scale"] for group in groups for parameter in group["params"]}

    return factors


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "mobilenetv3_small_050", "resnet18"])
def test_rates_along_a_network_of_timm_are_timms(timms, name):
    network = build(f"timm:{name}", 5)
    assert rate_factors(network, spec_with(layer_decay=0.75)) == timms(network.module, 0.75)


def test_rates_along_our_resnet_are_those_along_timms(timms):
    network, theirs = build("resnet18", 5), build("timm:resnet18", 5).module
    factors, expected = rate_factors(network, spec_with(layer_decay=0.6)), timms(theirs, 0.6)
    named = dict(theirs.named_parameters())
    for name, parameter in network.module.named_parameters():
        assert factors[parameter] == expected[named[name]], name


def test_the_head_may_have_a_rate_of_its_own():
    network = build("alexnet", 5, (), 0.1)
    assert rate_factors(network, spec_with()) == {}
    module = network.module
    alone = rate_factors(network, spec_with(head_learning_rate=0.3))
    assert set(alone) == set(module.classifier[6].parameters())
    assert [*alone.values()] == pytest.approx([10, 10])
    both = rate_factors(network, spec_with(head_learning_rate=0.3, layer_decay=0.5))
    assert both[module.classifier[6].weight] == pytest.approx(10)
    assert both[module.classifier[4].weight] == 0.5
    assert both[module.features[0].weight] == 0.5**7


def network():
    torch.manual_seed(1)
    module = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3))
    return Network(module, "4", {"backbone": "", "head": "4"})


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize(
    ("optimizer", "options"),
    [("sgd", {}), ("adam", {}), ("adamw", {}), ("rmsprop", {}), ("nadam", {}), ("adagrad", {}),
     ("adam", {"betas": (0.8, 0.9)})],
)  # fmt: skip
def test_training_is_the_plain_loop_with_torchs_groups(optimizer, options, fused, monkeypatch):
    if not fused:
        monkeypatch.setattr(torch_kernels, "FUSED_ON", ())
    given = OptimizerOptions(**options) if options else None
    spec = spec_with(optimizer=optimizer, optimizer_options=given, layer_decay=0.5,
                     head_learning_rate=6e-2, weight_decay=1e-2, epochs=EPOCHS,
                     step_size=2)  # fmt: skip
    data, ours = plain_loop.features(), network()
    rates = rate_factors(ours, spec)
    result = fit(ours.module, ours.module.train, data, data, spec, Progress(), rates=rates)

    plain = network().module
    scales = [0.25, 0.5, 2.0]
    groups = [{"params": list(plain[i].parameters()), "scale": s}
              for i, s in zip((0, 2, 4), scales, strict=True)]  # fmt: skip
    usual = {"momentum": 0.9} if optimizer == "sgd" else {}
    stepper = getattr(torch.optim, CLASSES[optimizer])(
        groups, lr=RATE, weight_decay=1e-2, **usual, **options
    )
    begin = plain_loop.falling(stepper, RATE)
    losses = plain_loop.plain_epochs(plain, stepper, data, EPOCHS, begin=begin)
    assert [scores.loss for scores in result.train] == pytest.approx([*losses], rel=1e-4)
    assert result.learning_rate == pytest.approx([RATE, RATE, RATE / 10, RATE / 10])
    for found, torchs in zip(ours.module.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(found, torchs, rtol=1e-4, atol=1e-5)
