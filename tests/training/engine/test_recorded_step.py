"""Recorded steps, with a stand-in for CUDA's graphs: it repeats the call on the same memory."""

import gc
import weakref

import pytest
import torch

from training.device.precision import computing
from training.engine import loop
from training.engine.batches import FeatureInputs
from training.engine.loop import fit
from training.engine.recorded_step import PLAIN_STEPS, RecordedStep
from training.planning.plan import resolve
from training.progress import Progress
from training.records import Experiment, Settings


class Recorder:
    """Counts what it records and replays; fails where it is told to."""

    def __init__(self, fails=False):
        self.recorded, self.replayed, self.fails = 0, 0, fails

    def __call__(self, function):
        self.recorded += 1
        if self.fails:
            raise RuntimeError("operation not permitted when stream is capturing")

        def replay():
            self.replayed += 1
            function()

        return replay


def features(n=44, n_features=6, n_classes=3):
    x = torch.randn(n, n_features, generator=torch.Generator().manual_seed(0))
    return FeatureInputs(x, x[:, :n_classes].argmax(1))


def trained(monkeypatch, recorder, optimizer="adam", **fields):
    monkeypatch.setattr(loop, "_way_to_record", lambda *_: recorder)
    torch.manual_seed(1)
    module = torch.nn.Sequential(
        torch.nn.Linear(6, 12), torch.nn.Dropout(), torch.nn.ReLU(), torch.nn.Linear(12, 3)
    )
    experiment = Experiment(
        id="scratch/x", question="?", epochs=5, optimizer=optimizer, learning_rate=1e-2
    )
    spec = resolve(experiment, Settings(batch_size=8, step_size=3), 0)[0]
    data = features()
    result = fit(module, module.train, data, data, spec, Progress(), **fields)
    return result.train, result.validation, result.best_state


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_replayed_steps_train_as_plain_ones(monkeypatch, optimizer):
    recorder = Recorder()
    plain = trained(monkeypatch, None, optimizer)
    replayed = trained(monkeypatch, recorder, optimizer)
    assert replayed[:2] == plain[:2]
    for name, value in plain[2].items():
        assert torch.equal(replayed[2][name], value)
    assert recorder.recorded == 2  # once a learning rate
    assert recorder.replayed == 5 * 5 - PLAIN_STEPS  # full batches; the last of 4 goes plainly


def test_what_was_recorded_is_gone_with_the_fit(monkeypatch):
    kept = []

    def recorder(function):
        replay = Recorder()(function)
        kept.append(weakref.ref(replay))
        return replay

    gc.disable()  # a next run must not have to wait for it
    try:
        trained(monkeypatch, recorder)
        assert [reference() for reference in kept] == [None, None]
    finally:
        gc.enable()


def test_a_step_that_cannot_be_recorded_is_made_plainly(monkeypatch):
    recorder = Recorder(fails=True)
    assert trained(monkeypatch, recorder)[:2] == trained(monkeypatch, None)[:2]
    assert recorder.recorded == 1


def test_a_batch_divided_for_memory_is_not_recorded(monkeypatch):
    recorder = Recorder()
    real = loop.backward

    def short_of_memory(module, inputs, labels, parts, scale, objective):
        return real(module, inputs, labels, max(parts, 2), scale)

    monkeypatch.setattr(loop, "backward", short_of_memory)
    trained(monkeypatch, recorder)
    assert recorder.recorded == 0


def test_the_step_sees_each_batch_in_the_memory_that_was_recorded():
    seen = []
    step = RecordedStep(Recorder())

    def train(x, y):
        seen.append((x.data_ptr(), x.clone(), y.clone()))

    batches = [(torch.full((4, 2), float(n)), torch.full((4,), n)) for n in range(6)]
    made = [step.made(train, x, y, settings=None) for x, y in batches]
    assert made == [False] * PLAIN_STEPS + [True] * (6 - PLAIN_STEPS)
    assert [int(y[0]) for _, _, y in seen] == [3, 4, 5]
    assert len({pointer for pointer, _, _ in seen}) == 1
    assert not step.made(train, torch.zeros(3, 2), torch.zeros(3, dtype=torch.int64), settings=None)


@pytest.mark.parametrize("recorder", [None, Recorder()])
def test_what_a_run_trained_on_is_free_when_it_ends(monkeypatch, recorder):
    """Images and the optimizer's states would else fill a GPU until Python's next collection."""
    optimizers, make = [], loop.make_optimizer

    def made(*given):
        optimizer = make(*given)
        optimizers.append(weakref.ref(optimizer))
        return optimizer

    monkeypatch.setattr(loop, "make_optimizer", made)
    inputs, plain_features = [], features
    monkeypatch.setitem(globals(), "features", lambda: watched(plain_features(), inputs))
    gc.collect()
    gc.disable()
    try:
        trained(monkeypatch, recorder)
        assert [kept() for kept in (*optimizers, *inputs)] == [None, None]
    finally:
        gc.enable()


def watched(value, references):
    references.append(weakref.ref(value))
    return value


def test_nothing_is_recorded_without_a_way():
    step = RecordedStep()
    assert not any(step.made(print, torch.zeros(2), torch.zeros(2), None) for _ in range(5))


def test_only_what_is_known_to_give_the_same_bytes_is_recorded():
    cuda, cpu = torch.device("cuda"), torch.device("cpu")
    module = torch.nn.Linear(2, 2)

    def recorded(precision, device=cuda, model="alexnet", **fields):
        experiment = Experiment(id="scratch/x", question="?", model=model, **fields)
        spec = resolve(experiment, Settings(), 0)[0]
        with computing(module, precision, cpu):
            return loop._way_to_record(device, spec, module) is not None

    assert recorded("bf16")
    assert not recorded("bf16", device=cpu)
    assert not recorded("bf16", model="timm:vit")
    for name, value in {
        "schedule": "one-cycle", "clip_gradient": 1.0, "mixup": 0.2, "cutmix": 1.0, "ema": 0.99,
        "two_phase": 2, "layer_decay": 0.8, "head_learning_rate": 0.1, "optimizer": "nadam",
        "channels": 1, "loss": "mine:own",
    }.items():  # fmt: skip
        assert not recorded("bf16", **{name: value}), name
    assert not any(recorded(precision) for precision in ("fp32", "tf32", "fp16"))
