"""Loss scaling: torch's rules, and training in fp16 that goes on whatever doesn't fit."""

import contextlib
import functools

import msgspec
import pytest
import torch
from killed_runs import IDENTITY, KilledAfter, KilledError, network, pictures, spec_with
from torch import nn
from torch.nn import functional as F

from training.device.precision import Autocast, computing, fp16_forward
from training.device.randomness import seed_all
from training.engine import loop, loss_scale, torch_kernels
from training.engine.batches import FeatureInputs, shuffled
from training.engine.checkpoint import Checkpoints
from training.engine.evaluate import evaluate_logits
from training.engine.frozen_features import prefix_features
from training.engine.loop import fit
from training.engine.loss_scale import LossScale
from training.engine.optimizers import SGD, Adam, RMSprop
from training.engine.out_of_memory import add_gradients
from training.progress import Progress
from training.records import LossScaling

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = torch.device("cpu")
FUSED = torch_kernels.UNSCALE
RATE = 1e-2
PAIRS = {
    "sgd": (lambda p: SGD(p, RATE, momentum=0.9), lambda p: torch.optim.SGD(p, RATE, 0.9)),
    "adam": (lambda p: Adam(p, RATE), lambda p: torch.optim.Adam(p, RATE)),
    "rmsprop": (lambda p: RMSprop(p, RATE), lambda p: torch.optim.RMSprop(p, RATE)),
}
"""Name to ours and torch's, given parameters."""


@pytest.fixture(params=["fused", "plain"])
def way(request, monkeypatch):
    """Scale and step by torch's kernels, or operation by operation."""
    if request.param == "plain":
        monkeypatch.setattr(torch_kernels, "FUSED_ON", ())
    return request.param


def layers():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))


def features(n=40):
    x = torch.randn(n, 6, generator=torch.Generator().manual_seed(0))
    return FeatureInputs(x, x[:, :3].argmax(1))


def by_torch(make, n_steps):
    """Train by `torch.amp.GradScaler`; return its scales and the weights."""
    module, data = layers(), features()
    optimizer = make(module.parameters())
    scaler = torch.amp.GradScaler("cpu", growth_interval=loss_scale.INTERVAL)
    scales = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.float16):
            logits = module(data.features)
        scaler.scale(F.cross_entropy(logits.float(), data.labels)).backward()
        scaler.step(optimizer)
        scaler.update()
        scales.append(scaler.get_scale())
    return scales, list(module.parameters())


@pytest.mark.parametrize("name", PAIRS)
def test_scales_skipped_steps_and_weights_are_torchs(name, way, monkeypatch):
    monkeypatch.setattr(loss_scale, "INTERVAL", 3)
    scales, weights = by_torch(PAIRS[name][1], 60)
    n_skipped = sum(b < a for a, b in zip([2.0**16, *scales[:-1]], scales, strict=True))
    assert n_skipped > 3
    if way == "plain":
        monkeypatch.delattr(torch, FUSED)
    module, data, scaling = layers(), features(), LossScale(CPU)
    optimizer, found = PAIRS[name][0](list(module.parameters())), []
    with computing(module, "fp16", CPU):
        for _ in range(60):
            module.zero_grad()
            loss, _ = add_gradients(module, data.features, data.labels, scale=scaling.scale)
            optimizer.step(scaling.unscale(optimizer.parameters, loss.isfinite()))
            scaling.update()
            found.append(scaling.scale.item())
    assert found == scales
    assert scaling.skipped.item() == n_skipped
    for ours, theirs in zip(module.parameters(), weights, strict=True):
        # a step moves each weight by about 1e-2; fp16 makes 1e-3 of what rounds otherwise
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-3)


@pytest.mark.parametrize("way_of_scaling", ["fused", "plain"])
@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_any_value_that_is_not_finite_is_an_overflow(value, way_of_scaling, monkeypatch):
    if way_of_scaling == "plain":
        monkeypatch.delattr(torch, FUSED)
    parameters = [nn.Parameter(torch.zeros(3)), nn.Parameter(torch.zeros(2, 2))]
    parameters.append(nn.Parameter(torch.zeros(2)))  # has no gradient
    scaling, held = LossScale(CPU), torch.tensor(True)

    def overflow(last):
        parameters[0].grad = torch.tensor([1.0, last, 2.0])
        parameters[1].grad = torch.full((2, 2), 2.0**17)
        return scaling.unscale(parameters, held).item()

    assert overflow(1.0) == 0
    assert torch.equal(parameters[1].grad, torch.full((2, 2), 2.0))
    assert overflow(value) == 1
    assert overflow(1.0) == 0  # each step is judged for itself
    held = torch.tensor(False)
    assert overflow(1.0) == 1


