"""The heatmap pair of a grid: train and validation accuracy on one colour scale."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from report.evidence.display_names import optimizer_name
from report.evidence.load import Run, StudyView
from report.evidence.sentences import counted, parts
from report.figures.canvas import draw_plot, gap
from report.figures.heatmap import Cell, Grid, colour_scale, draw_heatmap, heatmap_height
from report.figures.style import WIDTH
from report.figures.views import Gap, Plot
from report.tables.figure_data import grid_data
from training.records import learning_rate_label

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCALE_HEIGHT = 0.5
"""Inches that the colour bar takes."""

START = {"scratch": "from a random start", "transfer": "from pre-trained weights"}


def heatmap_pair(view: StudyView, grid: str, scale_of: Sequence[str] = ()) -> Plot | Gap:
    """Draw a grid's train and validation accuracies.

    Args:
        grid: Prefix such as `transfer/grid`.
        scale_of: Grids that share the colour scale, so that their colours can be compared.
    """
    slug = f"heatmap-{grid.replace('/', '-')}"
    ranked = view.ranked(grid)
    if not ranked:
        return gap(slug, "No pair of this grid has a result yet.")
    train, validation = (_grid(view, grid, split) for split in ("train", "validation"))
    highest = highest_accuracy(view, {grid, *scale_of})
    start = START.get(grid.partition("/")[0], grid)
    marks = ""
    if grid == next(iter(scale_of), grid):  # said once where several share their scale
        marks = (
            " The star marks the highest validation accuracy; all panels share one colour scale."
        )
    return draw_plot(
        slug,
        draw_pair,
        train,
        validation,
        highest,
        size=(WIDTH, _height(train)),
        alt=_alt(train, validation),
        caption=parts(
            f"Accuracy in percent of every pair of learning rate and optimizer {start}, on train "
            f"and validation pictures, at each pair’s best epoch.{marks}"
        ),
        data=grid_data(view, grid),
    )


def _alt(train: Grid, validation: Grid) -> str:
    size = (
        f"{counted(len(train.rows), 'learning rate')} by {counted(len(train.columns), 'optimizer')}"
    )
    star = next(
        f"; the star marks {column} at {row}"
        for row, cells in zip(validation.rows, validation.cells, strict=True)
        for column, cell in zip(validation.columns, cells, strict=True)
        if cell.best
    )
    return (
        f"Two heatmaps, {size}: accuracy {_span(train)} on train and {_span(validation)} on "
        f"validation pictures{star}."
    )


def _span(grid: Grid) -> str:
    values = [cell.value for row in grid.cells for cell in row if cell.value is not None]
    return f"{min(values):.1f} to {max(values):.1f} %" if values else "unknown (0 cells)"


def _beside(grid: Grid) -> bool:
    """Tell whether two such heatmaps have room side by side."""
    return len(grid.columns) <= 3


def _height(grid: Grid) -> float:
    one = heatmap_height(len(grid.rows))
    return SCALE_HEIGHT + (one if _beside(grid) else 2 * one)


def _grid(view: StudyView, grid: str, split: str) -> Grid:
    members = view.group(grid)
    rates = sorted({e.learning_rate for e in members if e.learning_rate is not None}, reverse=True)
    optimizers = list(dict.fromkeys(e.optimizer for e in members if e.optimizer is not None))
    best = view.ranked(grid)[0].id
    by_pair = {(e.learning_rate, e.optimizer): e.id for e in members}
    cells = [
        [_cell(view, by_pair.get((rate, optimizer), ""), split, best) for optimizer in optimizers]
        for rate in rates
    ]
    return Grid(
        [learning_rate_label(rate) for rate in rates],
        [optimizer_name(optimizer) for optimizer in optimizers],
        cells,
    )


def _cell(view: StudyView, experiment_id: str, split: str, best: str) -> Cell:
    runs = view.runs(experiment_id)
    diverged = any(run.metrics.status == "diverged" for run in runs)
    values = [value for run in runs if (value := _accuracy(run, split)) is not None]
    state: Literal["done", "diverged", "missing"] = (
        "diverged" if diverged else "done" if values else "missing"
    )
    mean = 100 * math.fsum(values) / len(values) if values else None
    return Cell(mean, state, best=experiment_id == best)


def _accuracy(run: Run, split: str) -> float | None:
    scores = run.metrics.train if split == "train" else run.metrics.validation
    return scores.accuracy if run.finished and scores is not None else None


def highest_accuracy(view: StudyView, grids: set[str]) -> float:
    """Return the top of a scale for grids: the highest accuracy, rounded up to ten percent."""
    values = [
        100 * value
        for grid in grids
        for run in view.ranked(grid)
        for split in ("train", "validation")
        if (value := _accuracy(run, split)) is not None
    ]
    return max(10.0, 10 * math.ceil(max(values, default=0) / 10))


def draw_pair(figure: "Figure", train: Grid, validation: Grid, highest: float) -> None:
    """Draw both heatmaps and their colour bar."""
    beside = _beside(train)
    first, second = figure.subplots(1, 2) if beside else figure.subplots(2, 1)
    draw_heatmap(train, first, title="Train", highest=highest)
    draw_heatmap(validation, second, title="Validation", highest=highest)
    if beside:
        second.set_ylabel("")
        second.tick_params(labelleft=False)
    bar = figure.colorbar(
        colour_scale(highest), ax=[first, second], location="bottom", aspect=40, shrink=0.7
    )
    bar.set_label("accuracy (%)")
    bar.outline.set_visible(False)
