"""How fast a tested network answers, and how large it is."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from training.engine.batches import Inputs
from training.records import Speed

WARM_UPS, FEWEST, MOST = 2, 10, 50
"""Passes of one image: before those that count, and of those that do."""

ENOUGH_SECONDS = 0.1
"""After which no further pass of one image is begun."""


@dataclass
class Passes:
    """The batches that went through a network: images and seconds of each."""

    n_images: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@contextlib.contextmanager
def timed(module: nn.Module) -> Iterator[Passes]:
    """Time each forward pass of a module while inside, waiting for its output."""
    passes, started = Passes(), 0.0

    def begin(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        nonlocal started
        _wait_for(inputs[0])
        started = time.perf_counter()

    def end(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        _wait_for(output)
        passes.seconds.append(time.perf_counter() - started)
        passes.n_images.append(len(inputs[0]))

    hooks = [module.register_forward_pre_hook(begin), module.register_forward_hook(end)]
    try:
        yield passes
    finally:
        for hook in hooks:
            hook.remove()


@torch.no_grad()
def measure_speed(module: nn.Module, inputs: Inputs, passes: Passes) -> Speed:
    """Time single images, and sum up the batches that were timed.

    Of single images the fastest pass counts: in the others threads waited to be woken, for up to
    eight times as long as the network computes.

    Args:
        module: Warm, in inference mode.
        inputs: Of which the first image is taken.
        passes: Of the test images.
    """
    picture = inputs.gather(torch.tensor([0]))
    singles: list[float] = []
    with timed(module) as single:
        begun = time.perf_counter()
        while len(single.seconds) < WARM_UPS + FEWEST or (
            len(single.seconds) < WARM_UPS + MOST and time.perf_counter() - begun < ENOUGH_SECONDS
        ):
            module(picture)
        singles = single.seconds[WARM_UPS:]
    batch_size = max(passes.n_images)
    batches = list(zip(passes.n_images, passes.seconds, strict=True))
    batches = batches[1:] if len(batches) > 1 else batches
    whole = [(n, seconds) for n, seconds in batches if n == batch_size] or batches
    n_images, seconds = (sum(values) for values in zip(*whole, strict=True))
    return Speed(
        latency_seconds=min(singles),
        n_repeats=len(singles),
        images_per_second=n_images / seconds if seconds > 0 else None,
        batch_size=whole[0][0],
        network_bytes=sum(value.nbytes for value in module.state_dict().values()),
    )


def _wait_for(values: Tensor) -> None:
    """Return when a device has computed values."""
    if values.device.type != "cpu":
        values.flatten()[:1].cpu()
