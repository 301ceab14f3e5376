"""How fast a device is at best: its fastest large matrix product."""

import functools
import time
from collections.abc import Callable

import torch

from training.memory import SHORT
from training.precision import Precision

SECONDS = 0.4
"""Spent on the measurement, at most, once its first products have shown how long others take."""

SIDES = (512, 1024, 2048)
CUDA_SIDES = (1024, 2048, 4096, 8192)
"""Sides of the square matrices: from small ones, so that a slow device isn't held up."""


def peak_flop_per_second(device: torch.device, precision: Precision) -> float | None:
    """Return the best rate of a matrix product in FLOP/s, measured once per process.

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
        return _measure(device, torch.bfloat16 if precision == "bf16" else torch.float32)
    except SHORT:
        return None


def _measure(device: torch.device, kind: torch.dtype) -> float:
    best, end = 0.0, time.perf_counter() + SECONDS
    for side in CUDA_SIDES if device.type == "cuda" else SIDES:
        multiply = _product(side, device, kind)
        multiply()  # the first of a size chooses its algorithm
        taken = _time(multiply, device)
        best = max(best, 2 * side**3 / taken)
        if time.perf_counter() + 3 * 8 * taken > end:  # two of the next size, and its factors
            break
    while time.perf_counter() + taken < end:
        best = max(best, 2 * side**3 / _time(multiply, device))
    return best


def _product(side: int, device: torch.device, kind: torch.dtype) -> Callable[[], object]:
    generator = torch.Generator(device).manual_seed(0)
    a, b = (
        torch.rand(side, side, device=device, generator=generator).sub_(0.5).to(kind)
        for _ in range(2)
    )
    result = torch.empty_like(a)
    return lambda: torch.mm(a, b, out=result)


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
