"""The head alone at first, then everything: two plain runs, one after the other."""

import pytest
import torch
from killed_runs import IDENTITY, KilledAfter, KilledError
from plain_loop import plain_epochs

from training.engine.checkpoint import Checkpoints
from training.errors import StudyError
from training.networks.freezing import freeze, training_mode
from training.planning.plan import resolve
from training.records import Experiment, Scores, Settings, ValidationAnswers
from training.run.cost import cost_of
from training.run.prepare_model import prepare_model
from training.run.train_model import first_phase, pictures, train_model
from training.weights.source import WeightsSource

pytestmark = pytest.mark.usefixtures("one_thread")

N_FIRST, N_SECOND = 2, 3


def spec_with(**fields):
    options = {"model": "resnet18", "learning_rate": 1e-2, "epochs": N_FIRST + N_SECOND,
               "two_phase": N_FIRST, "optimizer": "adam"} | fields  # fmt: skip
    experiment = Experiment(id="scratch/x", question="?", **options)
    return resolve(experiment, Settings(image_size=64, width=1 / 16, batch_size=4), 0)[0]


def trained(spec, workspace, checkpoints=None):
    model = prepare_model(spec, WeightsSource("none"), workspace)
    return model, train_model(model, spec, workspace, checkpoints)[0]


@pytest.mark.parametrize("optimizer", ["sgd", "nadam"])
def test_it_is_two_plain_runs_one_after_the_other(workspace, optimizer):
    spec = spec_with(optimizer=optimizer, weight_decay=0.0)
    model, result = trained(spec, workspace)

    plain = prepare_model(spec, WeightsSource("none"), workspace)
    network, data = plain.network.module, pictures(plain, spec, workspace, "train")
    order = torch.Generator().manual_seed(spec.seed)
    for strategy, n_epochs in (("backbone", N_FIRST), ("none", N_SECOND)):
        held = freeze(plain.network, strategy)
        trainable = [p for p in network.parameters() if p.requires_grad]
        stepper = {"sgd": lambda p: torch.optim.SGD(p, 1e-2, momentum=0.9),
                   "nadam": lambda p: torch.optim.NAdam(p, 1e-2)}[optimizer](trainable)  # fmt: skip
        before = {n: v.clone() for n, v in network.state_dict().items()}
        assert len(data.labels) % 4 != 1
        losses = [*plain_epochs(
            network, stepper, data, n_epochs, order=order, size=4,
            begin=lambda _, held=held: training_mode(plain.network, held),
        )]  # fmt: skip
        epochs = result.train[:N_FIRST] if strategy == "backbone" else result.train[N_FIRST:]
        assert [scores.loss for scores in epochs] == pytest.approx(losses, rel=1e-3)
        changed = {n for n, v in network.state_dict().items() if not torch.equal(v, before[n])}
        assert (changed <= {"fc.weight", "fc.bias"}) == (strategy == "backbone")
    found = model.network.module.state_dict()
    for name, value in network.state_dict().items():
        torch.testing.assert_close(found[name], value, rtol=1e-3, atol=1e-5)
    assert len(result.train) == N_FIRST + N_SECOND


def test_its_first_epochs_are_those_of_a_frozen_backbone(workspace):
    _, result = trained(spec_with(), workspace)
    frozen = spec_with(two_phase=0, freeze="backbone", epochs=N_FIRST)
    _, alone = trained(frozen, workspace)
    for whole, part in zip(result.validation[:N_FIRST], alone.validation, strict=True):
        assert whole.loss == pytest.approx(part.loss, rel=1e-4)


