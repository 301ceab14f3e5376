"""The epoch loop and the cached prefix, held to plain computations."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from plain_loop import falling, features, linear, plain_epochs, spec_with
from torch import nn

from training.engine.batches import PictureInputs, in_order, shuffled
from training.engine.evaluate import evaluate_logits
from training.engine.frozen_features import prefix_features
from training.engine.loop import fit
from training.engine.state import load_state
from training.networks.build import build
from training.networks.freezing import freeze, training_mode
from training.progress import EpochEnd, Progress
from training.records import Scores, ValidationAnswers


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop", "adamw"])
def test_training_is_the_plain_loop(optimizer):
    """The same order, loss and torch's own unfused optimizer give the same curve."""
    spec = spec_with(optimizer=optimizer, learning_rate=1e-2, epochs=5, step_size=2)
    data, module = features(), linear()
    result = fit(module, module.train, data, data, spec, Progress())

    plain = linear()
    makers = {
        "sgd": lambda p: torch.optim.SGD(p, 1e-2, momentum=0.9, weight_decay=5e-5, fused=False),
        "adam": lambda p: torch.optim.Adam(p, 1e-2, weight_decay=5e-5, foreach=False),
        "rmsprop": lambda p: torch.optim.RMSprop(p, 1e-2, weight_decay=5e-5, foreach=False),
        "adamw": lambda p: torch.optim.AdamW(p, 1e-2, weight_decay=5e-5, foreach=False),
    }
    stepper = makers[optimizer](plain.parameters())
    losses = plain_epochs(plain, stepper, data, 5, begin=falling(stepper, 1e-2))
    assert [scores.loss for scores in result.train] == pytest.approx([*losses], rel=1e-5)
    assert result.learning_rate == pytest.approx([1e-2, 1e-2, 1e-3, 1e-3, 1e-4])


def test_best_epoch_has_the_highest_validation_accuracy_and_its_weights():
    spec = spec_with(optimizer="sgd", learning_rate=3.0, epochs=12)
    data, module = features(), linear()
    result = fit(module, module.train, data, data, spec, Progress())
    accuracies = [scores.accuracy for scores in result.validation]
    best = max(accuracies)
    assert accuracies[result.best_epoch - 1] == best
    ties = [s.loss for s in result.validation if s.accuracy == best]
    assert result.validation[result.best_epoch - 1].loss == min(ties)
    load_state(module, result.best_state)
    scores, _ = evaluate_logits(module, data, 7)
    assert scores.accuracy == best


def trained_with(validation, monkeypatch):
    """Train with validation scores that are given; return the fit and the weights by epoch."""
    module, data = linear(), features()
    weights, scores = {}, iter(validation)

    def validated(*_):
        weights[len(weights) + 1] = {k: v.clone() for k, v in module.state_dict().items()}
        return Scores(*next(scores)), ValidationAnswers(f"{len(weights):x}", [], [])

    monkeypatch.setattr("training.engine.loop.evaluate", validated)
    spec = spec_with(epochs=len(validation), learning_rate=1e-2)
    return fit(module, module.train, data, data, spec, Progress()), weights


@pytest.mark.parametrize(
    ("validation", "best"),
    [
        ([(1.0, 0.5), (1.1, 0.7), (1.2, 0.6)], 2),
        ([(0.9, 0.5), (0.7, 0.5), (0.8, 0.5)], 2),  # of equal accuracies, the lowest loss
        ([(0.9, 0.5), (0.9, 0.5)], 1),  # of equal epochs, the first
        ([(0.1, 0.4), (0.9, 0.5)], 2),  # accuracy decides before loss
    ],
)
def test_the_best_epoch_is_that_of_the_rule_and_so_are_its_weights(validation, best, monkeypatch):
    result, weights = trained_with(validation, monkeypatch)
    assert result.best_epoch == best
    assert all(torch.equal(result.best_state[name], w) for name, w in weights[best].items())
    assert result.best_answers.right == f"{best:x}"
    assert result.last_answers.right == f"{len(validation):x}"


def test_a_run_that_diverges_keeps_its_best_finite_epoch(monkeypatch):
    validation = [(1.0, 0.5), (0.9, 0.7), (1.2, 0.6), (None, 0.9), (0.1, 1.0)]
    result, weights = trained_with(validation, monkeypatch)
    assert result.diverged
    assert len(result.validation) == 4  # and no epoch after it
    assert result.best_epoch == 2
    assert result.best_answers.right == "2"
    assert result.last_answers is None
    assert all(torch.equal(result.best_state[name], w) for name, w in weights[2].items())


def test_an_epochs_seconds_are_those_of_training_and_of_validation(monkeypatch):
    clock, speeds = itertools.count(100), []
    ticking = SimpleNamespace(perf_counter=lambda: next(clock))
    monkeypatch.setattr("training.engine.loop.time", ticking)

    class Watching(Progress):
        def epoch(self, end):
            speeds.append(end.images_per_second)

    data, module = features(), linear()
    result = fit(module, module.train, data, data, spec_with(epochs=2), Watching())
    trained = 5 + 1  # seconds: the clock is read after each of 5 batches, and at the end
    assert result.training_seconds == 2 * trained
    assert speeds == [40 / trained] * 2
    curves = result.curves("scratch/x", 0)
    assert curves.epoch_seconds == [trained + 1] * 2
    assert curves.epoch == [1, 2]


