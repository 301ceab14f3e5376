"""A batch that doesn't fit goes through in parts, and training stays what it was."""

import numpy as np
import pytest
import torch
from torch import nn

from training.engine.batches import FeatureInputs
from training.engine.evaluate import evaluate_logits
from training.engine.loop import fit
from training.engine.optimizers import Adam
from training.engine.out_of_memory import backward, forward, is_out_of_memory
from training.errors import DeviceError
from training.planning.plan import resolve
from training.progress import Progress
from training.records import Experiment, Settings


class SmallMemory(nn.Module):
    """Fails like a device whose memory holds so many pictures' activations."""

    def __init__(self, module, n_pictures, error=torch.OutOfMemoryError):
        super().__init__()
        self.module, self.n_pictures, self.error = module, n_pictures, error
        self.seen = []

    def forward(self, x):
        y = self.module(x)
        if len(x) > self.n_pictures:
            raise self.error("CUDA out of memory. Tried to allocate 2.00 GiB.")
        self.seen.append(len(x))
        return y


def data(n=42):
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(n, 6))).float()
    return FeatureInputs(x, x[:, :3].argmax(1))


def spec(**fields):
    experiment = Experiment(id="scratch/x", question="?", epochs=3, learning_rate=1e-2, **fields)
    return resolve(experiment, Settings(batch_size=16), 0)[0]


def linear(*layers):
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 8), *layers, nn.ReLU(), nn.Linear(8, 3))


class Notes(Progress):
    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
@pytest.mark.parametrize(("room", "parts"), [(15, 2), (5, 4), (1, 16)])
def test_split_training_equals_the_whole(optimizer, room, parts):
    whole, split = linear(), SmallMemory(linear(), room)
    expected = fit(whole, whole.train, data(), data(), spec(optimizer=optimizer), Progress())
    progress = Notes()
    result = fit(split, split.train, data(), data(), spec(optimizer=optimizer), progress)
    assert result.batch_parts == parts
    assert f"into {parts} parts" in progress.notes[-1]
    for ours, theirs in zip(result.train + result.validation,
                            expected.train + expected.validation, strict=True):  # fmt: skip
        assert ours.loss == pytest.approx(theirs.loss, rel=1e-5)
        assert ours.accuracy == theirs.accuracy
    for ours, theirs in zip(split.parameters(), whole.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)
    assert max(split.seen) <= room


def test_the_gradient_is_that_of_the_batchs_mean_loss():
    inputs, labels = data().features[:17], data().labels[:17]
    whole, split = linear(), SmallMemory(linear(), 4)
    loss = nn.functional.cross_entropy(whole(inputs), labels)
    loss.backward()
    split_loss, logits, parts = backward(split, inputs, labels, 1)
    assert parts == 8  # 17 pictures in parts of 2 and 3; 4 parts have up to 5
    assert split_loss.item() == pytest.approx(loss.item(), rel=1e-6)
    assert torch.allclose(logits, whole(inputs), atol=1e-6)
    for ours, theirs in zip(split.parameters(), whole.parameters(), strict=True):
        assert torch.allclose(ours.grad, theirs.grad, atol=1e-6)


def test_batch_normalisation_never_sees_a_single_picture():
    module = SmallMemory(linear(nn.BatchNorm1d(8)), 3)
    result = fit(module, module.train, data(), data(), spec(), Progress())
    assert result.batch_parts == 8
    assert min(n for n in module.seen if n) >= 2
    assert all(np.isfinite(scores.loss) for scores in result.train)


def test_a_failed_attempt_draws_nothing():
    """Dropout after an attempt that ran out of memory draws as if there had been none."""
    inputs, labels = data().features[:8], data().labels[:8]

    def gradient(module, parts):
        torch.manual_seed(5)
        backward(module, inputs, labels, parts)
        return [p.grad.clone() for p in module.parameters()]

    planned = gradient(linear(nn.Dropout()), 2)
    forced = gradient(SmallMemory(linear(nn.Dropout()), 4), 1)
    assert all(torch.equal(a, b) for a, b in zip(planned, forced, strict=True))


def test_too_little_for_one_picture_is_one_message():
    module = SmallMemory(linear(), 0)
    with pytest.raises(DeviceError, match="too small for this network with 1 image at a time"):
        fit(module, module.train, data(), data(), spec(), Progress())


def test_inference_halves_its_batches():
    module, small = linear(), SmallMemory(linear(), 3)
    expected = evaluate_logits(module, data(), 16)
    scores, logits = evaluate_logits(small, data(), 16)
    assert torch.allclose(logits, expected[1], atol=1e-6)
    assert scores.accuracy == expected[0].accuracy
    assert max(small.seen) <= 3
    with torch.no_grad(), pytest.raises(DeviceError):
        forward(SmallMemory(linear(), 0), data().features)


