"""Each fold's run sees its own pictures, and frozen features are computed once for all folds."""

import dataclasses
import hashlib

import msgspec
import numpy as np
import pytest

from training.data.prepare import prepare
from training.errors import StudyError
from training.planning.plan import Plan, resolve
from training.records import (
    Choice,
    Experiment,
    Metrics,
    Scores,
    Settings,
    StudyFolder,
    StudyRecord,
    write,
)
from training.run import train_model as module
from training.run.prepare_model import prepare_model
from training.run.train_model import train_model
from training.study import build_study
from training.study.choices import Choices
from training.study.files import StudyFile
from training.weights.source import WeightsSource

K = 3
SETTINGS = Settings(image_size=64, width=1 / 16, batch_size=4, folds=K, seed=7)


@pytest.fixture
def folded(workspace):
    data = workspace.data
    workspace.data = prepare(data.root, None, 64, None, 7, choices=Choices(folds=K))
    return workspace


def spec_of(seed, **fields):
    options = {"model": "resnet18", "epochs": 2, "optimizer": "adam", "freeze": "backbone"}
    experiment = Experiment(id="scratch/x", question="?", **(options | fields))
    return resolve(experiment, SETTINGS, seed)[0]


def train(spec, workspace):
    with workspace.on_fold(spec.fold):
        model = prepare_model(spec, WeightsSource("none"), workspace)
        return model, train_model(model, spec, workspace)


def test_each_seed_is_another_fold_and_each_fold_another_spec():
    specs = [spec_of(seed) for seed in SETTINGS.run_seeds]
    assert [(spec.seed, spec.folds, spec.fold) for spec in specs] == [
        (7, K, 1),
        (8, K, 2),
        (9, K, 3),
    ]
    assert len({spec.digest() for spec in specs}) == K
    plain = resolve(Experiment(id="scratch/x", question="?"), Settings(), 0)[0]
    assert (plain.folds, plain.fold) == (0, 0)
    assert plain.digest() == digest_before(plain)


def digest_before(spec):
    """Return the digest of a spec written before there were folds."""
    known = {f.name: f.default for f in msgspec.structs.fields(spec) if "fold" not in f.name}
    fields = {n: v for n, d in known.items() if (v := getattr(spec, n)) != d}
    return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()[:16]


def test_a_run_is_trained_and_validated_on_its_folds_pictures(folded, monkeypatch):
    seen = []
    usual = module.fit
    monkeypatch.setattr(module, "fit", lambda net, mode, train, held_out, *more: (
        seen.append((train.labels.tolist(), held_out.labels.tolist())),
        usual(net, mode, train, held_out, *more))[1])  # fmt: skip
    whole = folded.data
    for fold, splits in enumerate(whole.folds):
        for freeze in ("backbone", "none"):
            train(spec_of(7 + fold, freeze=freeze, epochs=1), folded)
            labels = [whole.labels[splits[name]].tolist() for name in ("train", "validation")]
            assert seen.pop() == tuple(labels)
    assert folded.data is whole


def test_frozen_features_are_computed_once_for_all_folds_and_are_those_of_each(folded):
    """The same start and its own statistics: what differs between folds is which pictures."""
    computed = []
    usual = module.prefix_features

    def counting(*arguments):
        computed.append(arguments[-3])
        return usual(*arguments)

    fields = {"mean": (0.5, 0.5, 0.5), "std": (0.2, 0.2, 0.2)}
    whole, results = folded.data, []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "prefix_features", counting)
        for fold in (1, 2, 3):
            spec = with_fields(spec_of(7, **fields), fold=fold)
            results.append(train(spec, folded)[1][0])
    assert computed == ["features of resnet18, train and validation"]
    for fold, result in enumerate(results, 1):
        alone = dataclasses.replace(whole, splits=whole.folds[fold - 1], folds=())
        plain = dataclasses.replace(folded, data=alone)
        model = prepare_model(spec_of(7, **fields), WeightsSource("none"), plain)
        expected, _ = train_model(model, spec_of(7, **fields), plain)
        for ours, theirs in zip(result.validation, expected.validation, strict=True):
            assert ours.loss == pytest.approx(theirs.loss, rel=1e-4)
        assert result.best_answers.right == expected.best_answers.right


def with_fields(spec, **fields):
    return msgspec.structs.replace(spec, **fields)


def test_another_start_computes_its_own_features(folded):
    spec = spec_of(7)
    train(spec, folded)
    first = folded.pool_features[0]
    train(spec_of(8), folded)
    assert folded.pool_features[0] != first


def test_of_several_folds_the_best_of_a_grid_is_that_of_the_mean(tmp_path):
    members = [Experiment(id=f"scratch/grid-{n}", question="?") for n in ("a", "b")]
    study = StudyRecord(name="s", preset="quick", title="s", settings=SETTINGS, experiments=members)
    folder = StudyFolder(tmp_path)
    for member, accuracies in zip(members, ([0.9, 0.1, 0.1], [0.5, 0.5, 0.5]), strict=True):
        for seed, accuracy in zip(SETTINGS.run_seeds, accuracies, strict=True):
            spec = resolve(member, SETTINGS, seed)[0]
            write(folder.metrics(member.id, seed), Metrics(
                id=member.id, section="scratch", seed=seed, status="done", spec=spec,
                spec_hash=spec.digest(), dataset_fingerprint="", best_epoch=1,
                validation=Scores(1.0, accuracy), finished_at="2026-01-01T00:00:00Z"))  # fmt: skip
    selected, _ = Plan(study, folder).select(Choice("scratch/grid"))
    assert selected.id == "scratch/grid-b"
    assert np.isclose(selected.validation_accuracy, [0.5, 1.1 / 3]).all()


@pytest.mark.parametrize(
    ("settings", "told"),
    [({"folds": 1}, "nothing to train on"), ({"folds": 5, "seeds": 3}, "each fold is one run"),
     ({"folds": -2}, "folds")],
)  # fmt: skip
def test_numbers_that_are_no_folds_are_refused(settings, told):
    with pytest.raises(StudyError, match=told):
        build_study("quick", StudyFile(settings=settings))
