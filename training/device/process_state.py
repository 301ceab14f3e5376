"""How this process computes: set for good where it is ours, put back where it is somebody else's.

A command, and a worker process, have the process to themselves. A call from Python may happen in a
notebook, which stays open.
"""

import contextlib
import os
import sys
from collections.abc import Iterator

import torch
from PIL import ImageFile

from training.device.environment import ignore_denormals, keep_memory, using_threads
from training.device.randomness import random_state, restore_random_state

THREADED_VALUES = 2**16
"""So many for each thread, and torch computes with all of them."""


def own_process() -> None:
    """Let this process compute as fast as it can, for good.

    It comes before anything is computed in parallel, see `ignore_denormals`.
    """
    ignore_denormals()
    keep_memory()


@contextlib.contextmanager
def process_put_back() -> Iterator[None]:
    """Put back, after this block, whatever a run changes of how the process computes.

    What C libraries do with freed memory can't be put back; it isn't changed here. Neither are
    denormal numbers in the threads that compute with this one: each would keep what it began with.
    """
    with (
        using_threads(torch.get_num_threads()),
        _generators(),
        _variables(),
        _determinism(),
        _number_formats(),
        _cut_pictures(),
        _denormals(),
    ):
        yield


@contextlib.contextmanager
def _generators() -> Iterator[None]:
    device = torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    before, seed = random_state(device), torch.initial_seed()
    started = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    cuda = torch.cuda.get_rng_state_all() if started else None
    try:
        yield
    finally:
        restore_random_state(before, device)
        if cuda is None:  # as if torch had not been seeded since
            torch.cuda.manual_seed_all(seed)
        else:
            torch.cuda.set_rng_state_all(cuda)


@contextlib.contextmanager
def _variables() -> Iterator[None]:
    """Restore the environment variables and the import path, which some libraries change."""
    before, path = dict(os.environ), list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        for name, value in before.items():
            if os.environ.get(name) != value:
                os.environ[name] = value


@contextlib.contextmanager
def _determinism() -> Iterator[None]:
    mode, benchmark = torch.get_deterministic_debug_mode(), torch.backends.cudnn.benchmark
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(mode)
        torch.backends.cudnn.benchmark = benchmark


@contextlib.contextmanager
def _number_formats() -> Iterator[None]:
    products, convolutions = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(products)
        torch.backends.cudnn.allow_tf32 = convolutions


@contextlib.contextmanager
def _cut_pictures() -> Iterator[None]:
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


@contextlib.contextmanager
def _denormals() -> Iterator[None]:
    ignored = denormals_are_ignored()
    if not ignored:  # or threads that start in this block would ignore them for good
        torch.zeros(THREADED_VALUES * torch.get_num_threads()).add_(1)
    ignore_denormals()
    try:
        yield
    finally:
        torch.set_flush_denormal(ignored)


def denormals_are_ignored() -> bool:
    """Say whether the processor takes numbers that are too small to be normal for zero."""
    return sys.float_info.min / 2 == 0.0
