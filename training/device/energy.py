"""What a CUDA device consumes while training, by the driver's own counter (NVML)."""

import importlib
from collections.abc import Callable
from typing import Any

import torch

Reader = Callable[[], float | None]
"""Returns what a counter that only rises stands at, in joules; None where there is none."""


class EnergyMeter:
    """Adds up what a device consumes, over all parts of a run that was interrupted.

    A sum of which a part isn't known isn't known.
    """

    def __init__(self, read: Reader = lambda: None) -> None:
        self._read = read
        self.go_on_from(0.0)

    def go_on_from(self, joules: float | None) -> None:
        """Start here, after a part that took so much."""
        self._before, self._start = joules, self._read()

    def joules(self) -> float | None:
        """Return what all parts took so far."""
        now = self._read()
        if self._before is None or self._start is None or now is None or now < self._start:
            return None
        return self._before + now - self._start


def energy_meter(device: torch.device) -> EnergyMeter:
    """Return a device's meter; one that knows nothing where there is no counter."""
    if device.type != "cuda":
        return EnergyMeter()
    try:
        return EnergyMeter(_counter(device))
    except Exception:  # no driver, an old one, no package: what can't be measured stays unknown
        return EnergyMeter()


def _counter(device: torch.device) -> Reader:
    """Return the reader of a device's counter, which NVML has for Volta and later."""
    nvml = importlib.import_module("pynvml")
    nvml.nvmlInit()
    # NVML counts all devices of the machine, CUDA_VISIBLE_DEVICES or not
    uuid = torch.cuda.get_device_properties(device).uuid
    handle = nvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")

    def read() -> float | None:
        try:
            millijoules: int = nvml.nvmlDeviceGetTotalEnergyConsumption(handle)
        except nvml.NVMLError:
            return None
        return millijoules / 1000

    return (lambda: None) if _is_divided(nvml, handle) else read


def _is_divided(nvml: Any, handle: object) -> bool:
    """Tell whether others may have slices (MIG) of the device, whose counter is the whole's."""
    try:
        current, _ = nvml.nvmlDeviceGetMigMode(handle)
    except nvml.NVMLError:  # a kind that can't be divided
        return False
    return bool(current == nvml.NVML_DEVICE_MIG_ENABLE)
