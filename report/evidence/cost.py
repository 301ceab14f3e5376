"""What trainings took: time, arithmetic and energy, of one run and of many."""

from collections.abc import Callable, Iterable, Sequence

from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive
from report.evidence.run import Run
from report.evidence.very_many import over

Spent = Callable[[Run], Quantity | None]
"""Returns what a run's training took; None where its record doesn't say."""


def trained(view: StudyView) -> list[Run]:
    """Return the finished runs that trained; a reused record's training is its source's."""
    return [run for run in view.all_runs() if run.finished and run.metrics.reused_from is None]


def time_of(run: Run) -> Quantity | None:
    """Return the seconds of all epochs and of computing cached features."""
    return run.training_time


def arithmetic_of(run: Run) -> Quantity | None:
    """Return the FLOP of all epochs and of computing cached features."""
    training = _recorded(run, "training_flop")
    if training is None or not run.metrics.cached_features:
        return training
    features = _recorded(run, "feature_flop")
    return None if features is None else derive("sum", training, features)


def energy_of(run: Run) -> Quantity | None:
    """Return the joules that the device consumed during all epochs."""
    return _recorded(run, "energy_joules")


def speed_of(run: Run) -> Quantity | None:
    """Return the FLOP in a second of its epochs."""
    training, seconds = _recorded(run, "training_flop"), run.number("/train_seconds")
    if training is None or seconds.value <= 0:
        return None
    return derive("ratio", training, seconds)


def devices_of(run: Run) -> tuple[str, int, int]:
    """Return what times are comparable by: a run's device, how many, and on how many machines."""
    e = run.metrics.environment
    return ("", 1, 1) if e is None else (e.device_name, e.n_devices, e.n_machines)


def peak_of(run: Run) -> Quantity | None:
    """Return the FLOP in a second of the device's fastest matrix product."""
    return _recorded(run, "peak_flop_per_second")


def share_of_peak(run: Run) -> Quantity | None:
    """Return the speed as a fraction of the fastest product's."""
    speed, peak = speed_of(run), peak_of(run)
    return None if speed is None or peak is None else derive("ratio", speed, peak)


def total(view: StudyView, runs: Iterable[Run], spent: Spent) -> Quantity | None:
    """Sum over runs; None where there are none, or one of them doesn't say."""
    known = _all_known(runs, spent)
    return over(view, "sum", known) if known else None


def mean(runs: Sequence[Run], spent: Spent) -> Quantity | None:
    """Return the mean over an experiment's seeds, or its only run's; None likewise."""
    known = _all_known(runs, spent)
    if len(known) < 2:
        return known[0] if known else None
    return derive("mean", *known)


def _all_known(runs: Iterable[Run], spent: Spent) -> list[Quantity]:
    values = [spent(run) for run in runs]
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else []


def _recorded(run: Run, name: str) -> Quantity | None:
    cost = run.metrics.cost
    if cost is None or getattr(cost, name) is None:
        return None
    return run.number(f"/cost/{name}")
