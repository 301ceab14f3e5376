"""What trainings took: time, arithmetic and energy, of one run and of many."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive
from report.evidence.run import Run
from report.evidence.very_many import over, over_runs

Spent = Callable[[Run], Quantity | None]
"""Returns what a run's training took; None where its record doesn't say."""


@dataclass(frozen=True)
class OfTraining:
    """Returns what a run's epochs took, and computing cached features before them.

    Attributes:
        epochs: Where a record has what its epochs took.
        features: Where it has what the features took, if that is known.
    """

    epochs: str
    features: str = ""

    def __call__(self, run: Run) -> Quantity | None:
        epochs = _recorded(run, self.epochs)
        if epochs is None or not self.counts_features(run):
            return epochs
        features = _recorded(run, self.features)
        return None if features is None else derive("sum", epochs, features)

    def counts_features(self, run: Run) -> bool:
        """Tell whether a run's value has two parts."""
        return bool(self.features and run.metrics.cached_features)


time_of = OfTraining("/train_seconds", "/feature_seconds")
"""Seconds of all epochs and of computing cached features."""

arithmetic_of = OfTraining("/cost/training_flop", "/cost/feature_flop")
"""FLOP of all epochs and of computing cached features."""

energy_of = OfTraining("/cost/energy_joules")
"""Joules that the device consumed during all epochs."""


def trained(view: StudyView) -> list[Run]:
    """Return the finished runs that trained; a reused record's training is its source's."""
    return [run for run in view.all_runs() if run.finished and run.metrics.reused_from is None]


def speed_of(run: Run) -> Quantity | None:
    """Return the FLOP in a second of its epochs."""
    training, seconds = _recorded(run, "/cost/training_flop"), run.number("/train_seconds")
    if training is None or seconds.value <= 0:
        return None
    return derive("ratio", training, seconds)


def devices_of(run: Run) -> tuple[str, int, int]:
    """Return what times are comparable by: a run's device, how many, and on how many machines."""
    e = run.metrics.environment
    return ("", 1, 1) if e is None else (e.device_name, e.n_devices, e.n_machines)


def peak_of(run: Run) -> Quantity | None:
    """Return the FLOP in a second of the device's fastest matrix product."""
    return _recorded(run, "/cost/peak_flop_per_second")


def share_of_peak(run: Run) -> Quantity | None:
    """Return the speed as a fraction of the fastest product's."""
    speed, peak = speed_of(run), peak_of(run)
    return None if speed is None or peak is None else derive("ratio", speed, peak)


def total(view: StudyView, runs: Sequence[Run], spent: OfTraining) -> Quantity | None:
    """Sum over runs; None where there are none, or one of them doesn't say."""
    if not runs or not all(_says(run, spent.epochs) for run in runs):
        return None
    if not any(map(spent.counts_features, runs)):
        return over_runs(view, "sum", runs, spent.epochs)
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


def _recorded(run: Run, pointer: str) -> Quantity | None:
    return run.number(pointer) if _says(run, pointer) else None


def _says(run: Run, pointer: str) -> bool:
    """Tell whether a record has a number that older ones lack."""
    before, _, name = pointer.rpartition("/")
    if before != "/cost":
        return True
    return run.metrics.cost is not None and getattr(run.metrics.cost, name) is not None
