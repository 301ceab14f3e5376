"""A step is recorded only where the device has free what it used at most so far."""

import contextlib

import pytest
import torch

from training.engine import recorded_step
from training.engine.recorded_step import RecordedStep, cuda_graph


@pytest.fixture
def memory(monkeypatch):
    """Say how much is free, reserved, used and was used at most, on a device that isn't there."""

    def say(free, reserved, used, most):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (free, 10**6))
        for name, value in (("memory_reserved", reserved), ("memory_allocated", used),
                            ("max_memory_allocated", most)):  # fmt: skip
            monkeypatch.setattr(torch.cuda, name, lambda value=value: value)

    return say


@pytest.mark.parametrize(
    ("free", "reserved", "used", "most", "room"),
    [(101, 0, 0, 100, True), (99, 0, 0, 100, False), (50, 90, 39, 100, True),
     (50, 90, 41, 100, False), (0, 300, 199, 100, True), (0, 300, 201, 100, False)],
)  # fmt: skip
def test_room_is_what_is_free_and_what_is_reserved_unused(memory, free, reserved, used, most, room):
    memory(free, reserved, used, most)
    assert recorded_step._has_room() == room


def test_without_room_nothing_is_recorded(memory, monkeypatch):
    memory(free=0, reserved=0, used=0, most=1)
    monkeypatch.setattr(torch.cuda, "device", contextlib.nullcontext)
    with pytest.raises(torch.OutOfMemoryError, match="recorded step"):
        cuda_graph(torch.device("cuda"), lambda: pytest.fail("was called"))


def test_only_batches_of_the_first_ones_shape_are_replayed():
    replays = []

    def record(function):
        return lambda: replays.append(function())

    step = RecordedStep(record)
    made = [
        step.made(lambda *_: None, torch.zeros(n, 2), torch.zeros(n), None)
        for n in (4, 4, 4, 4, 3, 5, 4)
    ]
    n_plain = recorded_step.PLAIN_STEPS
    assert made == [False] * n_plain + [n == 4 for n in (4, 4, 4, 4, 3, 5, 4)[n_plain:]]
    assert len(replays) == sum(made)
