"""Figures that hold all tested models against each other."""

from statistics import fmean
from typing import TYPE_CHECKING

from report.evidence.accuracy import Tested, all_tested
from report.evidence.cost import devices_of
from report.evidence.load import StudyView
from report.evidence.reference import reference_number
from report.evidence.sentences import Parts, counted, parts
from report.figures.accuracies import (
    Point,
    cost_labels_height,
    draw_accuracies,
    draw_against_cost,
)
from report.figures.canvas import draw_plot, gap
from report.figures.labels import short
from report.figures.style import WIDTH
from report.figures.views import Gap, Plot
from report.findings.chosen import chosen_model
from report.tables.figure_data import accuracy_data, cost_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOT_TESTED = "No model has been tested yet."


def forest(view: StudyView) -> Plot | Gap:
    """Draw every test accuracy with its interval, beside the reference report's value."""
    tested = all_tested(view)
    if not tested:
        return gap("test-accuracies", NOT_TESTED)
    points = [_point(view, item) for item in tested]
    return draw_plot(
        "test-accuracies",
        draw_forest,
        points,
        size=(WIDTH, 1.0 + 0.35 * len(points)),
        alt=f"Dots with intervals: {_range(points)}.{_star(points)}",
        caption=_forest_caption(view, tested),
        data=accuracy_data(view, tested),
    )


def _range(points: list[Point]) -> str:
    ends = sorted(point.accuracy for point in points)
    return (
        f"test accuracies of {counted(len(points), 'model')}, {ends[0]:.1f} % to {ends[-1]:.1f} %"
    )


def _star(points: list[Point]) -> str:
    stars = (p for p in points if p.is_chosen)
    return "".join(f" The star is {short(p.label)} with {p.accuracy:.1f} %." for p in stars)


def _forest_caption(view: StudyView, tested: list[Tested]) -> Parts:
    choice = chosen_model(view)
    marks = ""
    if choice is not None:
        marks = " The star marks the model with the highest validation accuracy"
        marks += ", dark dots those that can’t be told from it." if choice.level else "."
    return parts(f"Test accuracy of every finalist with its 95 % {_interval(tested)}.{marks}")


def _interval(tested: list[Tested]) -> str:
    return "interval" if any(item.over_seeds for item in tested) else "Wilson interval"


def _point(view: StudyView, tested: Tested, cost: float = 0.0) -> Point:
    reference = reference_number(view, tested.experiment.id, "test_accuracy")
    choice = chosen_model(view)
    return Point(
        label=tested.name,
        accuracy=100 * tested.accuracy.value,
        low=100 * tested.low.value,
        high=100 * tested.high.value,
        reference=None if reference is None else 100 * reference.value,
        cost=cost,
        is_chosen=choice is not None and choice.model.experiment.id == tested.experiment.id,
        is_marked=choice is None or choice.is_marked(tested.experiment.id),
    )


def accuracy_against_cost(view: StudyView) -> Plot | Gap:
    """Draw test accuracy against training time; against parameters where devices differ."""
    tested = all_tested(view)
    timed = _one_device(tested) and all(_seconds(item) > 0 for item in tested)
    cost = _seconds if timed else _parameters
    points = [_point(view, item, value) for item in tested if (value := cost(item)) > 0]
    if not points:
        return gap("accuracy-against-cost", NOT_TESTED)
    costs, unit = [point.cost for point in points], "s" if timed else "million parameters"
    what = "training time" if timed else "the network’s parameters"
    return draw_plot(
        "accuracy-against-cost",
        draw_cost,
        points,
        "training time (s)" if timed else "parameters (millions)",
        size=(WIDTH, 0.7 + cost_labels_height(points)),
        alt=f"Points with intervals, from {min(costs):.3g} to {max(costs):.3g} {unit}: "
        f"{_range(points)}.{_star(points)}",
        caption=parts(
            f"Test accuracy with its 95 % interval against {what}, on a logarithmic axis.",
            "" if timed else " Training times aren’t compared: they are of different devices.",
        ),
        data=cost_data([item for item in tested if _parameters(item) > 0], timed=timed),
    )


def _parameters(tested: Tested) -> float:
    counts = tested.runs[0].parameters
    return counts.total / 1e6 if counts else 0.0


def _seconds(tested: Tested) -> float:
    return fmean(run.training_time.value for run in tested.runs)


def _one_device(tested: list[Tested]) -> bool:
    return len({devices_of(run) for item in tested for run in item.runs}) == 1


def draw_forest(figure: "Figure", points: list[Point]) -> None:
    """Draw all test accuracies, one row a model."""
    draw_accuracies(points, figure.subplots())


def draw_cost(figure: "Figure", points: list[Point], cost: str) -> None:
    """Draw accuracy against what it cost."""
    draw_against_cost(points, figure.subplots(), cost=cost)
