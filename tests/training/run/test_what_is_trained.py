"""What is handed to the epoch loop: the whole network on pictures, or the rest on features."""

from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
import torch
from torch import nn

from training.engine.batches import FeatureInputs, PictureInputs
from training.engine.feature_cache import FeatureCache
from training.engine.outcome import Fit
from training.networks.build import Network
from training.networks.freezing import freeze
from training.progress import Progress
from training.run import train_model as training
from training.run.prepare_model import Model
from training.run.run_options import RunOptions
from training.run.train_model import train_model
from training.stopping import StopSignal

N_TRAIN, N_VALIDATION = 5, 3


@pytest.fixture
def handed(monkeypatch):
    """Replace the epoch loop by one that notes what it is handed, and trains nothing."""
    calls = []

    def fit(module, training_mode, train, validation, spec, *rest):
        given = SimpleNamespace(module=module, training_mode=training_mode, train=train,
                                validation=validation, rest=rest)  # fmt: skip
        calls.append(given)
        return Fit(best_state={"weight": torch.zeros(1)})

    monkeypatch.setattr(training, "fit", fit)
    return calls


@pytest.fixture
def workspace(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (10, 4, 4, 3), dtype=np.uint8)
    data = SimpleNamespace(
        pixels=lambda image_size: pixels,
        splits={"train": np.arange(N_TRAIN), "validation": np.arange(N_VALIDATION) + N_TRAIN},
        labels=np.arange(10) % 3,
        record=SimpleNamespace(fingerprint="data"),
        pool=None,
    )
    return SimpleNamespace(
        data=data, device=torch.device("cpu"), precision="fp32", progress=Progress(), alone=True,
        stop=StopSignal(), feature_cache=FeatureCache(tmp_path / "features"),
        pixels_on_device=lambda image_size: None, options=RunOptions(),
    )  # fmt: skip


def a_model(strategy="none"):
    torch.manual_seed(0)
    module = nn.Sequential()
    module.features = nn.Sequential(nn.Flatten(), nn.Linear(48, 6), nn.Dropout())
    module.classifier = nn.Sequential(nn.Dropout(), nn.Linear(6, 3))
    network = Network(module, "classifier.1", {"features": "features", "classifier": "classifier"})
    return Model(network, freeze(network, strategy), (0.5,) * 3, (0.2,) * 3)


def test_a_whole_network_trains_on_pictures(handed, workspace, spec):
    model = a_model()
    result, seconds = train_model(model, spec, workspace)
    (given,) = handed
    assert given.module is model.network.module
    assert [type(inputs) for inputs in (given.train, given.validation)] == [PictureInputs] * 2
    assert [len(given.train.labels), len(given.validation.labels)] == [N_TRAIN, N_VALIDATION]
    assert list(result.best_state) == ["weight"]
    assert seconds is None


@pytest.mark.parametrize("strategy", ["none", "features"])
@pytest.mark.parametrize("kind", ["rotation", "horizontal-flip"])
def test_only_train_pictures_are_altered(handed, workspace, spec, strategy, kind):
    altered = msgspec.structs.replace(spec, augmentation=kind)
    train_model(a_model(strategy), altered, workspace)
    (given,) = handed
    assert (given.train.augmentation, given.validation.augmentation) == (kind, "none")


def test_a_seed_alters_pictures_as_it_always_has(handed, workspace, spec):
    """And not by the numbers that their order is drawn from, those of the seed itself."""
    train_model(a_model(), msgspec.structs.replace(spec, seed=5), workspace)
    assert handed[0].train.generator.initial_seed() == 6


def test_frozen_modules_stay_in_inference_mode(handed, workspace, spec):
    model = a_model("features")
    train_model(model, msgspec.structs.replace(spec, augmentation="rotation"), workspace)
    handed[0].training_mode()
    module = model.network.module
    assert (module.features.training, module.classifier.training) == (False, True)


