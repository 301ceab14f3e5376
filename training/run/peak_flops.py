"""How fast a device is at best: its fastest large matrix product, as such or as a convolution."""

import functools
import time
from collections.abc import Callable

import torch
from torch.nn import functional as F

from training.device.precision import FACTORS, Precision
from training.engine.out_of_memory import SHORT

SECONDS = 0.4
"""Spent on the measurement, at most, once its first products have shown how long others take."""

SIDES = (512, 1024, 2048)
CUDA_SIDES = (1024, 2048, 4096, 8192)
"""Sides of the square matrices: from small ones, so that a slow device isn't held up."""


def peak_flop_per_second(device: torch.device, precision: Precision) -> float | None:
    """Return the best rate of a matrix product in FLOP/s, measured once per process.

    A convolution with filters of one pixel is such a product, too.

    Draws from a generator of its own. fp32 and tf32 are as `precision.use_precision` has set them.

    Args:
        precision: Number format of the factors; sums are the device's own.

    Returns:
        The rate with the current number of threads; None where memory is too small, or the
        device can't.
    """
    return _peak(device, precision, torch.get_num_threads())


@functools.cache
def _peak(device: torch.device, precision: Precision, n_threads: int) -> float | None:
    try:
        return _measure(device, FACTORS[precision])
    except SHORT:
        return None


def _measure(device: torch.device, kind: torch.dtype) -> float:
    best, end = 0.0, time.perf_counter() + SECONDS
    for side in CUDA_SIDES if device.type == "cuda" else SIDES:
        ways = _products(side, device, kind)
        for multiply in ways:
            multiply()  # the first of a size chooses its algorithm
        taken = [_time(multiply, device) for multiply in ways]
        fastest = ways[taken.index(min(taken))]
        best = max(best, 2 * side**3 / min(taken))
        if time.perf_counter() + 3 * 8 * sum(taken) > end:  # twice the next size, and its factors
            break
    while time.perf_counter() + min(taken) < end:
        best = max(best, 2 * side**3 / _time(fastest, device))
    return best


def _products(side: int, device: torch.device, kind: torch.dtype) -> list[Callable[[], object]]:
    """Return the ways to multiply two square matrices.

    On a CPU torch gives products to one library and convolutions to another; where one of them
    doesn't know the processor, it has half the speed of the other.
    """
    generator = torch.Generator(device).manual_seed(0)
    a, b = (
        torch.rand(side, side, device=device, generator=generator).sub_(0.5).to(kind)
        for _ in range(2)
    )
    result = torch.empty_like(a)
    ways: list[Callable[[], object]] = [lambda: torch.mm(a, b, out=result)]
    if device.type == "cpu":
        pixels = a.view(1, side // 16, 16, side).permute(0, 3, 1, 2)  # channels_last
        filters = b.T.contiguous().view(side, side, 1, 1)
        ways.append(lambda: F.conv2d(pixels, filters))
    return ways


def _time(multiply: Callable[[], object], device: torch.device) -> float:
    _wait(device)
    started = time.perf_counter()
    multiply()
    _wait(device)
    return time.perf_counter() - started


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
