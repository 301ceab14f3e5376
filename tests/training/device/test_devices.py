"""The same numbers on every device: on the CPU always, on CUDA where there is one."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from training.data.augment import DRAWS
from training.device.environment import forget_peak_memory
from training.device.precision import FACTORS, computing
from training.engine import loop, loss_scale, recorded_step
from training.engine.batches import PictureInputs
from training.engine.loop import fit
from training.engine.optimizers import SGD, Adam, RMSprop
from training.networks.build import build
from training.planning.plan import resolve
from training.progress import Progress
from training.records import Experiment, Settings

N_PICTURES, SIDE = 24, 16
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)

no_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
CUDA = pytest.param(torch.device("cuda", 0), marks=[pytest.mark.gpu, no_cuda], id="cuda")
on_each_device = pytest.mark.parametrize(
    "device", [pytest.param(torch.device("cpu"), id="cpu"), CUDA]
)


def pictures(device, augmentation="none", resident=False, kind=torch.float32, again=False):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (N_PICTURES, SIDE, SIDE, 3), np.uint8)
    return PictureInputs(
        pixels, np.arange(N_PICTURES), np.arange(N_PICTURES) % 4, mean=MEAN, std=STD,
        device=device, augmentation=augmentation, generator=torch.Generator().manual_seed(1),
        on_device=torch.from_numpy(pixels).to(device) if resident else None, kind=kind,
        again=again,
    )  # fmt: skip


def network(device):
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten()
    module = nn.Sequential(*layers, nn.Linear(16 * (SIDE - 2) ** 2, 4))
    return module.to(device, memory_format=torch.channels_last)


def spec(optimizer, epochs=4):
    experiment = Experiment(
        id="scratch/x", question="?", epochs=epochs, optimizer=optimizer, learning_rate=1e-3
    )
    return resolve(experiment, Settings(image_size=SIDE, batch_size=8), 0)[0]


def losses(device, optimizer, precision="fp32", kind=torch.float32):
    module, train = network(device), pictures(device, kind=kind)
    with computing(module, precision, device):
        result = fit(module, module.train, train, train, spec(optimizer), Progress())
    return [scores.loss for scores in (*result.train, *result.validation)]


@on_each_device
@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("augmentation", DRAWS)
def test_gathered_pictures_are_the_cpus(device, resident, augmentation):
    chosen = torch.tensor([3, 0, 17, 23])
    gathered = pictures(device, augmentation, resident).gather(chosen)
    assert gathered.device == device
    plain = pictures(torch.device("cpu"), augmentation).gather(chosen)
    different = (gathered.cpu() - plain).abs().amax(1) > 1e-5
    assert different.float().mean() < 0.01  # a rotation may round to a neighbour


@on_each_device
@pytest.mark.parametrize("room", [2**40, 0])
def test_pictures_normalised_once_are_those_of_every_time(device, room, monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (room, room))
    once = pictures(device, resident=True, kind=torch.bfloat16, again=True)
    each = pictures(device, resident=True, kind=torch.bfloat16)
    for chosen in torch.tensor([[3, 0, 17, 23], [5, 5, 1, 2]]):
        found = once.gather(chosen)
        assert torch.equal(found, each.gather(chosen))
        assert found.is_contiguous(memory_format=torch.channels_last)
    assert (once._kept is not None) == (room > 0)


@on_each_device
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_training_takes_the_cpus_course(device, optimizer):
    assert losses(device, optimizer) == pytest.approx(
        losses(torch.device("cpu"), optimizer), rel=1e-2
    )


@on_each_device
@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_16_bits_take_the_course_of_fp32(device, precision, monkeypatch):
    monkeypatch.setattr(loss_scale, "START", 2.0**12)  # so that no step is skipped
    rounded, exact = losses(device, "sgd", precision), losses(device, "sgd")
    assert rounded != exact
    assert rounded == pytest.approx(exact, rel=0.05)


@on_each_device
@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("augmentation", DRAWS)
def test_pictures_gathered_in_16_bits_are_the_rounded_ones(device, augmentation, kind):
    chosen = torch.arange(N_PICTURES)
    exact = pictures(device, augmentation).gather(chosen)
    rounded = pictures(device, augmentation, kind=kind).gather(chosen)
    assert rounded.dtype == kind
    assert torch.equal(rounded, exact.to(kind))


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_a_convolution_in_16_bits_sees_the_same_either_way(precision):
    cpu = torch.device("cpu")
    assert losses(cpu, "sgd", precision, FACTORS[precision]) == losses(cpu, "sgd", precision)


@on_each_device
@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop"])
def test_optimizers_are_torchs(device, name):
    random = torch.Generator().manual_seed(0)
    start = torch.randn((300, 257), generator=random)
    ours, theirs = (nn.Parameter(start.clone().to(device)) for _ in range(2))
    mine = {"sgd": SGD, "adam": Adam, "rmsprop": RMSprop}[name]([ours], 1e-2)
    optimizers = mine, getattr(torch.optim, type(mine).__name__)([theirs], lr=1e-2)
    for _ in range(5):
        gradient = torch.randn(start.shape, generator=random).to(device)
        for parameter, optimizer in zip((ours, theirs), optimizers, strict=True):
            parameter.grad = gradient.clone()
            optimizer.step()
        # of weights around 1, whose neighbours are 1.2e-7 away: torch computes RMSprop otherwise
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=2.4e-7)


@on_each_device
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_steps_that_overflow_are_skipped(device, optimizer, monkeypatch):
    monkeypatch.setattr(loss_scale, "START", 2.0**30)
    monkeypatch.setattr(loss_scale, "INTERVAL", 4)
    outcomes = []
    for place in (device, torch.device("cpu")):
        module, train = network(place), pictures(place)
        with computing(module, "fp16", place):
            result = fit(module, module.train, train, train, spec(optimizer, 8), Progress())
        assert all(p.isfinite().all() for p in module.parameters())
        assert not result.diverged
        outcomes.append(result.loss_scaling)
    found, expected = outcomes
    assert found.fp32_from_epoch is None
    # of gradients that nearly overflow, another device may round some over the edge
    assert found.skipped_steps == pytest.approx(expected.skipped_steps, abs=2)
    assert found.skipped_steps > 5
    assert 0.25 <= found.scale / expected.scale <= 4


@pytest.mark.parametrize("device", [CUDA])
@pytest.mark.parametrize("resident", [True, False])
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
def test_nothing_waits_for_the_device_within_an_epoch(device, resident, precision, monkeypatch):
    monkeypatch.setattr(recorded_step, "PLAIN_STEPS", 1)  # recording, the second, does wait
    module, train = network(device), pictures(device, "one-of-three", resident)

    class Watched(Progress):
        epochs_done = 0

        def batch(self, n_images):
            watching = self.epochs_done > 0 and n_images == 8
            torch.cuda.set_sync_debug_mode("error" if watching else "default")

        def epoch(self, end):
            torch.cuda.set_sync_debug_mode("default")
            self.epochs_done += 1

    train.positions = train.positions[:-1]  # a last, smaller batch ends the watch
    train.labels = train.labels[:-1]
    try:
        with computing(module, precision, device):
            result = fit(module, module.train, train, train, spec("rmsprop", epochs=3), Watched())
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(result.train) == 3


def course(device, optimizer, precision, monkeypatch, recorded, augmentation="none"):
    """Train a thin AlexNet with dropout over a step of the rate and a smaller last batch."""
    captures = []

    def capture(function):
        captures.append(1)
        return recorded_step.cuda_graph(device, function)

    way = capture if recorded else None
    monkeypatch.setattr(loop, "_way_to_record", lambda *_: way)
    torch.manual_seed(0)
    module = build("alexnet", 4, (), 0.25).module.to(device, memory_format=torch.channels_last)
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (44, 64, 64, 3), np.uint8)
    train = PictureInputs(
        pixels, np.arange(44), np.arange(44) % 4, mean=MEAN, std=STD, device=device,
        augmentation=augmentation, generator=torch.Generator().manual_seed(1),
        kind=FACTORS[precision],
    )  # fmt: skip
    experiment = Experiment(
        id="scratch/x", question="?", epochs=5, optimizer=optimizer, learning_rate=1e-3
    )
    plan = resolve(experiment, Settings(image_size=64, batch_size=8, step_size=3), 0)[0]
    with computing(module, precision, device):
        result = fit(module, module.train, train, train, plan, Progress())
    return result, len(captures)


@pytest.mark.parametrize("device", [CUDA])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_recorded_steps_give_the_bytes_of_plain_ones(device, optimizer, monkeypatch):
    plain, _ = course(device, optimizer, "bf16", monkeypatch, recorded=False)
    again, _ = course(device, optimizer, "bf16", monkeypatch, recorded=False)
    recorded, n_captures = course(device, optimizer, "bf16", monkeypatch, recorded=True)
    assert n_captures == 2  # one a learning rate
    assert recorded.train == plain.train == again.train
    assert recorded.validation == plain.validation
    for name, value in plain.best_state.items():
        assert torch.equal(recorded.best_state[name], value), name


@pytest.mark.parametrize("device", [CUDA])
def test_augmented_pictures_train_the_same_by_recorded_steps(device, monkeypatch):
    ways = [
        course(device, "sgd", "bf16", monkeypatch, recorded, "one-of-three")[0]
        for recorded in (False, True)
    ]
    assert ways[0].train == ways[1].train


@pytest.mark.parametrize("device", [CUDA])
def test_a_network_that_asks_for_a_value_trains_step_by_step(device, monkeypatch):
    class Asking(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = network(device)

        def forward(self, maps):
            return self.inner(maps) * (1.0 if maps.abs().max().item() > 0 else 2.0)

    def trained():
        train = pictures(device)
        module = Asking()
        with computing(module, "bf16", device):
            return fit(module, module.train, train, train, spec("adam"), Progress()).train

    recorded = trained()
    monkeypatch.setattr(loop, "_way_to_record", lambda *_: None)
    assert recorded == trained()


@pytest.mark.parametrize("device", [CUDA])
@pytest.mark.parametrize("name", ["alexnet", "vgg16", "resnet18"])
def test_networks_on_cuda_are_those_of_the_cpu(device, name, monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)  # as `use_precision` does
    torch.manual_seed(0)
    module = build(name, 7, (), 0.25).module.eval()
    maps = torch.randn(5, 3, 96, 96)
    exact = module(maps)
    module.to(device, memory_format=torch.channels_last)
    maps = maps.to(device).contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(module(maps).cpu(), exact, rtol=1e-4, atol=1e-5)
    for kind, within in ((torch.bfloat16, 0.02), (torch.float16, 0.005)):
        with torch.autocast("cuda", kind):
            rounded = module(maps).float().cpu()
        assert (rounded - exact).norm() < within * exact.norm()
        assert not torch.equal(rounded, exact)


def test_a_worker_knows_its_device_before_it_asks_about_memory(monkeypatch):
    called = []
    monkeypatch.setattr(torch.cuda, "init", lambda: called.append("init"))
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", called.append)
    forget_peak_memory(torch.device("cpu"))
    assert called == []
    forget_peak_memory(torch.device("cuda", 1))
    assert called == ["init", torch.device("cuda", 1)]


@pytest.mark.parametrize("device", [CUDA])
def test_a_process_that_computed_nothing_yet_can_measure_its_memory(device):
    code = """
import torch
from training.device.environment import forget_peak_memory, peak_memory_bytes
forget_peak_memory(torch.device("cuda", 0))
print(peak_memory_bytes(torch.device("cuda", 0)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "0", done.stderr
