"""What training sees: altered train pictures, anew for each seed, and validation as it is."""

import msgspec
import pytest
import torch

from training.engine.evaluate import evaluate_logits
from training.engine.outcome import Fit
from training.planning.plan import resolve
from training.records import Experiment, Settings, read_scores
from training.run.keep_scores import kept_scores
from training.run.prepare_model import prepare_model
from training.run.train_model import pictures, train_model, validation_logits
from training.weights.source import WeightsSource

N = 8


def spec_with(augmentation, seed=0):
    experiment = Experiment(id="augmentation/x", question="?", augmentation=augmentation)
    settings = Settings(image_size=64, width=1 / 16, batch_size=N)
    return resolve(experiment, settings, seed)[0]


@pytest.fixture
def seen(workspace, monkeypatch):
    """Return what a spec's training and validation see of their first pictures, twice."""

    def look(spec):
        found = []

        def looking(module, mode, train, validation, *others):
            first = torch.arange(N)
            found.extend([train.gather(first), validation.gather(first)] for _ in range(2))
            return Fit()

        monkeypatch.setattr("training.run.train_model.fit", looking)
        train_model(prepare_model(spec, WeightsSource("none"), workspace), spec, workspace)
        return found

    return look


@pytest.mark.parametrize("augmentation", ["one-of-three", "rotation"])
def test_train_pictures_are_altered_and_validation_pictures_are_not(seen, augmentation):
    (train, validation), (again, same) = seen(spec_with(augmentation))
    (plain_train, plain_validation), _ = seen(spec_with("none"))
    assert not torch.equal(train, plain_train)
    assert not torch.equal(train, again)  # each epoch anew
    assert torch.equal(validation, plain_validation)
    assert torch.equal(same, plain_validation)


def test_another_seed_alters_pictures_otherwise_and_the_same_one_repeats(seen):
    first, repeated, other = (
        seen(spec_with("rotation", seed))[0][0] for seed in (0, 0, 1)
    )  # fmt: skip
    assert torch.equal(first, repeated)
    assert not torch.equal(first, other)


def test_what_ran_before_alters_nothing(seen):
    spec = spec_with("rotation", 5)
    alone = seen(spec)[0][0]
    seen(msgspec.structs.replace(spec, seed=6))
    assert torch.equal(seen(spec)[0][0], alone)


@pytest.mark.parametrize("freeze", ["none", "features"])
def test_kept_scores_are_those_of_the_whole_network(workspace, freeze):
    spec = msgspec.structs.replace(spec_with("none"), freeze=freeze)
    model = prepare_model(spec, WeightsSource("none"), workspace)
    assert (model.trainable.split is None) == (freeze == "none")
    logits, labels = validation_logits(model, spec, workspace)
    inputs = pictures(model, spec, workspace, "validation")
    whole = evaluate_logits(model.network.module, inputs, spec.batch_size)[1]
    assert torch.allclose(logits, whole, atol=1e-5)
    content, kept = kept_scores((whole, inputs.labels), model, spec, workspace)
    (workspace.folder.path / "scores.npy").parent.mkdir(parents=True, exist_ok=True)
    (workspace.folder.path / "scores.npy").write_bytes(content)
    found = read_scores(workspace.folder.path / "scores.npy", kept).validation
    assert found.label.tolist() == labels.tolist() == inputs.labels.tolist()
    assert found.log_probability == pytest.approx(whole.log_softmax(1).numpy(), abs=1e-3)
