"""How fast tested models answer, and how large they are."""

from report.evidence.accuracy import Tested, all_tested
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, mean_of
from report.evidence.run import Run


def timed(view: StudyView) -> list[Tested]:
    """Return the tested models whose runs all say how fast they answer."""
    return [t for t in all_tested(view) if all(run.metrics.speed is not None for run in t.runs)]


def comparable(models: list[Tested]) -> bool:
    """Tell whether all were timed on one device, with as many threads, in one number format."""
    return len({_place(run) for model in models for run in model.runs}) == 1


def _place(run: Run) -> tuple[object, ...] | None:
    e = run.metrics.environment
    return None if e is None else (e.device_name, e.device, e.n_threads, e.precision, e.torch)


def latency(model: Tested) -> Quantity:
    """Return the seconds from one picture to its scores, the mean over seeds."""
    return mean_of([run.number("/speed/latency_seconds") for run in model.runs])


def throughput(model: Tested) -> Quantity | None:
    """Return pictures a second in batches, the mean over seeds, where all runs say."""
    values = [run.number("/speed/images_per_second") for run in model.runs]
    return None if any(value.value is None for value in values) else mean_of(values)


def batch_size(model: Tested) -> Quantity:
    """Return how many pictures these batches have."""
    return model.runs[0].number("/speed/batch_size")


def size(model: Tested) -> Quantity:
    """Return the bytes of all weights."""
    return model.runs[0].number("/speed/network_bytes")
