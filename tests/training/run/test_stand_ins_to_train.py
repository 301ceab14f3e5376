"""Stand-in weights that are missing: found, and counted as they are trained."""

import msgspec
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from training.data import sample
from training.data.locate import locate
from training.data.prepare import prepare
from training.progress import Progress
from training.records import OptimizerOptions
from training.records.holders import trains_stand_ins
from training.run import train_stand_in
from training.run.stand_ins_to_train import flop_of_missing, is_trained, missing, pictures_an_epoch
from training.run.train_stand_in import source_spec
from training.run.workspace import Workspace


@pytest.fixture
def spec(recorder):
    return recorder.step("transfer/grid-sgd-1e-3").spec


@pytest.fixture
def few_letters(tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sample, "GLYPHS", {"target": "ABC", "source": "dg"})
    monkeypatch.setattr(sample, "COUNTS", {"target": (15, 20), "source": (24, 30)})
    monkeypatch.setattr(train_stand_in, "RECIPES", {"alexnet": train_stand_in.Recipe(1e-3, 2)})


def test_each_that_is_wanted_and_not_there_is_missing_once(spec, recorder, tmp_path):
    others = [msgspec.structs.replace(spec, seed=1), recorder.step("scratch/baseline").spec]
    assert missing([spec, *others], tmp_path) == {spec.weights_digest: source_spec(spec)}
    (tmp_path / f"{spec.weights_digest}-0123.pt").touch()
    assert is_trained(spec.weights_digest, tmp_path)
    assert missing([spec, *others], tmp_path) == {}


def test_they_are_trained_alike_whatever_the_recipe_of_who_wants_them(spec):
    """Their name doesn't say it."""
    told = OptimizerOptions(nesterov=True)
    recipe = {"schedule": "mine:own", "loss": "mine:own", "warm_up": 2, "mixup": 0.2, "ema": 0.9,
              "optimizer_options": told, "two_phase": 1, "early_stopping": 1}  # fmt: skip
    assert source_spec(msgspec.structs.replace(spec, **recipe)) == source_spec(spec)


def test_while_they_are_trained_the_study_says_so_and_no_longer(
    spec, recorder, tmp_path, few_letters, monkeypatch
):
    small = msgspec.structs.replace(spec, image_size=64, resize_size=73, width=0.1)
    data = prepare(locate("sample-source"), None, small.image_size, None, 0)
    workspace = Workspace(recorder.folder, data, torch.device("cpu"), Progress(), tmp_path)
    seen, fit = [], train_stand_in.fit

    def watched(*args):
        seen.append(trains_stand_ins(recorder.folder))
        return fit(*args)

    monkeypatch.setattr(train_stand_in, "fit", watched)
    for _ in range(2):  # the second time they are there
        train_stand_in.sample_weights(small, workspace)
        seen.append(trains_stand_ins(recorder.folder))
    assert seen == [True, False, False]


def test_the_arithmetic_is_that_of_training_them(spec, recorder, tmp_path, few_letters):
    small = msgspec.structs.replace(spec, image_size=64, resize_size=73, width=0.1)
    n_train, n_choosing = pictures_an_epoch()
    assert 0 < n_choosing < n_train
    counted = flop_of_missing([small], tmp_path)[spec.weights_digest]
    data = prepare(locate("sample-source"), None, small.image_size, None, 0)
    workspace = Workspace(recorder.folder, data, torch.device("cpu"), Progress(), tmp_path)
    with FlopCounterMode(display=False) as counter:
        train_stand_in.sample_weights(small, workspace)
    assert counted == pytest.approx(counter.get_total_flops(), rel=0.02)
