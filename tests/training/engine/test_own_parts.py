"""Optimizer, loss and schedule by a `module:function`, held to torch's own loop."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import lr_scheduler

from training.engine import loop
from training.engine.batches import FeatureInputs
from training.engine.loop import fit
from training.engine.out_of_memory import backward
from training.engine.own_parts import own_parts
from training.engine.schedule import rate_in
from training.errors import StudyError
from training.planning.plan import resolve
from training.progress import Progress
from training.records import Experiment, OptimizerOptions, Settings

RATE, EPOCHS = 3e-2, 9

CODE = """
import torch

def halving(done, n_epochs):
    return 0.5 ** done / n_epochs

def below_zero(done, n_epochs):
    return -1

def torn(done, n_epochs):
    return {}["rate"]

def each(logits, labels):
    return (logits - labels[:, None]).pow(2)

def undone(logits, labels):
    return logits.detach().sum()

def nothing(groups, **told):
    return told
"""


def spec_with(**fields):
    experiment = Experiment(id="scratch/x", question="?", **({"epochs": 3} | fields))
    return resolve(experiment, Settings(image_size=64, batch_size=8), seed=0)[0]


def features(n=40):
    x = torch.randn(n, 6, generator=torch.Generator().manual_seed(0))
    return FeatureInputs(x, x[:, :3].argmax(1))


def linear():
    torch.manual_seed(1)
    return nn.Linear(6, 3)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "recipes.py").write_text(CODE)
    return tmp_path


def own(folder, **names):
    spec = spec_with(**{"learning_rate": RATE} | names)
    return spec, own_parts(spec, [folder])


def trained(folder, **names):
    spec, parts = own(folder, **names)
    module, data = linear(), features()
    return module, fit(module, module.train, data, data, spec, Progress(), own=parts)


def torchs(make, loss, rates, epochs=3):
    """Train by torch's own means; return the module."""
    plain, data = linear(), features()
    optimizer, order = make(plain.parameters()), torch.Generator().manual_seed(0)
    for epoch in range(epochs):
        optimizer.param_groups[0]["lr"] = rates[epoch]
        for chosen in torch.randperm(40, generator=order).split(8):
            optimizer.zero_grad()
            loss(plain(data.features[chosen]), data.labels[chosen]).backward()
            optimizer.step()
    return plain


def assert_same(ours, expected):
    for one, other in zip(ours.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_an_optimizer_is_called_as_torchs_are(folder):
    """torch.optim has it, this program by no name: with rate, decay and options."""
    options = OptimizerOptions(momentum=0.5, alpha=0.8)
    names = {"weight_decay": 0.1, "optimizer_options": options, "schedule": "constant"}
    module, _ = trained(folder, optimizer="torch.optim:RMSprop", **names)
    expected = torchs(
        lambda p: torch.optim.RMSprop(p, RATE, weight_decay=0.1, momentum=0.5, alpha=0.8),
        F.cross_entropy, [RATE] * 3,
    )  # fmt: skip
    assert_same(module, expected)


@pytest.mark.parametrize("parts", [1, 3])
def test_a_loss_is_followed_and_cross_entropy_is_recorded(parts, folder, monkeypatch):
    monkeypatch.setattr(loop, "backward", lambda module, inputs, labels, _, *others: backward(
        module, inputs, labels, parts, *others))  # fmt: skip
    name = "torch.nn.functional:multi_margin_loss"
    names = {"loss": name, "optimizer": "sgd", "schedule": "constant"}
    module, result = trained(folder, **names)
    expected = torchs(
        lambda p: torch.optim.SGD(p, RATE, momentum=0.9, weight_decay=5e-5),
        F.multi_margin_loss, [RATE] * 3,
    )  # fmt: skip
    assert_same(module, expected)
    data = features()
    with torch.no_grad():
        plain = F.cross_entropy(module(data.features), data.labels)
    assert result.validation[-1].loss == pytest.approx(float(plain), rel=1e-5)


def test_a_loss_of_mixed_images_is_that_of_both_labels(folder):
    spec, parts = own(folder, loss="torch.nn.functional:multi_margin_loss")
    objective = loop._balanced(spec, features().labels)[1]
    logits = torch.randn(6, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    labels, others = torch.tensor([0, 1, 2, 0, 1, 2]), torch.tensor([1, 1, 0, 2, 0, 2])
    mixed = loop.replace(objective, own=parts.loss).mixed_with(others, 0.3)
    expected = 0.3 * F.multi_margin_loss(logits, labels) + 0.7 * F.multi_margin_loss(logits, others)
    torch.testing.assert_close(mixed.of_part(logits, labels, labels), expected)


@pytest.mark.parametrize("warm_up", [0, 2])
def test_a_schedule_is_lambda_lr_after_the_warm_up(warm_up, folder):
    spec, parts = own(folder, schedule="recipes:halving", warm_up=warm_up, epochs=EPOCHS)
    n = EPOCHS - warm_up
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(()))], RATE)
    after = lr_scheduler.LambdaLR(optimizer, lambda done: 0.5**done / n)
    expected = [RATE * (epoch + 1) / (warm_up + 1) for epoch in range(warm_up)]
    for _ in range(n):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        after.step()
    ours = [rate_in(spec, epoch, parts.schedule) for epoch in range(1, EPOCHS + 1)]
    assert ours == pytest.approx(expected, rel=1e-9)


def test_a_schedule_reaches_every_epoch(folder):
    _, result = trained(folder, schedule="recipes:halving")
    assert result.learning_rate == pytest.approx([RATE / 3, RATE / 6, RATE / 12])


@pytest.mark.parametrize(
    ("names", "said"),
    [({"schedule": "recipes:below_zero"}, "recipes:below_zero returned -1, not a number from 0"),
     ({"schedule": "recipes:torn"},
      r"recipes:torn fails in epoch 1 of 3: KeyError: 'rate' \(recipes.py, line 11\)"),
     ({"loss": "recipes:each"}, r"returned \(8, 3\), not one number that has a gradient"),
     ({"loss": "recipes:undone"}, r"returned \(\), not one number that has a gradient"),
     ({"optimizer": "recipes:nothing"}, "returned dict, not a torch.optim.Optimizer"),
     ({"optimizer": "torch.optim:LBFGS"}, "LBFGS can't be made with lr, weight_decay: TypeError"),
     ({"optimizer": "recipes:absent"}, "Can't import recipes:absent"),
     ({"loss": "nowhere:at_all"}, "Can't import nowhere:at_all")],
)  # fmt: skip
def test_what_is_wrong_with_it_is_named(names, said, folder):
    with pytest.raises(StudyError, match=said):
        trained(folder, **names)


def test_weight_decay_of_none_is_not_told(folder):
    """Some optimizers know none."""
    module = linear()
    spec, parts = own(folder, optimizer="torch.optim:Rprop", weight_decay=0.0, epochs=1)
    result = fit(module, module.train, features(), features(), spec, Progress(), own=parts)
    assert len(result.train) == 1
