"""Optimizers of torch by their names, with their options: the steps are torch's own."""

import inspect

import msgspec
import pytest
import torch
from newer import skip_what_is_newer
from plain_loop import falling, features, linear, plain_epochs, spec_with

from training.engine.loop import fit
from training.engine.optimizers import CLASSES, make_optimizer
from training.engine.state import changing
from training.errors import StudyError
from training.planning.plan import resolve
from training.progress import Progress
from training.records import OPTIONS, Experiment, OptimizerOptions, Settings
from training.records.optimizers import WITHOUT_WEIGHT_DECAY

FIELDS = {"self", "params", "lr", "weight_decay"}
TECHNICAL = {"foreach", "maximize", "capturable", "differentiable", "fused"}
NOT_OFFERED = {
    "sgd": {"momentum"},  # a field of its own
    "adam": {"decoupled_weight_decay"},  # that is AdamW
    "adafactor": {"eps"},  # two of different kinds
}

RATE, EPOCHS = 1e-2, 4
CASES = [
    *((name, {}) for name in OPTIONS if name not in ("sgd", "adam", "rmsprop", "adamw")),
    ("sgd", {"nesterov": True}), ("sgd", {"dampening": 0.3}),
    ("adam", {"betas": (0.7, 0.9), "amsgrad": True}), ("adamw", {"eps": 1e-3}),
    ("rmsprop", {"momentum": 0.5, "centered": True, "alpha": 0.8}),
    ("nadam", {"momentum_decay": 0.1, "decoupled_weight_decay": True}),
    ("adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.2}),
    ("asgd", {"t0": 2.0, "alpha": 0.5, "lambd": 0.01}), ("adadelta", {"rho": 0.5}),
    ("adafactor", {"beta2_decay": -0.5, "d": 2.0}), ("rprop", {"etas": (0.4, 1.3)}),
]  # fmt: skip


@pytest.mark.parametrize("name", OPTIONS)
def test_the_options_are_those_of_torchs_class(name):
    made = set(inspect.signature(getattr(torch.optim, CLASSES[name]).__init__).parameters)
    expected = made - FIELDS - TECHNICAL - NOT_OFFERED.get(name, set())
    skip_what_is_newer(torch, (2, 14), expected - set(OPTIONS[name]))
    assert set(OPTIONS[name]) == expected
    assert ("weight_decay" in made) == (name not in WITHOUT_WEIGHT_DECAY)
    assert set(OPTIONS[name]) <= set(OptimizerOptions.__struct_fields__)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_training_is_the_plain_loop_with_torchs_optimizer(name, options):
    given = OptimizerOptions(**options) if options else None
    spec = spec_with(optimizer=name, learning_rate=RATE, optimizer_options=given, epochs=EPOCHS,
                     step_size=2)  # fmt: skip
    data, module = features(), linear()
    result = fit(module, module.train, data, data, spec, Progress())

    plain = linear()
    usual = {} if name in WITHOUT_WEIGHT_DECAY else {"weight_decay": 5e-5}
    usual |= {"momentum": 0.9} if name == "sgd" else {}
    stepper = getattr(torch.optim, CLASSES[name])(plain.parameters(), lr=RATE, **usual, **options)
    losses = plain_epochs(plain, stepper, data, EPOCHS, begin=falling(stepper, RATE))
    assert [scores.loss for scores in result.train] == pytest.approx([*losses], rel=1e-6)
    for ours, torchs in zip(module.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours, torchs, rtol=1e-6, atol=1e-7)


def test_a_skipped_step_changes_nothing():
    module = linear()
    optimizer = make_optimizer(module, spec_with(optimizer="nadam", learning_rate=RATE))
    for parameter in module.parameters():
        parameter.grad = torch.ones_like(parameter)
    before = {name: value.clone() for name, value in changing(module).items()}
    optimizer.step(torch.ones(()))
    assert all(torch.equal(value, before[name]) for name, value in changing(module).items())
    optimizer.step(torch.zeros(()))
    assert not torch.equal(changing(module)["weight"], before["weight"])


def test_what_torch_refuses_is_named():
    spec = spec_with(optimizer="sgd", momentum=0.0, learning_rate=RATE,
                     optimizer_options=OptimizerOptions(nesterov=True))  # fmt: skip
    with pytest.raises(StudyError, match=r"torch\.optim\.SGD refuses its options: Nesterov"):
        make_optimizer(linear(), spec)


def test_a_studys_options_go_to_the_optimizers_that_have_them():
    settings = Settings(optimizer_options=OptimizerOptions(betas=(0.8, 0.9), nesterov=True))

    def options(chosen=None, **fields):
        experiment = Experiment(id="scratch/x", question="?", **fields)
        return resolve(experiment, settings, 0, chosen)[0].optimizer_options.given()

    assert options() == options(optimizer="sgd") == {"nesterov": True}
    assert options(optimizer="nadam") == {"betas": (0.8, 0.9)}
    assert options(optimizer="adagrad") == {}
    assert options(optimizer="adam", optimizer_options=OptimizerOptions()) == {}
    chosen = Experiment(id="scratch/grid-x", question="?", optimizer="adamw",
                        optimizer_options=OptimizerOptions(eps=1e-3))  # fmt: skip
    assert options(chosen) == {"eps": 1e-3}
    assert options(chosen, optimizer="nadam") == {"betas": (0.8, 0.9)}


def test_options_count_in_the_hash_and_none_leave_it_as_it_was():
    plain = spec_with(optimizer="adam")
    without = spec_with(optimizer="adam", optimizer_options=OptimizerOptions())
    with_some = spec_with(optimizer="adam", optimizer_options=OptimizerOptions(eps=1e-3))
    assert plain.digest() == without.digest() != with_some.digest()
    assert b"optimizer_options" not in msgspec.json.encode(without)
    read = msgspec.json.decode(msgspec.json.encode(with_some), type=type(with_some))
    assert read == with_some
    assert read.digest() == with_some.digest()
    assert hash(read) == hash(with_some)
