"""The fastest product is measured once, in bounded time, and without a trace."""

import time

import pytest
import torch

from training.device.randomness import random_state
from training.run import peak_flops

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def nothing_measured(monkeypatch):
    peak_flops._peak.cache_clear()
    monkeypatch.setattr(peak_flops, "SECONDS", 0.05)
    yield
    peak_flops._peak.cache_clear()


def drawn_from():
    """Return the states of all generators."""
    state = random_state(CPU)
    return state | {"torch": state["torch"].tolist()}


@pytest.fixture
def slow(monkeypatch):
    """Have products and convolutions take their time; return the sides of those asked for."""

    def slowed(product, convolution):
        calls = []

        def taking(seconds):
            def multiply(a, b, out=None):
                calls.append(a.shape[1])
                time.sleep(seconds)

            return multiply

        monkeypatch.setattr(torch, "mm", taking(product))
        monkeypatch.setattr(peak_flops.F, "conv2d", taking(convolution))
        return calls

    return slowed


@pytest.mark.parametrize(("product", "convolution"), [(0.002, 0.02), (0.02, 0.002)])
def test_the_rate_is_that_of_the_fastest_way(slow, product, convolution):
    calls = slow(product, convolution)
    rate = peak_flops.peak_flop_per_second(CPU, "fp32")
    assert 0.2 < rate / (2 * max(calls) ** 3 / 0.002) <= 1


def test_both_ways_are_the_same_product():
    product, convolution = (way() for way in peak_flops._products(64, CPU, torch.float32))
    assert torch.allclose(convolution.permute(0, 2, 3, 1).reshape(64, 64), product, atol=1e-5)


def test_a_slow_device_gets_no_larger_products(slow):
    calls = slow(0.02, 0.02)
    assert peak_flops.peak_flop_per_second(CPU, "fp32") > 0
    assert set(calls) == {peak_flops.SIDES[0]}
    assert len(calls) <= 6


def test_it_is_measured_once_for_each_format_and_number_of_threads(slow, monkeypatch):
    calls = slow(0.05, 0.05)
    for precision in ("fp32", "bf16", "fp16", "fp32"):
        peak_flops.peak_flop_per_second(CPU, precision)
    n_calls = len(calls)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 17)
    peak_flops.peak_flop_per_second(CPU, "fp32")
    assert (n_calls, len(calls)) == (12, 16)


def test_nothing_is_drawn_from_the_runs_generators():
    before = drawn_from()
    assert peak_flops.peak_flop_per_second(CPU, "fp32") > 0
    assert drawn_from() == before


def test_too_little_memory_leaves_it_unknown(monkeypatch):
    def failing(*_, **__):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(torch, "rand", failing)
    assert peak_flops.peak_flop_per_second(CPU, "fp32") is None
