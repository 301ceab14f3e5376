"""Whether a run's epochs take far longer than forecast, and whether other programs are why."""

import os
from collections.abc import Callable, Sequence

from training.planning.plan import Plan
from training.planning.run_kinds import kind_of
from training.records import Metrics, Spec

TIMES = 3.0
"""As long as forecast, from which on an epoch is far slower."""

LEAST_SECONDS = 5.0
"""Of an epoch; slow ones that take less aren't worth a word."""

Machine = tuple[str, int, str, int]
"""Name of the device, CPU threads, number format, devices: what records are comparable by."""


class Pace:
    """Holds a run's epochs against the fastest known, and says so when they are far slower.

    Args:
        forecast: Seconds an epoch; None where nothing is known, so that the run's own earlier
            epochs alone tell.
        say: Receives the line.
    """

    def __init__(self, forecast: float | None, say: Callable[[str], object]) -> None:
        self._forecast = forecast
        self._say = say

    def epochs(self, seconds: Sequence[float]) -> None:
        """Take in what each epoch so far took."""
        if not seconds:
            return
        known = [*seconds[:-1], *([self._forecast] if self._forecast is not None else [])]
        if known and (said := slower(seconds[-1], min(known))):
            self._say(said)


def slower(seconds: float, forecast: float) -> str | None:
    """Say that an epoch is far slower than forecast, and that others use the processor if so."""
    if seconds < LEAST_SECONDS or seconds < TIMES * forecast:
        return None
    said = f"Slower than forecast: {_short(seconds)} an epoch instead of {_short(forecast)}"
    load, n_cores = os.getloadavg()[0], os.cpu_count() or 1
    if load >= n_cores + 1:  # this process has as many threads as cores at most
        said += f"; other programs are using the processor (load {load:.1f} on {n_cores} cores)"
    return said


def fastest_epoch(plan: Plan, spec: Spec, machine: Machine) -> float | None:
    """Return the seconds of the fastest epochs of a kind of run, by the study's records.

    Only records of the same pictures count, made on as many of the same devices with as many
    threads and in the same number format; None without any.
    """
    kind = kind_of(spec)
    records = [plan.record(e.id, seed) for e in plan.study.experiments for seed in plan.seeds]
    return min((_epoch(r) for r in records if r and _tells(r, kind, plan, machine)), default=None)


def _tells(record: Metrics, kind: Spec, plan: Plan, machine: Machine) -> bool:
    where = record.environment
    return (
        where is not None
        and record.spec is not None
        and record.epochs_run > 0
        and record.reused_from is None
        and record.dataset_fingerprint == plan.fingerprint
        and (where.device_name, where.n_threads, where.precision, where.n_devices) == machine
        and kind_of(record.spec) == kind
    )


def _epoch(record: Metrics) -> float:
    return record.train_seconds / record.epochs_run


def _short(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
