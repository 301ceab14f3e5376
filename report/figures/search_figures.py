"""The figure of a search: what each member reached, in order, and the best so far."""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from report.evidence.accuracy import validation_accuracy
from report.evidence.display_names import pair_word
from report.evidence.load import StudyView
from report.evidence.numbers import derive, percentage
from report.evidence.sentences import Code, Name, counted, parts
from report.evidence.study_sections import grid_record
from report.figures.canvas import draw_plot
from report.figures.style import BLUE, PAPER, SKY, WIDTH
from report.figures.views import Plot
from report.tables.cells import name_cell, number_column, row
from report.tables.figure_data import LEFT_OUT, MOST_ROWS
from report.tables.views import Column, FigureData
from training.study.rounds import member_id, rounds_by_chance

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def search_figure(view: StudyView, grid: str) -> Plot | None:
    """Draw the validation accuracy of each member in order; None where nothing was searched."""
    record = grid_record(view, grid)
    if record is None or record.search is None:
        return None
    numbers = range(1, record.n_chosen + 1)
    found = {
        number: accuracy
        for number in numbers
        if (accuracy := validation_accuracy(view, member_id(record, number))) is not None
    }
    if len(found) < 2:
        return None
    word = pair_word(view.ranked(grid)[0]) if view.ranked(grid) else "setting"
    heights = [100 * accuracy.value for accuracy in found.values()]
    best = list(itertools.accumulate(heights, max))
    ends = list(itertools.accumulate(each.members for each in record.search.rounds))
    by_chance = ends[rounds_by_chance(record.search) - 1]
    return draw_plot(
        f"order-{grid.replace('/', '-')}",
        draw_search,
        list(found),
        heights,
        [end + 0.5 for end in ends[:-1]],
        by_chance + 0.5 if by_chance < record.n_chosen else 0.0,
        word,
        size=(WIDTH, 2.6),
        alt=f"{counted(len(heights), 'point')} in the order in which they were tried: validation "
        f"accuracy {min(heights):.1f} to {max(heights):.1f} %; a line of the best so far rises "
        f"from {best[0]:.1f} to {best[-1]:.1f} %.",
        caption=parts(
            f"Validation accuracy of every {word} in the order in which it was chosen, and the "
            "highest so far. Dotted lines part the rounds; what lies right of the shaded part "
            "was chosen from results."
            if by_chance < record.n_chosen
            else f"Validation accuracy of every {word} in the order in which it was drawn, and "
            "the highest so far."
        ),
        data=_data(view, grid, word),
    )


def _data(view: StudyView, grid: str, word: str) -> FigureData:
    """List each member's validation accuracy, and the highest so far."""
    record = grid_record(view, grid)
    assert record is not None
    columns = (
        Column("Number"),
        Column(word.capitalize()),
        number_column("Validation", "%"),
        number_column("Highest so far", "%"),
    )
    rows, so_far = [], []
    for number in range(1, record.n_chosen + 1):
        id_ = member_id(record, number)
        accuracy = validation_accuracy(view, id_)
        if accuracy is not None:
            so_far.append(accuracy)
            cells = parts(percentage(accuracy)), parts(percentage(derive("maximum", *so_far)))
            rows.append(row(parts(Name(str(number))), name_cell(view.name(id_)), *cells))
    note = parts(LEFT_OUT, Code(f"{grid}-*/seed-*/metrics.json"), ".")
    return FigureData(columns, tuple(rows[:MOST_ROWS]), (note,) if len(rows) > MOST_ROWS else ())


def draw_search(
    figure: "Figure",
    numbers: Sequence[int],
    accuracies: Sequence[float],
    between: Sequence[float],
    by_chance: float,
    word: str,
) -> None:
    """Draw points by their number, and the highest so far as steps.

    Args:
        accuracies: In percent.
        between: Where rounds end.
        by_chance: Up to where members were drawn at random; 0 for all of them.
    """
    from matplotlib.ticker import MaxNLocator

    ax = figure.subplots()
    if by_chance:
        ax.axvspan(numbers[0] - 0.5, by_chance, color=SKY, alpha=0.18, linewidth=0)
    for place in between:
        ax.axvline(place, linestyle=":", color=SKY, linewidth=0.9, zorder=0)
    best = list(itertools.accumulate(accuracies, max))
    ax.step([*numbers, numbers[-1] + 0.5], [*best, best[-1]], where="post", color=SKY, zorder=1)
    ax.plot(numbers, accuracies, "o", color=BLUE, markersize=5.5, markeredgecolor=PAPER,
            markeredgewidth=0.6, zorder=3)  # fmt: skip
    ax.set_xlim(numbers[0] - 0.5, numbers[-1] + 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(f"number of the {word}")
    ax.set_ylabel("validation accuracy (%)")
