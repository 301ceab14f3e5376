"""Figures that hold all tested models against each other."""

from statistics import fmean
from typing import TYPE_CHECKING

from report.evidence.accuracy import Tested, all_tested
from report.evidence.display_names import experiment_name
from report.evidence.load import StudyView
from report.evidence.reference import reference_number
from report.evidence.sentences import Parts, parts
from report.figures.accuracies import Point, draw_accuracies, draw_against_cost
from report.figures.canvas import draw_plot, gap
from report.figures.style import PAGE_WIDTH
from report.figures.views import Gap, Plot
from report.findings.chosen import chosen, chosen_model
from report.findings.cost import accuracy_per_parameter
from report.tables.figure_data import accuracy_data, cost_data

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOREST_WIDTH = 4.55
"""Inches; narrow enough to be read on a telephone, with the labels above their rows."""

NOT_TESTED = "No model has been tested yet."


def forest(view: StudyView) -> Plot | Gap:
    """Draw every test accuracy with its interval, beside the reference report's value."""
    tested = all_tested(view)
    if not tested:
        return gap("test-accuracies", NOT_TESTED)
    points = [_point(view, item) for item in tested]
    said = " ".join(str(sentence) for sentence in chosen(view))
    return draw_plot(
        "test-accuracies",
        draw_forest,
        points,
        size=(FOREST_WIDTH, 1.2 + 0.38 * len(points)),
        alt=f"Test accuracies with intervals. {said}".strip(),
        caption=_forest_caption(view, tested),
        data=accuracy_data(view, tested),
    )


def _forest_caption(view: StudyView, tested: list[Tested]) -> Parts:
    choice = chosen_model(view)
    marks = ""
    if choice is not None:
        marks = " The star marks the model with the highest validation accuracy"
        marks += ", dark dots those that can’t be told from it." if choice.level else "."
    return parts(f"Test accuracy of every finalist with its 95 % {_interval(tested)}.{marks}")


def _interval(tested: list[Tested]) -> str:
    kinds = {item.over_seeds for item in tested}
    if kinds == {True}:
        return "Student interval over seeds"
    return "interval" if True in kinds else "Wilson interval"


def _point(view: StudyView, tested: Tested, cost: float = 0.0) -> Point:
    reference = reference_number(view, tested.experiment.id, "test_accuracy")
    choice = chosen_model(view)
    return Point(
        label=experiment_name(tested.experiment),
        accuracy=100 * tested.accuracy.value,
        low=100 * tested.low.value,
        high=100 * tested.high.value,
        reference=None if reference is None else 100 * reference.value,
        cost=cost,
        is_chosen=choice is not None and choice.model.experiment.id == tested.experiment.id,
        is_marked=choice is None or choice.is_marked(tested.experiment.id),
    )


def accuracy_against_cost(view: StudyView) -> Plot | Gap:
    """Draw test accuracy against parameters, and against training time on one device."""
    tested = all_tested(view)
    sized = [_point(view, item, size) for item in tested if (size := _parameters(item)) > 0]
    if not sized:
        return gap("accuracy-against-cost", NOT_TESTED)
    timed = [_point(view, item, time) for item in tested if (time := _seconds(item)) > 0]
    if not _one_device(tested) or len(timed) < len(sized):
        timed = []
    said = " ".join(str(sentence) for sentence in accuracy_per_parameter(view))
    panels = "parameters, and against training time" if timed else "parameters"
    return draw_plot(
        "accuracy-against-cost",
        draw_costs,
        sized,
        timed,
        size=(PAGE_WIDTH, 3.0 + 0.2 * -(-len(sized) // 3)),
        alt=f"Test accuracy against {panels}. {said}".strip(),
        caption=parts(
            f"Test accuracy with its 95 % interval against the network’s {panels}, both on "
            "logarithmic axes."
            if timed
            else "Test accuracy with its 95 % interval against the network’s parameters, on a "
            "logarithmic axis. Training times aren’t compared: they are of different devices."
        ),
        data=cost_data([item for item in tested if _parameters(item) > 0], timed=bool(timed)),
    )


def _parameters(tested: Tested) -> float:
    counts = tested.runs[0].parameters
    return counts.total / 1e6 if counts else 0.0


def _seconds(tested: Tested) -> float:
    return fmean(run.training_time.value for run in tested.runs)


def _one_device(tested: list[Tested]) -> bool:
    environments = [run.metrics.environment for item in tested for run in item.runs]
    return len({e.device_name if e else "" for e in environments}) == 1


def draw_forest(figure: "Figure", points: list[Point]) -> None:
    """Draw all test accuracies, one row a model."""
    draw_accuracies(points, figure.subplots())


def draw_costs(figure: "Figure", sized: list[Point], timed: list[Point]) -> None:
    """Draw accuracy against parameters, and against time where there are any times."""
    axes = figure.subplots(1, 2 if timed else 1, squeeze=False, sharey=True)[0]
    draw_against_cost(sized, axes[0], cost="parameters (millions)", legend=True)
    axes[0].set_ylabel("test accuracy (%)")
    if timed:
        draw_against_cost(timed, axes[1], cost="training time (s)", legend=False)
    figure.legend(loc="outside upper left", ncols=3)
