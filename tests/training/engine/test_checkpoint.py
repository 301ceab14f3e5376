"""A run put down anywhere and taken up again ends with the same bytes."""

import contextlib
import hashlib
import io
import itertools
import pickle
import random
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
import torch
from killed_runs import IDENTITY, KilledAfter, KilledError, pictures, spec_with, train
from torch import nn

from training.device.randomness import random_state, restore_random_state, seed_all
from training.engine.checkpoint import Checkpoints
from training.engine.loop import fit
from training.engine.tensor_files import MAGIC, load_tensors, save_tensors
from training.errors import RecordError
from training.progress import Progress
from training.records import OptimizerOptions, Scores, Transform, ValidationAnswers
from training.stopping import StoppedError, StopSignal

pytestmark = pytest.mark.usefixtures("one_thread")


def outcome(result):
    weights = {name: value.numpy().tobytes() for name, value in result.best_state.items()}
    return (
        result.learning_rate, result.train, result.validation, result.best_epoch,
        result.diverged, result.best_answers, result.last_answers, weights,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("optimizer", "rate", "fields"),
    [("sgd", 1e-2, {}), ("adam", 1e-3, {}), ("rmsprop", 1e-3, {}), ("sgd", 1e30, {}),
     ("adamw", 1e-3, {"schedule": "one-cycle", "label_smoothing": 0.1, "clip_gradient": 0.1}),
     ("sgd", 1e-2, {"schedule": "cosine", "warm_up": 1, "early_stopping": 1}),
     ("sgd", 1e-2, {"augmentation": (Transform("RandomRotation", (("degrees", 20),)),)}),
     ("sgd", 1e-2, {"mixup": 0.4, "cutmix": 1.0}), ("adam", 1e-3, {"ema": 0.8}),
     ("nadam", 1e-3, {}), ("asgd", 1e-2, {}), ("adafactor", 1e-2, {}), ("rprop", 1e-3, {}),
     ("adam", 1e-3, {"optimizer_options": OptimizerOptions(betas=(0.8, 0.9), amsgrad=True)})],
)  # fmt: skip
def test_a_run_killed_after_any_batch_goes_on_to_the_same_bytes(tmp_path, optimizer, rate, fields):
    spec = spec_with(optimizer=optimizer, learning_rate=rate, step_size=2, **fields)
    whole = train(spec)
    assert whole.diverged == (rate > 1)
    for n_batches in (0, 1, 2, 3, 5, 8):
        checkpoints = Checkpoints(tmp_path / str(n_batches), IDENTITY, 0)
        with contextlib.suppress(KilledError):
            train(spec, checkpoints, KilledAfter(n_batches))
            assert whole.diverged  # and that before so many batches
        resumed = train(spec, checkpoints)
        assert outcome(resumed) == outcome(whole)
        assert len(resumed.epoch_seconds) == len(whole.epoch_seconds)


def test_answers_of_a_best_epoch_before_the_kill_are_kept(tmp_path, monkeypatch):
    scores = [(Scores(1.0, a), ValidationAnswers(name, [], [])) for a, name in
              ((0.5, "a"), (0.9, "b"), (0.4, "c"))]  # fmt: skip
    for left in (scores[:2], scores[2:]):  # two epochs of three batches, and the last
        validated = iter(left)
        monkeypatch.setattr("training.engine.loop.evaluate", lambda *_, v=validated: next(v))
        with contextlib.suppress(KilledError):
            result = train(spec_with(), Checkpoints(tmp_path, IDENTITY, 0), KilledAfter(7))
    assert (result.best_answers.right, result.last_answers.right) == ("b", "c")


def test_going_on_doesnt_start_from_the_first_epoch(tmp_path):
    checkpoints = Checkpoints(tmp_path, IDENTITY, 0)
    with pytest.raises(KilledError):
        train(spec_with(), checkpoints, KilledAfter(7))
    counting = KilledAfter(100)
    train(spec_with(), checkpoints, counting)
    assert counting.notes == ["Resuming at epoch 3, batch 1"]
    assert 100 - counting.left == 1 + 2  # what was done counts at once, then two batches


def test_seconds_before_a_kill_count_and_those_after_its_checkpoint_do_not(tmp_path, monkeypatch):
    clock = itertools.count(100)
    ticking = SimpleNamespace(perf_counter=lambda: next(clock))
    monkeypatch.setattr("training.engine.loop.time", ticking)
    checkpoints = Checkpoints(tmp_path, IDENTITY, 0)
    with pytest.raises(KilledError):
        train(spec_with(), checkpoints, KilledAfter(2))
    assert checkpoints.newest()[0].seconds == 2  # the clock is read after each batch
    resumed = train(spec_with(), checkpoints)
    assert resumed.training_seconds == train(spec_with()).training_seconds == 3 * (3 + 1)


class Counting(Progress):
    n_images = 0

    def batch(self, n_images):
        self.n_images += n_images


def test_a_stop_during_validation_keeps_the_epochs_training(tmp_path):
    spec, stop = spec_with(), StopSignal()

    class Stopping(Progress):
        seen = 0

        def batch(self, n_images):
            self.seen += 1
            if self.seen == 6:
                stop._held, held = 1, stop._held
                stop._receive(15, None)
                stop._held = held

    checkpoints = Checkpoints(tmp_path, IDENTITY, 1e9)
    with pytest.raises(StoppedError):
        train(spec, checkpoints, Stopping(), stop)
    position, _ = checkpoints.newest()
    assert (position.epoch, position.batch) == (2, 3)
    counting = Counting()
    assert outcome(train(spec, checkpoints, counting)) == outcome(train(spec))
    assert counting.n_images == 3 * 20  # though the last batch of an epoch is a smaller one


