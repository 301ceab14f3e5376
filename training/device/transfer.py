"""From the host to the device, without waiting for what the device is doing."""

import torch
from torch import Tensor


def moved(values: Tensor, device: torch.device) -> Tensor:
    """Return values on the device without waiting for the copy.

    A copy to a CUDA device from memory that the system may move waits for all work before it.
    From pinned memory it takes its turn in the device's queue instead, so that the host prepares
    the next batches while this one is computed.

    Args:
        values: On the host; of any shape and dtype.
    """
    if values.device == device:
        return values
    if device.type == "cuda":
        values = values.pin_memory()
    return values.to(device, non_blocking=device.type != "mps")