def test_the_scale_never_leaves_fp32(monkeypatch):
    monkeypatch.setattr(loss_scale, "INTERVAL", 1)
    scaling = LossScale(CPU)
    for _ in range(200):
        scaling.update()
    assert scaling.scale.item() == 2.0**127


@pytest.mark.parametrize("name", PAIRS)
def test_a_skipped_step_changes_nothing(name, way):
    assert way
    skipping, other = (layers() for _ in range(2))
    mine, plain = (PAIRS[name][0](list(m.parameters())) for m in (skipping, other))
    overflow = torch.zeros(())

    def step(module, optimizer, value, *skipped):
        for i, parameter in enumerate(module.parameters()):
            parameter.grad = torch.full_like(parameter, value * (i + 1))
        optimizer.step(*skipped)

    for value in (0.5, float("nan"), -1.0, float("inf"), 0.25):
        skips = not torch.tensor(value).isfinite()
        step(skipping, mine, value, overflow.fill_(skips))
        if not skips:
            step(other, plain, value)
    for ours, theirs in zip(skipping.parameters(), other.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    for place, kept in plain.state_dict()["states"].items():
        for key, value in kept.items():
            assert torch.equal(mine.state_dict()["states"][place][key], value), key


def test_parts_of_a_batch_are_scaled_as_the_whole():
    data, scale = features(), torch.tensor(2.0**10)
    gradients = []
    for parts, factor in ((1, None), (1, scale), (3, scale)):
        module = layers()
        add_gradients(module, data.features, data.labels, parts, factor)
        gradients.append([p.grad for p in module.parameters()])
    for plain, whole, divided in zip(*gradients, strict=True):
        torch.testing.assert_close(whole, plain * scale)
        torch.testing.assert_close(divided, plain * scale)


def fitted(precision, module=None, train=None, validation=None, progress=None, **fields):
    """Train in a number format and return the result, and the module."""
    module, train = module or layers(), train or features()
    spec = spec_with(**{"learning_rate": 1e-2, "augmentation": "none"} | fields)
    with computing(module, precision, CPU):
        result = fit(module, module.train, train, validation or features(), spec,
                     progress or Progress())  # fmt: skip
    return result, module


def losses(result):
    return [scores.loss for scores in (*result.train, *result.validation)]


@pytest.mark.parametrize("optimizer", PAIRS)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("start", "n_skipped", "within"), [(2.0**14, 0, 5e-3), (2.0**16, 1, 0.06)])
def test_all_formats_take_the_same_course(optimizer, seed, start, n_skipped, within, monkeypatch):
    """The first of 18 steps is skipped where the scale is too large for it."""
    monkeypatch.setattr(loss_scale, "START", start)
    courses = {}
    rate = 1e-4 if optimizer == "rmsprop" else 1e-3
    for precision in ("fp32", "bf16", "fp16"):
        spec = spec_with(optimizer=optimizer, learning_rate=rate, augmentation="none", epochs=6)
        spec = msgspec.structs.replace(spec, seed=seed)
        seed_all(seed)
        module = network()
        with computing(module, precision, CPU):
            result = fit(module, module.train, pictures(), pictures(), spec, Progress())
        courses[precision] = losses(result)
        scaling = LossScaling(start / 2**n_skipped, n_skipped) if precision == "fp16" else None
        assert result.loss_scaling == scaling
    assert len({tuple(course) for course in courses.values()}) == 3
    assert courses["fp16"] == pytest.approx(courses["fp32"], rel=within)
    assert courses["bf16"] == pytest.approx(courses["fp32"], rel=5e-3)


def test_a_scale_too_large_at_first_is_halved_until_it_fits(monkeypatch):
    monkeypatch.setattr(loss_scale, "START", 2.0**24)
    result, _ = fitted("fp16", epochs=6)
    scaling = result.loss_scaling
    assert 0 < scaling.skipped_steps < 15
    assert scaling.scale == 2.0 ** (24 - scaling.skipped_steps)
    assert scaling.fp32_from_epoch is None
    assert not result.diverged
    assert result.train[5].loss < result.train[0].loss
    exact, _ = fitted("fp32", epochs=6)
    assert losses(result)[5] == pytest.approx(losses(exact)[5], rel=0.3)  # it lost some steps