def test_divergence_ends_training_early():
    class Exploding(nn.Linear):
        calls = 0

        def forward(self, x):
            self.calls += self.training
            return super().forward(x) * (float("nan") if self.calls > 11 else 1.0)

    torch.manual_seed(1)
    module, data = Exploding(6, 3), features()
    result = fit(
        module, module.train, data, data, spec_with(epochs=9, learning_rate=1e-3), Progress()
    )
    assert result.diverged
    assert len(result.train) == 3  # 5 batches an epoch: the third meets the NaN
    assert result.train[-1].loss is None
    assert result.best_epoch == 2
    assert all(torch.isfinite(value).all() for value in result.best_state.values())


def test_divergence_in_the_first_epoch_leaves_no_best_epoch():
    data, module = features(), linear()
    with torch.no_grad():
        module.weight.fill_(float("nan"))
    result = fit(module, module.train, data, data, spec_with(), Progress())
    assert (result.diverged, result.best_epoch, result.best_state) == (True, 0, {})


def test_same_seed_gives_the_same_curve_and_another_seed_another():
    def losses(seed):
        torch.manual_seed(seed)
        module = build("alexnet", 3, width=1 / 16).module
        return [
            s.loss
            for s in fit(
                module, module.train, pictures(), pictures(), spec_with(seed, epochs=2), Progress()
            ).train
        ]

    assert losses(0) == losses(0)
    assert losses(0) != losses(1)


def pictures(n=20, augmentation="none", n_classes=3):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (n, 64, 64, 3), dtype=np.uint8)
    return PictureInputs(
        pixels,
        np.arange(n),
        np.arange(n) % n_classes,
        mean=(0.5, 0.4, 0.3),
        std=(0.2, 0.25, 0.3),
        device=torch.device("cpu"),
        augmentation=augmentation,
    )


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_gathered_pictures_are_normalised_like_torchvisions(monkeypatch, at_once):
    from torchvision.transforms import functional as reference

    inputs = pictures()
    monkeypatch.setattr("training.engine.batches.IN_CACHE", at_once * inputs.pixels[0].size * 4)
    chosen = (3, 1, 2, 0, 3, 1, 2)
    gathered = inputs.gather(torch.tensor(chosen))
    assert gathered.is_contiguous(memory_format=torch.channels_last)
    for picture, i in zip(gathered, chosen, strict=True):
        theirs = reference.normalize(
            reference.to_tensor(inputs.pixels[i]), [0.5, 0.4, 0.3], [0.2, 0.25, 0.3]
        )
        assert torch.allclose(picture, theirs, atol=1e-5)


def test_last_batch_of_one_joins_the_one_before():
    generator = torch.Generator().manual_seed(0)
    assert [len(b) for b in shuffled(17, 8, generator)] == [8, 9]
    assert [len(b) for b in shuffled(18, 8, generator)] == [8, 8, 2]
    assert [len(b) for b in shuffled(1, 8, generator)] == [1]
    assert torch.cat(list(shuffled(17, 8, generator))).sort().values.tolist() == list(range(17))
    assert [len(b) for b in in_order(17, 8)] == [8, 8, 1]


@pytest.mark.parametrize(
    ("model", "head", "strategy"),
    [("alexnet", (), "features"), ("vgg16", (16,), "backbone"), ("resnet18", (16,), "backbone")],
)
def test_cached_prefix_trains_like_the_plain_computation(model, head, strategy):
    spec = spec_with(model=model, head=head, freeze=strategy, learning_rate=1e-2, optimizer="sgd")

    def network():
        torch.manual_seed(spec.seed)
        built = build(spec.model, 3, spec.head, spec.width)
        return built, freeze(built, spec.freeze)

    plain, trainable = network()
    expected = fit(
        plain.module,
        lambda: training_mode(plain, trainable),
        pictures(),
        pictures(),
        spec,
        Progress(),
    )
    cached, trainable = network()
    split = trainable.split
    assert split is not None
    data = prefix_features(cached.module, split, pictures(), 8, Progress(), "features")
    rest = cached.module.get_submodule(split)
    result = fit(rest, rest.train, data, data, spec, Progress())

    for ours, theirs in zip(
        result.train + result.validation, expected.train + expected.validation, strict=True
    ):
        assert ours.loss == pytest.approx(theirs.loss, rel=1e-4)
    load_state(cached.module, {f"{split}.{k}": v for k, v in result.best_state.items()})
    load_state(plain.module, expected.best_state)
    _, logits = evaluate_logits(cached.module, pictures(), 8)
    _, expected_logits = evaluate_logits(plain.module, pictures(), 8)
    assert torch.allclose(logits, expected_logits, atol=1e-4)


def test_progress_hears_of_every_epoch():
    class Listener(Progress):
        def __init__(self):
            self.seen: list[EpochEnd] = []

        def epoch(self, end):
            self.seen.append(end)

    listener, module = Listener(), linear()
    fit(module, module.train, features(), features(), spec_with(), listener)
    assert [(end.epoch, end.n_epochs) for end in listener.seen] == [(1, 3), (2, 3), (3, 3)]
