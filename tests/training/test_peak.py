"""The fastest product is measured once, in bounded time, and without a trace."""

import time

import pytest
import torch

from training import peak
from training.randomness import random_state

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def nothing_measured(monkeypatch):
    peak._peak.cache_clear()
    monkeypatch.setattr(peak, "SECONDS", 0.05)
    yield
    peak._peak.cache_clear()


def drawn_from():
    """Return the states of all generators."""
    state = random_state(CPU)
    return state | {"torch": state["torch"].tolist()}


def slow(seconds, calls):
    """Return a stand-in for `torch.mm` that takes its time."""

    def multiply(a, b, out):
        calls.append(a.shape[0])
        time.sleep(seconds)

    return multiply


def test_the_rate_is_that_of_the_fastest_product(monkeypatch):
    calls = []
    monkeypatch.setattr(torch, "mm", slow(0.01, calls))
    rate = peak.peak_flop_per_second(CPU, "fp32")
    assert 0.2 < rate / (2 * max(calls) ** 3 / 0.01) <= 1


def test_a_slow_device_gets_no_larger_products(monkeypatch):
    calls = []
    monkeypatch.setattr(torch, "mm", slow(0.02, calls))
    assert peak.peak_flop_per_second(CPU, "fp32") > 0
    assert set(calls) == {peak.SIDES[0]}
    assert len(calls) <= 4


def test_it_is_measured_once_for_each_format_and_number_of_threads(monkeypatch):
    calls = []
    monkeypatch.setattr(torch, "mm", slow(0.05, calls))
    for precision in ("fp32", "bf16", "fp32"):
        peak.peak_flop_per_second(CPU, precision)
    n_calls = len(calls)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 17)
    peak.peak_flop_per_second(CPU, "fp32")
    assert (n_calls, len(calls)) == (4, 6)


def test_nothing_is_drawn_from_the_runs_generators():
    before = drawn_from()
    assert peak.peak_flop_per_second(CPU, "fp32") > 0
    assert drawn_from() == before


def test_too_little_memory_leaves_it_unknown(monkeypatch):
    def failing(*_, **__):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(torch, "rand", failing)
    assert peak.peak_flop_per_second(CPU, "fp32") is None
