"""What a run takes on its device: held to what torch's profiler sees of the real step."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from training.networks.build import build
from training.planning.plan import resolve
from training.planning.step_memory import run_bytes
from training.records import Experiment, Settings

N_CLASSES = 5


def spec(model, freeze="none", optimizer="adam", batch_size=8, width=0.25):
    experiment = Experiment(id="x/y", question="?", model=model, optimizer=optimizer, freeze=freeze)
    return resolve(experiment, Settings(batch_size=batch_size, image_size=64, width=width), 0)[0]


def most_by_the_profiler(of):
    """Return the bytes of weights, Adam's means and what one step allocates at once."""
    module = build(of.model, N_CLASSES, of.head, of.width).module.train()
    pictures = torch.rand(of.batch_size, 3, 64, 64).to(memory_format=torch.channels_last)
    labels = torch.zeros(of.batch_size, dtype=torch.int64)
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=activities, profile_memory=True) as profile:
        cross_entropy(module(pictures.clone()), labels).backward()
    events = profile.profiler.kineto_results.events()
    alive = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        if event.name() == "[memory]":
            alive += event.nbytes()
            most = max(most, alive)
    weights = sum(tensor.nbytes for tensor in module.parameters())
    buffers = sum(tensor.nbytes for tensor in module.buffers())
    return 3 * weights + buffers + most


@pytest.mark.parametrize("model", ["alexnet", "vgg16", "resnet18"])
def test_a_step_takes_what_the_profiler_sees(model):
    of = spec(model)
    assert run_bytes(of, N_CLASSES, False, 1) == pytest.approx(most_by_the_profiler(of), rel=0.1)


def test_what_is_frozen_has_no_gradients_and_no_running_means():
    of = spec("alexnet", freeze="backbone")
    assert run_bytes(of, N_CLASSES, False, 1) < 0.5 * run_bytes(
        spec("alexnet"), N_CLASSES, False, 1
    )


def test_sgd_keeps_one_running_mean_where_adam_keeps_two():
    weights = sum(t.nbytes for t in build("alexnet", N_CLASSES, (), 0.25).module.parameters())
    adam, sgd = (run_bytes(spec("alexnet", optimizer=o), N_CLASSES, False, 1)
                 for o in ("adam", "sgd"))  # fmt: skip
    assert adam - sgd == weights


def test_a_format_of_two_bytes_halves_the_maps():
    small, large = spec("resnet18", batch_size=8), spec("resnet18", batch_size=64)
    in_fp32, in_bf16 = (
        run_bytes(large, N_CLASSES, bits, 1) - run_bytes(small, N_CLASSES, bits, 1)
        for bits in (False, True)
    )
    assert in_bf16 == pytest.approx(in_fp32 / 2, rel=0.1)


def test_of_many_pictures_together_the_evaluation_decides():
    of = spec("alexnet", width=0.05)
    assert run_bytes(of, N_CLASSES, False, 512) > 5 * run_bytes(of, N_CLASSES, False, 1)


def test_each_of_several_devices_has_all_weights_and_its_part_of_the_batch():
    of, part = spec("resnet18", batch_size=128), spec("resnet18", batch_size=43)
    together = run_bytes(of, N_CLASSES, False, 1, n_devices=3)
    assert together == pytest.approx(run_bytes(part, N_CLASSES, False, 1), rel=0.01)


def test_gradients_are_joined_to_be_exchanged():
    """As `ConnectedGroup.sum` does it, where a step takes less than weights."""
    of = spec("alexnet", batch_size=2, width=0.5)
    weights = sum(t.nbytes for t in build("alexnet", N_CLASSES, (), 0.5).module.parameters())
    joined = min(weights, 2**25)
    assert run_bytes(of, N_CLASSES, False, 1, n_devices=2) >= 4 * weights + joined
    assert run_bytes(of, N_CLASSES, False, 1) < 4 * weights + joined
