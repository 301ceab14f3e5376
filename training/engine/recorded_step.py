"""Training steps on CUDA without launching each of their kernels: a recorded step is replayed.

A step of AlexNet is about 140 kernels. Launching them one by one takes the host as long as the
device takes to compute them, so that the device waits for the host whenever that is slower. A CUDA
graph launches all of them at once. It repeats the very same kernels on the same memory, with the
random numbers that would be next, so that results are the same bytes.
"""

from collections.abc import Callable

import torch
from torch import Tensor

PLAIN_STEPS = 3
"""Steps made kernel by kernel first: libraries choose algorithms, the optimizer makes its state."""

Replay = Callable[[], object]
Capture = Callable[[Callable[[], object]], Replay]
"""Records what a function launches, without computing it, and returns what repeats it."""


class RecordedStep:
    """One step of training, recorded for batches of one shape.

    Args:
        capture: `cuda_graph` on a device, or None to record nothing.
    """

    def __init__(self, capture: Capture | None = None) -> None:
        self._capture = capture
        self._plain = 0
        self._settings: object = None
        self._memory: tuple[Tensor, Tensor] | None = None
        self._replay: Replay | None = None

    def made(
        self,
        step: Callable[[Tensor, Tensor], object],
        inputs: Tensor,
        labels: Tensor,
        settings: object,
    ) -> bool:
        """Make a step by replaying it, where that is possible, and say whether it was.

        Args:
            step: Trains on inputs and labels, always the same way; what it changes stays where it
                is in memory. It isn't kept: whoever trains holds this, and would live on.
            inputs: (B, …) on the device.
            labels: (B,) on the device.
            settings: What the step was recorded with besides, such as the learning rate; if it
                changes, it is recorded anew.
        """
        if self._capture is None:
            return False
        if self._plain < PLAIN_STEPS:
            self._plain += 1
            return False
        if self._memory is None:
            self._memory = torch.empty_like(inputs), torch.empty_like(labels)
        memory = self._memory
        if inputs.shape != memory[0].shape:  # the last batch of an epoch
            return False
        for kept, given in zip(memory, (inputs, labels), strict=True):
            kept.copy_(given)
        if self._replay is None or settings != self._settings:
            self._replay = None  # its memory is free for the new one
            self._settings = settings
            try:
                self._replay = self._capture(lambda: step(*memory))
            except RuntimeError:  # no memory for it, or a step that asks the device for a value
                self._capture = self._memory = None
                return False
        self._replay()
        return True

    def forget(self) -> None:
        """Record no more, and give back the device's memory that recorded steps keep."""
        self._capture = self._memory = self._replay = None


def cuda_graph(device: torch.device, function: Callable[[], object]) -> Replay:
    """Record what a function launches on a CUDA device.

    Raises:
        RuntimeError: The function waits for the device, or there is no memory for its results,
            which a recorded function keeps to itself.
    """
    with torch.cuda.device(device):
        if not _has_room():
            raise torch.OutOfMemoryError("no memory to keep a recorded step's results")
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            function()
    return graph.replay


def _has_room() -> bool:
    """Tell whether the current device has free what it used at most so far."""
    free, _ = torch.cuda.mem_get_info()
    unused = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    return free + unused > torch.cuda.max_memory_allocated()