def flip(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [flip, lambda f: f.write_bytes(f.read_bytes()[:-9]),
                                    lambda f: f.write_bytes(b"")])  # fmt: skip
@pytest.mark.parametrize("n_damaged", [1, 2])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, damage, n_damaged):
    spec, notes = spec_with(), []
    checkpoints = Checkpoints(tmp_path, IDENTITY, 0, notes.append)
    with pytest.raises(KilledError):
        train(spec, checkpoints, KilledAfter(7))
    files = sorted(tmp_path.iterdir(), reverse=True)
    assert [file.name[9:] for file in files] == [
        "epoch-00003-batch-000001.pt", "epoch-00003-batch-000000.pt",
    ]  # fmt: skip
    for file in files[:n_damaged]:
        damage(file)
    assert outcome(train(spec, checkpoints)) == outcome(train(spec))
    assert len(notes) == n_damaged
    assert "damaged" in notes[0]


@pytest.mark.parametrize(
    "change",
    [{"spec_hash": "other"}, {"dataset_fingerprint": "other"}, {"seed": 1}, {"torch": "1"},
     {"device": "cuda"}, {"deterministic": True}],
    ids=str,
)  # fmt: skip
def test_a_foreign_checkpoint_is_left_out_with_a_note(tmp_path, change):
    with pytest.raises(KilledError):
        train(spec_with(), Checkpoints(tmp_path, IDENTITY, 0), KilledAfter(4))
    notes = []
    other = msgspec.structs.replace(IDENTITY, **change)
    assert Checkpoints(tmp_path, other, 0, notes.append).newest() is None
    assert "other settings, images, device or version of torch" in notes[0]
    assert Checkpoints(tmp_path, IDENTITY).newest() is not None


def test_a_full_disk_costs_the_checkpoint_not_the_run(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    spec, notes = spec_with(), []
    whole = outcome(train(spec))
    monkeypatch.setattr("training.records.files.os.fsync", full)
    result = train(spec, Checkpoints(tmp_path, IDENTITY, 0, notes.append))
    assert outcome(result) == whole
    assert "Can't save a checkpoint" in notes[0]
    assert "No space left" in notes[0]
    assert list(tmp_path.iterdir()) == []


def test_writing_takes_no_more_than_its_share_of_time(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("training.engine.checkpoint.time.monotonic", lambda: now[0])
    monkeypatch.setattr(
        "training.engine.checkpoint.save_tensors", lambda *_: now.__setitem__(0, 10.0)
    )
    checkpoints = Checkpoints(tmp_path, IDENTITY, 1)
    position = msgspec.convert(
        {"epoch": 1, "batch": 1, "seconds": 0, "learning_rate": [], "train": [], "validation": [],
         "epoch_seconds": [], "best_epoch": 0, "training_seconds": 0, "batch_parts": 1},
        type=__import__("training.engine.checkpoint", fromlist=["Position"]).Position,
    )  # fmt: skip
    checkpoints.save(position, {})
    now[0] += 320
    assert not checkpoints.due()
    now[0] += 20
    assert checkpoints.due()


def test_a_file_that_would_run_code_is_refused(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    buffer = io.BytesIO()
    torch.save({"header": Bomb()}, buffer)
    for content in (buffer.getvalue(), pickle.dumps(Bomb())):
        file = tmp_path / "bomb.pt"
        file.write_bytes(MAGIC + hashlib.sha256(content).digest() + content)
        with pytest.raises(RecordError, match="can't be loaded"):
            load_tensors(file)
    assert not (tmp_path / "ran").exists()


def test_a_full_disk_while_tensors_are_written_is_told_as_such(tmp_path, monkeypatch):
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(RecordError, match="File too large"):
            save_tensors(tmp_path / "x.pt", {"x": torch.zeros(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


def test_every_generator_is_put_back():
    def draws():
        return (
            torch.rand(3).tolist(), random.random(), random.gauss(0, 1),
            np.random.rand(), np.random.randn(),
        )  # fmt: skip

    seed_all(3)
    first = draws()
    state = random_state(torch.device("cpu"))
    expected = draws()
    restore_random_state(state, torch.device("cpu"))
    assert draws() == expected
    seed_all(3)
    assert draws() == first


def test_a_changed_network_starts_anew(tmp_path):
    spec = spec_with()
    with pytest.raises(KilledError):
        train(spec, Checkpoints(tmp_path, IDENTITY, 0), KilledAfter(4))
    progress = KilledAfter(100)
    module = nn.Sequential(nn.Flatten(), nn.Linear(12 * 12 * 3, 3))
    result = fit(module, module.train, pictures(), pictures(), spec, progress,
                 Checkpoints(tmp_path, IDENTITY, 1e9))  # fmt: skip
    assert len(result.train) == 3
    assert "the network has changed" in progress.notes[0]


def test_a_checkpoint_of_before_energy_and_answers_were_kept_is_taken_up(tmp_path):
    checkpoints = Checkpoints(tmp_path, IDENTITY, 0)
    with pytest.raises(KilledError):
        train(spec_with(), checkpoints, KilledAfter(7))
    for file in checkpoints._files():
        content = load_tensors(file)
        header = msgspec.json.decode(content["header"])
        for name in ("energy_joules", "best_answers", "last_answers"):
            del header["position"][name]
        save_tensors(file, content | {"header": msgspec.json.encode(header).decode()})
    assert checkpoints.newest()[0].energy_joules is None
    assert outcome(train(spec_with(), checkpoints)) == outcome(train(spec_with()))
