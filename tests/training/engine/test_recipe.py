"""Schedules, smoothed labels, clipped gradients and an early end, held to torch's own."""

import msgspec
import numpy as np
import pytest
import torch
from plain_loop import features, linear, spec_with
from torch import nn
from torch.nn import functional as F
from torch.optim import lr_scheduler
from torch.utils.data import WeightedRandomSampler

from training.engine import loop
from training.engine.batches import n_batches, shuffled
from training.engine.loop import fit
from training.engine.out_of_memory import backward
from training.engine.schedule import rate_in
from training.progress import Progress
from training.records import Scores, ValidationAnswers

RATE, EPOCHS = 3e-2, 9


def torchs_rates(name, warm_up, step_size=3):
    """Return the rates of all epochs as torch's schedulers have them."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(()))], RATE)
    n = EPOCHS - warm_up
    after = {
        "step": lambda: lr_scheduler.StepLR(optimizer, step_size, 0.1),
        "constant": lambda: lr_scheduler.ConstantLR(optimizer, 1.0),
        "linear": lambda: lr_scheduler.LinearLR(optimizer, 1.0, 0.0, n),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, n),
    }[name]()
    schedule = after
    if warm_up:
        rising = lr_scheduler.LinearLR(optimizer, 1 / (warm_up + 1), 1.0, warm_up)
        schedule = lr_scheduler.SequentialLR(optimizer, [rising, after], [warm_up])
    rates = []
    for _ in range(EPOCHS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


@pytest.mark.parametrize("warm_up", [0, 1, 4])
@pytest.mark.parametrize("name", ["step", "constant", "linear", "cosine"])
def test_rates_are_torchs(name, warm_up):
    spec = spec_with(learning_rate=RATE, epochs=EPOCHS, schedule=name, warm_up=warm_up,
                     step_size=3)  # fmt: skip
    ours = [rate_in(spec, epoch) for epoch in range(1, EPOCHS + 1)]
    assert ours == pytest.approx(torchs_rates(name, warm_up), rel=1e-9)


@pytest.mark.parametrize("n", [40, 41, 1, 47])
def test_batches_are_counted_as_they_come(n):
    assert n_batches(n, 8) == sum(1 for _ in shuffled(n, 8, torch.Generator()))


@pytest.mark.parametrize("warm_up", [0, 2])
def test_one_cycle_is_torchs(warm_up, monkeypatch):
    spec = spec_with(learning_rate=RATE, epochs=6, schedule="one-cycle", warm_up=warm_up)
    module, data, rates, made = linear(), features(n=41), [], []
    make = loop.make_optimizer

    class Listening(Progress):
        def batch(self, n):
            rates.append(made[0].learning_rate)

    monkeypatch.setattr(loop, "make_optimizer", lambda *a: made.append(make(*a)) or made[0])
    result = fit(module, module.train, data, data, spec, Listening())
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(()))], RATE)
    n = (6 - warm_up) * 5
    cycle = lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=n, cycle_momentum=False)
    expected = [RATE * (epoch + 1) / (warm_up + 1) for epoch in range(warm_up) for _ in range(5)]
    for place in range(n):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if place < n - 1:
            cycle.step()
    assert rates == pytest.approx(expected, rel=1e-9)
    assert result.learning_rate == pytest.approx(expected[4::5], rel=1e-9)


@pytest.mark.parametrize(
    ("smoothing", "clip", "balance"),
    [(0.2, 0.0, "none"), (0.0, 0.05, "none"), (0.3, 0.1, "none"), (0.0, 0.0, "loss"),
     (0.2, 0.0, "loss"), (0.0, 0.0, "sampling")],
)  # fmt: skip
@pytest.mark.parametrize("parts", [1, 3])
def test_the_loss_that_is_followed_is_torchs(smoothing, clip, balance, parts, monkeypatch):
    """Smoothed labels, clipped gradients, weighted classes; recorded is the plain loss."""
    spec = spec_with(optimizer="sgd", learning_rate=0.1, label_smoothing=smoothing,
                     clip_gradient=clip, balance=balance)  # fmt: skip
    monkeypatch.setattr(loop, "backward", lambda module, inputs, labels, _, *others: backward(
        module, inputs, labels, parts, *others))  # fmt: skip
    data, module = features(), linear()
    result = fit(module, module.train, data, data, spec, Progress())

    plain = linear()
    optimizer = torch.optim.SGD(plain.parameters(), 0.1, momentum=0.9, weight_decay=5e-5)
    counts = np.bincount(data.labels)
    weights = 40 / (3 * counts)  # scikit-learn's class_weight="balanced"
    assert len(set(counts)) > 1
    in_loss = torch.tensor(weights, dtype=torch.float32) if balance == "loss" else None
    order = torch.Generator().manual_seed(spec.seed)
    sampler = WeightedRandomSampler(weights[data.labels], 40, generator=order)
    for epoch in range(3):
        total = 0.0
        sampled = torch.tensor(list(sampler)) if balance == "sampling" else torch.randperm(
            40, generator=order)  # fmt: skip
        for chosen in sampled.split(8):
            optimizer.zero_grad()
            logits, labels = plain(data.features[chosen]), data.labels[chosen]
            F.cross_entropy(logits, labels, in_loss, label_smoothing=smoothing).backward()
            if clip:
                nn.utils.clip_grad_norm_(plain.parameters(), clip)
            optimizer.step()
            total += F.cross_entropy(logits, labels).item() * len(chosen)
        assert result.train[epoch].loss == pytest.approx(total / 40, rel=1e-5)


def ended(accuracies, monkeypatch, losses=None, **fields):
    """Return how many epochs were trained with validation accuracies that are given."""
    module, data = linear(), features()
    scores = zip(losses or [1.0] * len(accuracies), accuracies, strict=True)

    def validated(*_):
        return Scores(*next(scores)), ValidationAnswers("0", [], [])

    monkeypatch.setattr("training.engine.loop.evaluate", validated)
    spec = spec_with(epochs=len(accuracies), learning_rate=1e-2, **fields)
    return fit(module, module.train, data, data, spec, Progress())


@pytest.mark.parametrize(
    ("patience", "n", "best"), [(0, 7, 6), (1, 3, 2), (2, 4, 2), (3, 5, 2), (4, 7, 6)]
)
def test_training_ends_after_so_many_epochs_without_a_better_one(patience, n, best, monkeypatch):
    accuracies = [0.1, 0.3, 0.2, 0.3, 0.1, 0.4, 0.4]
    result = ended(accuracies, monkeypatch, early_stopping=patience)
    assert (len(result.train), result.best_epoch) == (n, best)


@pytest.mark.parametrize(
    ("watched", "n", "best"), [("accuracy", 4, 2), ("loss", 6, 2)], ids=["accuracy", "loss"]
)
def test_training_ends_by_what_is_watched(watched, n, best, monkeypatch):
    """The accuracy is highest in epoch 2, the loss lowest in epoch 4; two more are waited for."""
    fields = {"early_stopping": 2, "early_stopping_by": watched}
    losses = [0.9, 0.8, 0.7, 0.6, 0.6, 0.7, 0.5]
    result = ended([0.1, 0.4, 0.2, 0.3, 0.1, 0.2, 0.2], monkeypatch, losses=losses, **fields)
    assert (len(result.train), result.best_epoch) == (n, best)


def test_fields_of_later_versions_leave_older_hashes_as_they_were():
    plain = spec_with()
    defaults = {"schedule": "step", "warm_up": 0, "label_smoothing": 0.0, "clip_gradient": 0.0,
                "early_stopping": 0,
                "early_stopping_by": "accuracy", "balance": "none", "mixup": 0.0, "cutmix": 0.0,
                "ema": 0.0, "layer_decay": 1.0, "head_learning_rate": 0.0,
                "two_phase": 0, "loss": "cross-entropy",
                "channels": 3}  # fmt: skip
    assert spec_with(**defaults).digest() == plain.digest()
    assert not set(defaults) & set(msgspec.json.decode(msgspec.json.encode(plain)))
    others = {"schedule": "cosine", "warm_up": 1, "label_smoothing": 0.1, "clip_gradient": 1.0,
              "early_stopping": 2,
              "early_stopping_by": "loss", "balance": "loss", "mixup": 0.2, "cutmix": 1.0,
              "ema": 0.9, "layer_decay": 0.5, "head_learning_rate": 0.1,
              "two_phase": 1, "loss": "mine:own", "channels": 1}  # fmt: skip
    digests = {spec_with(**{name: value}).digest() for name, value in others.items()}
    assert len(digests | {plain.digest()}) == len(others) + 1