def test_other_errors_pass():
    class Broken(nn.Linear):
        def forward(self, x):
            raise RuntimeError("shapes cannot be multiplied")

    module = Broken(6, 3)
    with pytest.raises(RuntimeError, match="shapes"):
        fit(module, module.train, data(), data(), spec(), Progress())


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 18 GB)"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("CUDA error: device-side assert triggered"), False),
    ],
)
def test_backends_say_it_differently(error, expected):
    assert is_out_of_memory(error) is expected


def test_a_failed_attempt_leaves_running_statistics_alone():
    """Batch normalisation after an attempt that ran out of memory counts each picture once."""
    inputs, labels = data().features[:8], data().labels[:8]

    def statistics(module, parts):
        backward(module, inputs, labels, parts)
        return [buffer.clone() for buffer in module.buffers()]

    planned = statistics(linear(nn.BatchNorm1d(8)), 2)
    forced = statistics(SmallMemory(linear(nn.BatchNorm1d(8)), 4), 1)
    assert len(planned) == 3
    assert all(torch.equal(a, b) for a, b in zip(planned, forced, strict=True))


class Gathering(FeatureInputs):
    """Draws what it adds, as augmentation does, and fails at its `failing`-th calls."""

    def __init__(self, failing, error):
        super().__init__(data().features, data().labels)
        self.generator = torch.Generator().manual_seed(3)
        self.failing, self.error, self.calls = failing, error, 0

    def gather(self, chosen):
        self.calls += 1
        drawn = torch.rand(len(chosen), 1, generator=self.generator)
        if self.calls in self.failing:
            raise self.error
        return super().gather(chosen) + drawn


SHORT = [torch.OutOfMemoryError("CUDA out of memory."), MemoryError(),
         RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to")]  # fmt: skip


@pytest.mark.parametrize("error", SHORT, ids=lambda error: type(error).__name__)
def test_a_batch_that_cannot_be_gathered_is_tried_again_with_the_same_draws(error):
    outcomes = []
    for failing in ((), (1, 5)):
        module = linear()
        fit(module, module.train, Gathering(failing, error), data(), spec(), Progress())
        outcomes.append([p.detach().clone() for p in module.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*outcomes, strict=True))


@pytest.mark.parametrize("error", SHORT, ids=lambda error: type(error).__name__)
def test_a_batch_that_never_fits_is_one_message(error):
    module = linear()
    with pytest.raises(DeviceError, match="too small for a batch of 16") as caught:
        fit(module, module.train, Gathering(range(99), error), data(), spec(), Progress())
    assert "--batch-size" in caught.value.hint
    with pytest.raises(DeviceError, match="too small for a batch of 16"):
        evaluate_logits(module, Gathering(range(99), error), 16)


@pytest.mark.parametrize("error", SHORT, ids=lambda error: type(error).__name__)
def test_pictures_evaluated_together_are_gathered_as_in_training_where_they_dont_fit(error):
    class Roomless:
        generator = None
        labels = data().labels

        def gather(self, chosen):
            gathered.append(len(chosen))
            if len(chosen) > 16:
                raise error
            return data().features[chosen]

    module, gathered = linear(), []
    expected = evaluate_logits(module, data(), 16)
    scores, logits = evaluate_logits(module, Roomless(), 16)
    assert torch.allclose(logits, expected[1], atol=1e-6)
    assert scores.accuracy == expected[0].accuracy
    assert scores.loss == pytest.approx(expected[0].loss, rel=1e-6)
    n = len(data().labels)
    assert max(gathered) == min(n, 64)
    assert sorted(n for n in gathered if n <= 16) == sorted(
        len(part) for some in torch.arange(n).split(64) for part in some.split(16)
    )


@pytest.mark.parametrize("error", SHORT, ids=lambda error: type(error).__name__)
def test_an_optimizer_without_room_is_one_message(monkeypatch, error):
    def failing(*_):
        raise error

    monkeypatch.setattr(Adam, "step", failing)
    module = linear()
    with pytest.raises(DeviceError, match="too small for adam's state"):
        fit(module, module.train, data(), data(), spec(optimizer="adam"), Progress())


@pytest.mark.parametrize("error", SHORT, ids=lambda error: type(error).__name__)
def test_every_shortage_of_memory_splits_the_batch(error):
    module = SmallMemory(linear(), 8, lambda _: error)
    assert fit(module, module.train, data(), data(), spec(), Progress()).batch_parts == 2


def test_no_other_error_counts_as_memory():
    module = linear()
    for error in (RuntimeError("shapes"), OSError("disk")):
        with pytest.raises(type(error), match=str(error)):
            fit(module, module.train, Gathering((1,), error), data(), spec(), Progress())