@pytest.mark.parametrize("fields", [{}, {"ema": 0.7}, {"augmentation": "rotation", "mixup": 0.3}])
def test_killed_after_any_batch_it_goes_on_to_the_same_bytes(workspace, tmp_path, fields):
    spec = spec_with(**fields)
    _, whole = trained(spec, workspace)
    n_batches = -(-len(workspace.data.splits["train"]) // 4)
    for left in (1, N_FIRST * n_batches - 1, N_FIRST * n_batches, N_FIRST * n_batches + 1,
                 (N_FIRST + 1) * n_batches + 1):  # fmt: skip
        checkpoints = Checkpoints(tmp_path / str(left), IDENTITY, 0)
        workspace.progress = KilledAfter(left)
        with pytest.raises(KilledError):
            trained(spec, workspace, checkpoints)
        workspace.progress = KilledAfter(1000)
        _, resumed = trained(spec, workspace, checkpoints)
        assert [note[:18] for note in workspace.progress.notes] == ["Resuming at epoch "]
        assert (resumed.train, resumed.validation) == (whole.train, whole.validation)
        assert resumed.best_epoch == whole.best_epoch
        assert set(resumed.best_state) == set(whole.best_state)
        for name, value in whole.best_state.items():
            assert torch.equal(resumed.best_state[name], value), name


def test_a_best_epoch_of_the_first_phase_keeps_all_weights(workspace, monkeypatch):
    accuracies = iter([0.5, 0.9, 0.1, 0.1, 0.1])
    monkeypatch.setattr("training.engine.loop.evaluate", lambda *_: (
        Scores(1.0, next(accuracies)), ValidationAnswers("0", [], [])))  # fmt: skip
    _, result = trained(spec_with(), workspace)
    start = prepare_model(spec_with(), WeightsSource("none"), workspace).network.module
    assert result.best_epoch == 2
    assert set(result.best_state) == set(start.state_dict())
    for name, value in start.state_dict().items():
        same = torch.equal(result.best_state[name], value)
        assert same == (name not in ("fc.weight", "fc.bias")), name


def test_patience_counts_epochs_of_the_second_phase(workspace, monkeypatch):
    accuracies = iter([0.9] + [0.1] * 9)
    monkeypatch.setattr("training.engine.loop.evaluate", lambda *_: (
        Scores(1.0, next(accuracies)), ValidationAnswers("0", [], [])))  # fmt: skip
    _, result = trained(spec_with(epochs=9, two_phase=4, early_stopping=2), workspace)
    assert len(result.train) == 4 + 2


def test_what_can_be_trained_in_the_end_is_what_the_record_says(workspace):
    model, _ = trained(spec_with(), workspace)
    assert all(p.requires_grad for p in model.network.module.parameters())
    model, result = trained(spec_with(learning_rate=1e30, optimizer="sgd"), workspace)
    assert result.diverged
    assert all(p.requires_grad for p in model.network.module.parameters())


def test_its_arithmetic_is_that_of_both_phases(workspace, monkeypatch):
    monkeypatch.setattr("training.run.cost.peak_flop_per_second", lambda *_: None)

    def flop(**fields):
        spec = spec_with(**fields)
        model, result = trained(spec, workspace)
        return cost_of(model, spec, result, workspace, cached=False).training_flop

    whole, first = flop(two_phase=0, epochs=1), flop(epochs=3, two_phase=2)
    assert whole < first - whole < 2 * whole  # forward passes of two epochs, and little more


def test_a_head_that_is_held_is_not_trained_first(workspace):
    spec = spec_with(freeze="pattern:fc.*")
    model = prepare_model(spec, WeightsSource("none"), workspace)
    with pytest.raises(StudyError, match=r"pattern:fc\.\*” holds it still"):
        first_phase(model.network, spec)


def test_one_of_the_study_is_none_of_experiments_of_the_head_alone():
    settings = Settings(two_phase=2)

    def of(freeze):
        experiment = Experiment(id="scratch/x", question="?", freeze=freeze)
        return resolve(experiment, settings, 0)[0].two_phase

    assert [of(name) for name in ("none", "features", "backbone", "head", "classifier")] == [
        2, 2, 0, 0, 0
    ]  # fmt: skip
