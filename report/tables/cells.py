"""Cells and columns that several tables share."""

from collections.abc import Callable, Sequence

from report.evidence.accuracy import Tested, train_accuracy, validation_accuracy
from report.evidence.load import StudyView
from report.evidence.numbers import (
    Number,
    Quantity,
    derive,
    duration,
    integer,
    mean_of,
    p_value,
    percentage,
    signed_points,
)
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, Text, parts
from report.findings.chosen import chosen_model
from report.findings.comparing import difference_interval, tests_against
from report.tables.views import Column, Row
from training.records import Experiment

DIFFERENCE = Column("Difference", "points", "number", "fraction")
INTERVAL = Column("95\u00a0% interval", "%", "number")


def number_column(label: str, unit: str = "", exact: str = "") -> Column:
    return Column(label, unit, "number", exact)


def name_cell(name: str) -> Parts:
    return parts(Name(name))


def shown(quantity: Quantity | None, show: Callable[[Quantity], Number]) -> Parts:
    """Print a quantity, or nothing where there is none."""
    return () if quantity is None or quantity.value is None else parts(show(quantity))


def interval_cell(tested: Tested | None) -> Parts:
    if tested is None:
        return ()
    return parts(percentage(tested.low), "–", percentage(tested.high))


def difference_cells(tested: Tested | None, base: Tested) -> tuple[Parts, Parts]:
    """Print how far a test accuracy lies from another, its interval, and the paired test's p."""
    if tested is None:
        return (), ()
    tests = tests_against(base, [tested])
    if not tests:
        return (), ()
    _, _, p = tests[0]
    gain = derive("difference", tested.accuracy, base.accuracy)
    interval = difference_interval(tested, base)
    within = _in_brackets(interval) if interval else ()
    return parts(signed_points(gain), within), parts(p_value(p))


def test_and_interval_cell(tested: Tested | None) -> Parts:
    """Print a test accuracy with its interval, which may stand below it."""
    if tested is None:
        return ()
    interval = parts(percentage(tested.low), " to ", percentage(tested.high))
    return parts(test_cell(tested), _in_brackets(interval))


def _in_brackets(interval: Parts) -> Parts:
    """Print an interval in which no line ends."""
    whole = (
        Text(part.text.replace(" ", "\u00a0")) if isinstance(part, Text) else part
        for part in interval
    )
    return parts(" (", *whole, ")")


def test_cell(tested: Tested | None) -> Parts:
    """Print a test accuracy, over several seeds with standard deviation and their number."""
    if tested is None:
        return ()
    if tested.std is None:
        return parts(percentage(tested.accuracy))
    return parts(
        percentage(tested.accuracy), " ± ", percentage(tested.std),
        " (n\u00a0=\u00a0", integer(tested.n_seeds), ")",
    )  # fmt: skip


def validation_cell(view: StudyView, experiment_id: str) -> Parts:
    return shown(validation_accuracy(view, experiment_id), percentage)


def train_cell(view: StudyView, experiment_id: str) -> Parts:
    return shown(train_accuracy(view, experiment_id), percentage)


def epoch_cell(run: Run | None) -> Parts:
    """Print the best epoch and how many were run."""
    if run is None or run.metrics.best_epoch is None:
        return ()
    return parts(
        integer(run.number("/best_epoch")), " of ", integer(run.number("/epochs_run"))
    )  # fmt: skip


def time_cell(runs: Sequence[Run]) -> Parts:
    """Print the training time, the mean over seeds."""
    if not runs:
        return ()
    return parts(duration(mean_of([run.training_time for run in runs])))


def is_marked(view: StudyView, experiment: Experiment) -> bool:
    """Tell whether a row is starred: the chosen model's, and those level with it."""
    choice = chosen_model(view)
    return choice is not None and choice.is_marked(experiment.id)


def row(*cells: Parts, best: bool = False, total: bool = False) -> Row:
    return Row(cells, best, total)
