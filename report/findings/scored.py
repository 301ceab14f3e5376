"""What the kept scores of tested runs say: metrics beside accuracy, and the mean over classes."""

from dataclasses import dataclass

from report.evidence.accuracy import Tested
from report.evidence.by_picture import same_numbers
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, mean_of, percent
from report.evidence.run import Run
from report.evidence.score_metrics import defined
from report.evidence.sentences import Parts, parts

UNEVEN = 1.5
"""Classes are uneven where the largest has so many times the test pictures of the smallest."""


@dataclass(frozen=True)
class Metric:
    """A metric of a run's test scores with the ends of its 95 % interval."""

    value: Quantity
    low: Quantity
    high: Quantity

    @property
    def has_width(self) -> bool:
        """Whether the interval says anything: where all is right, resampling changes nothing."""
        return bool(self.low.value < self.high.value)


def scored(view: StudyView, run: Run) -> bool:
    """Tell whether a run's scores are there, and of the data set described here."""
    dataset, record = view.dataset, run.predictions
    if dataset is None or record is None or run.scores is None or run.metrics.test is None:
        return False
    test = run.scores.test
    return (
        run.metrics.dataset_fingerprint == record.dataset_fingerprint == dataset.fingerprint
        and test.n_classes == len(dataset.classes)
        and len(test.label) > 0
        and same_numbers(test.label, record.label)
    )


def scored_runs(view: StudyView) -> list[Run]:
    """Return all tested runs whose scores can be used."""
    tested = (run for e in view.listed for run in view.tested(e.id))
    return [run for run in tested if scored(view, run)]


def test_metric(run: Run, name: str) -> Metric | None:
    """Return a metric of `score_metrics.METRICS`; None where it isn't defined."""
    assert run.scores is not None
    if name not in defined(run.scores.test):
        return None
    of = run.score("test")
    return Metric(derive(name, of), derive(f"{name}_low", of), derive(f"{name}_high", of))


def are_classes_uneven(view: StudyView) -> bool:
    """Tell whether accuracy hangs on some classes much more than on others."""
    sizes = [n for n in view.dataset.counts.test if n] if view.dataset else []
    return bool(sizes) and max(sizes) >= UNEVEN * min(sizes)


def mean_over_classes(view: StudyView, tested: Tested) -> Quantity | None:
    """Return the mean accuracy over classes, the mean over seeds; None where they are even."""
    if not are_classes_uneven(view) or not all(scored(view, run) for run in tested.runs):
        return None
    return mean_of([derive("mean_class_accuracy", run.score("test")) for run in tested.runs])


def mean_over_classes_parts(view: StudyView, tested: Tested) -> Parts:
    """Add the mean over classes to a sentence that states an accuracy."""
    mean = mean_over_classes(view, tested)
    return () if mean is None else parts(", ", percent(mean), " as the mean over classes")