class Large(nn.Module):
    """Has values 1e5 times its inputs between two layers, and batch normalisation of its own."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.body, self.norm, self.head = nn.Linear(6, 6), nn.BatchNorm1d(6), nn.Linear(6, 3)

    def forward(self, x):
        return self.head(self.norm(self.body(x) * 1e5) * 1.0)


def with_large(n_large, n=40):
    """Return features whose first ones are too large for fp16."""
    data = features(n)
    data.features[:n_large] *= 1e6
    return data


class Noted(Progress):
    def __init__(self):
        self.notes, self.n_images = [], 0

    def note(self, text):
        self.notes.append(text)

    def batch(self, n_images):
        self.n_images += n_images


def test_an_epoch_that_fp16_cannot_hold_is_made_in_fp32(monkeypatch):
    progress = Noted()
    result, module = fitted("fp16", Large(), progress=progress)
    drawn = []

    def from_the_second(n, batch_size, generator):
        if not drawn:
            drawn.append(torch.randperm(n, generator=generator))
        return shuffled(n, batch_size, generator)

    monkeypatch.setattr(loop, "shuffled", from_the_second)
    exact, _ = fitted("fp32", Large())
    assert result.loss_scaling == LossScaling(2.0**11, 5, fp32_from_epoch=1)
    assert progress.notes == ["Values are too large for fp16: continuing in fp32"]
    assert progress.n_images == 3 * 40  # the first pass isn't counted
    assert len(result.train) == 3
    assert losses(result) == losses(exact)
    assert not result.diverged
    assert all(value.isfinite().all() for value in module.state_dict().values())


def test_batches_that_fp16_cannot_hold_are_left_out_and_training_goes_on_in_fp32():
    rounded = []

    class Watching(nn.Linear):
        def forward(self, x):
            rounded.append(torch.is_autocast_enabled("cpu"))
            return super().forward(x)

    progress, train, module = Noted(), with_large(1), Watching(6, 3)
    module.load_state_dict({"weight": 9 * torch.eye(3, 6), "bias": torch.zeros(3)})  # all right
    result, module = fitted("fp16", module, train, progress=progress)
    scaling = result.loss_scaling
    assert (scaling.fp32_from_epoch, scaling.left_out_images) == (2, 8)
    assert scaling.skipped_steps == 1
    assert rounded[:5] == [True] * 5
    assert not any(rounded[5:])  # not in the validation of that epoch either
    assert result.train[0].accuracy == 1  # of those that weren't left out
    assert all(loss is not None for loss in losses(result))
    assert progress.notes == ["Values are too large for fp16: continuing in fp32"]
    assert all(value.isfinite().all() for value in module.state_dict().values())


def test_running_statistics_leave_out_what_fp16_cannot_hold():
    module = nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))
    result, module = fitted("fp16", module, with_large(1), epochs=1)
    assert result.loss_scaling.left_out_images == 8
    assert module[1].num_batches_tracked == 4
    assert all(value.isfinite().all() for value in module.state_dict().values())


def test_validation_that_fp16_cannot_hold_is_computed_again_in_fp32():
    progress, validation = Noted(), with_large(1)
    result, module = fitted("fp16", layers(), None, validation, progress, epochs=1)
    assert result.loss_scaling == LossScaling(2.0**16, 0, fp32_from_epoch=2)
    assert progress.notes == ["Values are too large for fp16: continuing in fp32"]
    exact, logits = evaluate_logits(module, validation, 8)
    assert logits.abs().max() > 65504
    assert result.validation == [exact]


def test_what_fp32_cannot_hold_either_diverges():
    data = features()
    data.features[0] = float("nan")
    result, _ = fitted("fp16", layers(), data)
    assert result.diverged
    assert result.loss_scaling.fp32_from_epoch == 2
    assert len(result.train) == 2  # the first epoch is that of the other batches
    assert result.best_epoch == 1
    everywhere = features()
    everywhere.features[:] = float("nan")
    assert fitted("fp16", layers(), everywhere, everywhere)[0].diverged


def test_logits_are_computed_again_in_fp32_only_where_they_are_not_finite():
    data, large, module = features(), with_large(3), layers()
    exact = evaluate_logits(module, large, 8)[1]
    with computing(module, "fp16", CPU) as autocast:
        assert not torch.equal(evaluate_logits(module, data, 8)[1], exact)
        assert not autocast.in_fp32
        assert torch.equal(evaluate_logits(module, large, 8)[1], exact)
        assert autocast.in_fp32
    assert fp16_forward(module) is None


def test_features_are_computed_again_in_fp32_where_they_are_not_finite():
    data, large, module = features(), with_large(3), layers()
    extract = functools.partial(prefix_features, module, "2")
    exact = extract(large, 8, Progress(), "features").features
    with computing(module, "fp16", CPU):
        assert extract(data, 8, Progress(), "features").features.dtype == torch.float16
        assert torch.equal(extract(large, 8, Progress(), "features").features, exact)


@pytest.mark.parametrize("optimizer", PAIRS)
def test_replayed_steps_in_fp16_train_as_plain_ones(optimizer, monkeypatch):
    monkeypatch.setattr(loss_scale, "START", 2.0**24)
    monkeypatch.setattr(loss_scale, "INTERVAL", 3)
    recorded, replayed = [], []

    def capture(function):
        recorded.append(function)
        return lambda: replayed.append(function())

    outcomes = []
    for way_to_record in (None, capture):
        monkeypatch.setattr(loop, "_way_to_record", lambda *_, way=way_to_record: way)
        outcomes.append(fitted("fp16", train=with_large(1, 44), optimizer=optimizer, epochs=6))
    (plain, module), (result, other) = outcomes
    assert (result.train, result.validation) == (plain.train, plain.validation)
    assert result.loss_scaling == plain.loss_scaling
    assert plain.loss_scaling.skipped_steps > 1
    for name, value in module.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name
    assert len(recorded) == 2  # in fp16, and in fp32
    assert len(replayed) == 6 * 5 - 2 * 3


def outcome(result):
    weights = {name: value.numpy().tobytes() for name, value in result.best_state.items()}
    return result.train, result.validation, result.best_epoch, result.loss_scaling, weights


@pytest.mark.parametrize(
    ("optimizer", "large"),
    [("sgd", None), ("adam", None), ("rmsprop", None), ("adam", 1), ("sgd", 20)],
)
def test_a_run_in_fp16_killed_after_any_batch_goes_on_to_the_same_bytes(
    tmp_path, monkeypatch, optimizer, large
):
    monkeypatch.setattr(loss_scale, "START", 2.0**18)
    monkeypatch.setattr(loss_scale, "INTERVAL", 2)
    spec = spec_with(optimizer=optimizer, learning_rate=1e-3, step_size=2)

    def train(checkpoints=None, progress=None):
        seed_all(spec.seed)
        module, data = network(), pictures(spec.augmentation)
        if large:  # stand for values that are
            whole = data.gather

            def gather(chosen):
                return whole(chosen) * (1 + 1e6 * (chosen < large))[:, None, None, None]

            data.gather = gather
        with computing(module, "fp16", CPU):
            return fit(module, module.train, data, pictures(), spec, progress or Progress(),
                       checkpoints)  # fmt: skip

    uninterrupted = train()
    assert uninterrupted.loss_scaling.skipped_steps > 0
    assert uninterrupted.loss_scaling.fp32_from_epoch == {None: None, 1: 2, 20: 1}[large]
    for n_batches in (1, 2, 3, 4, 8):
        checkpoints = Checkpoints(tmp_path / str(n_batches), IDENTITY, 0)
        with contextlib.suppress(KilledError):
            train(checkpoints, KilledAfter(n_batches))
        assert outcome(train(checkpoints)) == outcome(uninterrupted)


def test_a_run_killed_in_an_epoch_made_anew_goes_on_in_fp32(tmp_path):
    checkpoints = Checkpoints(tmp_path, IDENTITY, 0)
    spec = spec_with(augmentation="none")
    with computing(module := Large(), "fp16", CPU), pytest.raises(KilledError):
        # 5 batches in fp16, their taking back, and 2 in fp32
        fit(module, module.train, features(), features(), spec, KilledAfter(8), checkpoints)
    position, tensors = checkpoints.newest()
    assert (position.epoch, position.batch) == (1, 2)
    assert tensors["scaling"] == {}


def test_pictures_gathered_in_16_bits_may_go_on_in_fp32():
    module = nn.Conv2d(3, 4, 3)
    maps = torch.randn(2, 3, 8, 8)
    with computing(module, "fp16", CPU) as autocast:
        assert isinstance(autocast, Autocast)
        assert module(maps.half()).dtype == torch.float16
        autocast.in_fp32 = True
        assert torch.equal(module(maps.half()), nn.Conv2d.forward(module, maps.half().float()))
