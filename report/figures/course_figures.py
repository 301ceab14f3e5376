"""The course of every pair of a grid, side by side."""

from report.evidence.display_names import an, field_words, is_classic, value_text
from report.evidence.homework import STARTS
from report.evidence.load import StudyView
from report.evidence.sentences import counted, parts
from report.evidence.study_sections import axes_of, is_homework, value_in
from report.figures.canvas import draw_plot, gap
from report.figures.courses import MOST, Panel, draw_courses
from report.figures.grid_figures import rows_and_columns
from report.figures.style import WIDTH
from report.figures.views import Gap, Plot
from report.tables.figure_data import ends_data, spread

LARGE = " Of this large grid some rates and optimizers are shown, evenly spaced."
LARGE_OWN = " Of this large grid some values are shown, evenly spaced."


def grid_courses(view: StudyView, grid: str) -> Plot | Gap:
    """Draw train and validation accuracy of a grid's pairs over their epochs."""
    slug = f"courses-{grid.replace('/', '-')}"
    members, axes = view.group(grid), axes_of(view, grid)
    word = "pair" if is_classic(list(axes)) else "setting"
    if not any(run.curves for e in members for run in view.runs(e.id)):
        return gap(slug, f"No {word} of this grid has curves yet.")
    row, column = rows_and_columns(list(axes))
    across, down = axes[column], axes[row]
    shown_rows = [down[i] for i in spread(len(down), MOST)]
    shown_columns = [across[i] for i in spread(len(across), MOST)]
    by_values = {(value_in(e, row), value_in(e, column)): e.id for e in members}
    panels = [[_panel(view, by_values.get((r, c), "")) for c in shown_columns]
              for r in shown_rows]  # fmt: skip
    rows = [value_text(row, value) for value in shown_rows]
    cut = len(down) > MOST or len(across) > MOST
    start = f" {STARTS[grid]}" if grid in STARTS and is_homework(view) else ""
    shown = [panel for row in panels for panel in row if panel.validation]
    ends = [panel.validation[-1] for panel in shown]
    return draw_plot(
        slug,
        draw_courses,
        rows,
        [value_text(column, value) for value in shown_columns],
        panels,
        size=(WIDTH, 1.0 + 0.82 * len(shown_rows)),
        alt=f"{counted(len(shown), 'small panel')} of curves in {counted(len(rows), 'row')}: after "
        f"the last epoch validation accuracy lies between {min(ends, default=0):.1f} % and "
        f"{max(ends, default=0):.1f} %.",
        caption=parts(
            f"Accuracy of every {word}{start}, epoch by epoch: "
            f"one column {an(field_words(column))}, one row {an(field_words(row))}, all on the "
            "same axes.",
            (LARGE if word == "pair" else LARGE_OWN) if cut else "",
        ),
        data=ends_data(view, grid),
    )


def _panel(view: StudyView, experiment_id: str) -> Panel:
    run = next((run for run in view.runs(experiment_id) if run.curves), None)
    if run is None or run.curves is None:
        return Panel(word="no result")
    curves = run.curves
    return Panel(
        curves.epoch,
        [100 * value for value in curves.train_accuracy],
        [100 * value for value in curves.validation_accuracy],
        run.metrics.best_epoch,
        "diverged" if run.metrics.status == "diverged" else "",
    )