def test_behind_a_frozen_part_the_rest_trains_on_its_features(handed, workspace, spec):
    model = a_model("features")
    result, seconds = train_model(model, spec, workspace)
    (given,) = handed
    module = model.network.module
    assert given.module is module.classifier
    for name, inputs in (("train", given.train), ("validation", given.validation)):
        pictures = training.pictures(model, spec, workspace, name)
        expected = module.features.eval()(pictures.gather(torch.arange(len(pictures.labels))))
        assert isinstance(inputs, FeatureInputs)
        torch.testing.assert_close(inputs.features, expected)
        assert torch.equal(inputs.labels, pictures.labels)
    assert list(result.best_state) == ["classifier.weight"]
    assert seconds > 0
    given.training_mode()
    assert (module.features.training, module.classifier.training) == (False, True)


def test_features_that_were_kept_are_used_and_count_what_they_took(
    handed, workspace, spec, monkeypatch
):
    kept = {}
    workspace.feature_cache = SimpleNamespace(
        load=lambda key, n: kept.get(key), keep=lambda key, *values: kept.update({key: values})
    )
    train_model(a_model("features"), spec, workspace)
    assert sorted(len(features) for features, _ in kept.values()) == [N_VALIDATION, N_TRAIN]
    for key, (features, _) in kept.items():
        kept[key] = features, 10.0 if len(features) == N_TRAIN else 4.0
    monkeypatch.setattr(training, "prefix_features", lambda *_: pytest.fail("computed again"))
    _, seconds = train_model(a_model("features"), spec, workspace)
    assert seconds == 14.0
    first, second = handed
    assert torch.equal(first.train.features, second.train.features)


def test_what_features_take_is_the_time_between(handed, workspace, spec, monkeypatch):
    clock = iter([100.0, 103.0, 200.0, 205.0])
    monkeypatch.setattr(training.time, "perf_counter", lambda: next(clock))
    assert train_model(a_model("features"), spec, workspace)[1] == 8.0


@pytest.mark.parametrize(
    ("precision", "model", "kind"),
    [("bf16", "alexnet", torch.bfloat16), ("bf16", "timm:vit", torch.float32),
     ("fp32", "alexnet", torch.float32), ("tf32", "alexnet", torch.float32),
     ("fp32", "timm:vit", torch.float32)],
)  # fmt: skip
def test_pictures_are_rounded_only_where_a_first_convolution_does(
    workspace, spec, precision, model, kind
):
    workspace.precision = precision
    given = training.pictures(
        a_model(), msgspec.structs.replace(spec, model=model), workspace, "train"
    )
    assert given.gather(torch.arange(2)).dtype == kind


@pytest.mark.parametrize("strategy", ["none", "features"])
def test_energy_is_read_only_of_a_device_of_ones_own(
    handed, workspace, spec, monkeypatch, strategy
):
    meter = object()
    monkeypatch.setattr(training, "energy_meter", lambda device: meter)
    for alone in (True, False):
        workspace.alone = alone
        train_model(a_model(strategy), spec, workspace)
        assert (handed[-1].rest[4] is meter) == alone


def test_what_watches_and_stops_a_run_reaches_the_loop(handed, workspace, spec):
    checkpoints, log = object(), lambda _: None
    for strategy in ("none", "features"):
        train_model(a_model(strategy), spec, workspace, checkpoints, log)
        progress, passed, stop, logged, *_ = handed[-1].rest
        assert (progress, passed, stop, logged) == (
            workspace.progress, checkpoints, workspace.stop, log)  # fmt: skip


@pytest.mark.parametrize("strategy", ["none", "features"])
def test_code_of_ones_own_reaches_the_loop(handed, workspace, spec, tmp_path, strategy):
    (tmp_path / "mine.py").write_text("def own(*given): return given\n")
    workspace.options = RunOptions(code_folders=(tmp_path,))
    named = {"optimizer": "mine:own", "loss": "mine:own", "schedule": "mine:own"}
    train_model(a_model(strategy), msgspec.structs.replace(spec, **named), workspace)
    *_, parts, _ = handed[-1].rest
    assert [part(1) for part in (parts.optimizer, parts.loss, parts.schedule)] == [(1,)] * 3
