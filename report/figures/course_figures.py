"""The course of every pair of a grid, side by side."""

from report.evidence.display_names import optimizer_name
from report.evidence.load import StudyView
from report.evidence.sentences import counted, parts
from report.figures.canvas import draw_plot, gap
from report.figures.courses import MOST, Panel, draw_courses
from report.figures.grid_figures import START
from report.figures.style import WIDTH
from report.figures.views import Gap, Plot
from report.tables.figure_data import ends_data, spread
from training.records import learning_rate_label

LARGE = " Of this large grid some rates and optimizers are shown, evenly spaced."


def grid_courses(view: StudyView, grid: str) -> Plot | Gap:
    """Draw train and validation accuracy of a grid's pairs over their epochs."""
    slug = f"courses-{grid.replace('/', '-')}"
    members = view.group(grid)
    if not any(run.curves for e in members for run in view.runs(e.id)):
        return gap(slug, "No pair of this grid has curves yet.")
    rates = sorted({e.learning_rate for e in members if e.learning_rate is not None}, reverse=True)
    optimizers = list(dict.fromkeys(e.optimizer for e in members if e.optimizer is not None))
    shown_rates = [rates[i] for i in spread(len(rates), MOST)]
    shown_optimizers = [optimizers[i] for i in spread(len(optimizers), MOST)]
    by_pair = {(e.learning_rate, e.optimizer): e.id for e in members}
    panels = [[_panel(view, by_pair.get((rate, o), "")) for o in shown_optimizers]
              for rate in shown_rates]  # fmt: skip
    rows = [learning_rate_label(rate) for rate in shown_rates]
    cut = len(rates) > MOST or len(optimizers) > MOST
    start = START.get(grid.partition("/")[0], grid)
    shown = [panel for row in panels for panel in row if panel.validation]
    ends = [panel.validation[-1] for panel in shown]
    return draw_plot(
        slug,
        draw_courses,
        rows,
        [optimizer_name(optimizer) for optimizer in shown_optimizers],
        panels,
        size=(WIDTH, 1.0 + 0.82 * len(shown_rates)),
        alt=f"{counted(len(shown), 'small panel')} of curves in {counted(len(rows), 'row')}: after "
        f"the last epoch validation accuracy lies between {min(ends, default=0):.1f} % and "
        f"{max(ends, default=0):.1f} %.",
        caption=parts(
            f"Accuracy of every pair {start}, epoch by epoch: one column an optimizer, one row a "
            "learning rate, all on the same axes.",
            LARGE if cut else "",
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
