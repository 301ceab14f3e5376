"""On which device, in which number format and with how many threads a run is made again."""

import contextlib
import dataclasses
import os
from collections.abc import Iterator

from training.device.environment import resolve_device
from training.device.precision import resolve_precision
from training.errors import DeviceError
from training.records import Environment
from training.run.run_options import RunOptions

SAID = {
    "device": "device",
    "device_name": "processor",
    "n_threads": "threads",
    "n_devices": "devices",
    "precision": "number format",
    "deterministic": "deterministic",
    "torch": "torch",
    "homework": "homework",
}
"""Fields of an environment that can change results, and what each is called."""


def as_recorded(environment: Environment | None, asked: RunOptions, image_size: int) -> RunOptions:
    """Return options that say how a run was computed, as far as this machine can do that.

    Args:
        asked: Wins where it says something; “auto” leaves device and number format to the record.

    Raises:
        DeviceError: What was asked for isn't there.
    """
    known = environment or Environment("", "", "", "", "", "auto", "", 0)
    device = asked.device
    if device == "auto":
        device = next(_devices_here(known.device, "auto"))
    precision = asked.precision
    found = resolve_device(device)
    if precision == "auto":
        precision = "fp32"
        with contextlib.suppress(DeviceError):
            precision = resolve_precision(known.precision, found, image_size)
    n_cores = os.cpu_count() or 1
    threads = asked.where.threads or min(known.n_threads or n_cores, n_cores)
    return dataclasses.replace(
        asked,
        device=str(found),
        precision=resolve_precision(precision, found, image_size),
        deterministic=known.deterministic,
        where=dataclasses.replace(asked.where, threads=threads),
    )


def _devices_here(*names: str) -> Iterator[str]:
    for name in names:
        with contextlib.suppress(DeviceError):
            yield str(resolve_device(name))


def unlike(recorded: Environment | None, now: Environment | None) -> tuple[str, ...]:
    """Say what two environments differ in, of all that can change results."""
    if recorded is None or now is None:
        return ()
    return tuple(
        f"{name}: {was} recorded, {here} here"
        for field, name in SAID.items()
        if (was := getattr(recorded, field)) != (here := getattr(now, field))
    )
