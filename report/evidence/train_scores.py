"""Which train accuracy counts: measured at rest where that is known, else during the epoch."""

from report.evidence.load import Run, StudyView
from report.evidence.numbers import Quantity


def measured_at_rest(view: StudyView) -> bool:
    """Tell whether every tested run was measured on the train pictures after training.

    Then the train accuracies of tested models are those; were they not known of all, some would be
    held against others of another kind.
    """
    tested = [run for run in view.all_runs() if run.finished and run.metrics.test is not None]
    return bool(tested) and all(run.metrics.train_at_rest is not None for run in tested)


def train_accuracy_of(view: StudyView, run: Run) -> Quantity | None:
    """Return a run's train accuracy with the best epoch's weights; None if it has none.

    Of the running accuracy, which is measured while the weights still change, that of this epoch.
    """
    if run.metrics.train_at_rest is not None and measured_at_rest(view):
        return run.number("/train_at_rest/accuracy")
    return None if run.metrics.train is None else run.number("/train/accuracy")
