"""Which train accuracy counts: measured at rest where that is known, else during the epoch."""

from report.evidence.load import StudyView
from report.evidence.numbers import Quantity
from report.evidence.once import once
from report.evidence.run import Run


@once
def measured_at_rest(view: StudyView) -> bool:
    """Tell whether every tested run was measured on the train pictures after training.

    Then the train accuracies of tested models are those; were they not known of all, some would be
    held against others of another kind.
    """
    tested = [run for run in view.all_runs() if run.finished and run.metrics.test is not None]
    return bool(tested) and all(run.metrics.train_at_rest is not None for run in tested)


def is_of_mixed_pictures(run: Run) -> bool:
    """Tell whether a run's train scores during training are of pictures mixed with others."""
    return run.metrics.spec is not None and run.metrics.spec.mixes


def train_accuracy_of(view: StudyView, run: Run) -> Quantity | None:
    """Return a run's train accuracy with the best epoch's weights; None if it has none.

    Of the running accuracy, which is measured while the weights still change, that of this epoch.
    That of pictures mixed with others isn't one.
    """
    if run.metrics.train_at_rest is not None and measured_at_rest(view):
        return run.number("/train_at_rest/accuracy")
    is_known = run.metrics.train is not None and not is_of_mixed_pictures(run)
    return run.number("/train/accuracy") if is_known else None
