"""The figure of a grid: heatmaps on one colour scale, points of one field, or of many."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from report.evidence.accuracy import validation_accuracy, validation_interval
from report.evidence.display_names import (
    field_words,
    fields_named,
    is_classic,
    is_number,
    pair_word,
    value_text,
)
from report.evidence.homework import STARTS
from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import counted, parts
from report.evidence.study_sections import (
    MOST_CELLS,
    axes_of,
    is_homework,
    is_sampled,
    search_of,
    value_in,
)
from report.evidence.very_many import BEST
from report.figures.canvas import draw_plot, gap
from report.figures.heatmap import Cell, Grid, colour_scale, draw_heatmap, heatmap_height
from report.figures.points import Cloud, Mark, draw_clouds, draw_points
from report.figures.style import WIDTH
from report.figures.views import Gap, Plot
from report.tables.figure_data import grid_data, spread
from training.records import Experiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCALE_HEIGHT = 0.5
"""Inches that the colour bar takes."""


def grid_figure(view: StudyView, grid: str, scale_of: Sequence[str] = ()) -> Plot | Gap:
    """Draw a grid: of two fields as heatmaps, of one as a row of points, of three as small ones.

    Args:
        grid: Prefix such as `transfer/grid`.
        scale_of: Grids that share the colour scale, so that their colours can be compared.
    """
    n_axes = len(axes_of(view, grid))
    if is_sampled(view, grid):
        return sampled(view, grid)
    if n_axes == 1:
        return along_one_field(view, grid)
    return by_three_fields(view, grid) if n_axes == 3 else heatmap_pair(view, grid, scale_of)


def heatmap_pair(view: StudyView, grid: str, scale_of: Sequence[str] = ()) -> Plot | Gap:
    """Draw the train and validation accuracies of a grid of two fields; see `grid_figure`."""
    slug = slug_of(grid)
    ranked = view.ranked(grid)
    if not ranked:
        return nothing_yet(view, grid)
    train, validation = (_grid(view, grid, split) for split in ("train", "validation"))
    highest = highest_accuracy(view, {grid, *scale_of})
    word, start = pair_word(ranked[0]), STARTS.get(grid, "") if is_homework(view) else ""
    marks = ""
    if grid == next(iter(scale_of), grid):  # said once where several share their scale
        marks = (
            " The star marks the highest validation accuracy; all panels share one colour scale."
        )
    fields = fields_named(list(axes_of(view, grid)))
    return draw_plot(
        slug,
        draw_pair,
        train,
        validation,
        highest,
        size=(WIDTH, _height(train)),
        alt=_alt(train, validation),
        caption=parts(
            f"Accuracy in percent of every {word} of {fields}{f' {start}' if start else ''}, on "
            f"train and validation pictures, at each {word}’s best epoch.{marks}"
        ),
        data=grid_data(view, grid),
    )


def slug_of(grid: str) -> str:
    """Return the slug of a grid's figure."""
    return f"heatmap-{grid.replace('/', '-')}"


def nothing_yet(view: StudyView, grid: str) -> Gap:
    """Return what stands for the figure of a grid without results."""
    member = next(iter(view.group(grid)), None)
    word = "pair" if member is None or is_classic(list(axes_of(view, grid))) else "setting"
    return gap(slug_of(grid), f"No {word} of this grid has a result yet.")


def _alt(train: Grid, validation: Grid) -> str:
    if train.column_field:
        rows, columns = len(train.rows), len(train.columns)
        size = f"{counted(rows, 'value')} of {train.row_field} by {columns} of {train.column_field}"
    else:
        rates = counted(len(train.rows), train.row_field)
        size = f"{rates} by {counted(len(train.columns), 'optimizer')}"
    field = f"{train.column_field} " if train.column_field else ""
    there = f"{train.row_field} " if train.column_field else ""
    star = next(
        f"; the star marks {field}{column} at {there}{row}"
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


def _grid(view: StudyView, grid: str, split: str, within: Mapping[str, Any] | None = None) -> Grid:
    """Return a grid's cells by two fields.

    Args:
        within: Another field and the value that the cells shall have in it.
    """
    axes, fixed = axes_of(view, grid), within or {}
    row, column = rows_and_columns([name for name in axes if name not in fixed])
    best = view.ranked(grid)[0].id
    by_values = {
        tuple(value_in(e, name) for name in (row, column)): e.id
        for e in view.group(grid)
        if all(value_in(e, name) == value for name, value in fixed.items())
    }
    cells = [
        [_cell(view, by_values.get((there, across), ""), split, best) for across in axes[column]]
        for there in axes[row]
    ]
    return Grid(
        [value_text(row, value) for value in axes[row]],
        [value_text(column, value) for value in axes[column]],
        cells,
        field_words(row),
        "" if column == "optimizer" else field_words(column),
    )


def rows_and_columns(names: Sequence[str]) -> tuple[str, str]:
    """Return which of two fields is laid out from top to bottom, and which from left to right."""
    first, second = names
    return (second, first) if second == "learning_rate" else (first, second)


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


def along_one_field(view: StudyView, grid: str) -> Plot | Gap:
    """Draw the validation accuracy of each value of one field, with its interval."""
    if not view.ranked(grid):
        return nothing_yet(view, grid)
    ((name, values),) = axes_of(view, grid).items()
    marks = [
        mark
        for place, value in enumerate(values)
        for e in view.group(grid)
        if value_in(e, name) == value and (mark := _mark(view, grid, e.id, place)) is not None
    ]
    labels = [value_text(name, value) for value in values]
    joined = all(is_number(value) for value in values)
    return draw_plot(
        slug_of(grid),
        draw_points,
        labels,
        marks,
        field_words(name),
        joined,
        size=(WIDTH, 2.6),
        alt=f"Points with intervals for {counted(len(marks), 'value')} of {field_words(name)}: "
        f"validation accuracy {_range(marks)}{_starred(marks, labels)}.",
        caption=parts(
            f"Validation accuracy by {field_words(name)}, each with its 95 % interval. The star "
            "marks the highest, which having been picked flatters a little."
        ),
        data=grid_data(view, grid),
    )


def by_three_fields(view: StudyView, grid: str) -> Plot | Gap:
    """Draw a heatmap of validation accuracies for each value of the field that has the fewest."""
    if not view.ranked(grid):
        return nothing_yet(view, grid)
    axes = axes_of(view, grid)
    name = min(axes, key=lambda field: len(axes[field]))
    panels = [_grid(view, grid, "validation", {name: value}) for value in axes[name]]
    titles = [f"{field_words(name)} {value_text(name, value)}" for value in axes[name]]
    n_rows = -(-len(panels) // PANELS_ABREAST)
    values = [c.value for p in panels for row in p.cells for c in row if c.value is not None]
    others = [field_words(field) for field in axes if field != name]
    return draw_plot(
        slug_of(grid),
        draw_panels,
        titles,
        panels,
        highest_accuracy(view, {grid}),
        size=(WIDTH, SCALE_HEIGHT + n_rows * (heatmap_height(len(panels[0].rows)) + 0.2)),
        alt=f"{counted(len(panels), 'heatmap')} of validation accuracy by {' and '.join(others)}, "
        f"one for each value of {field_words(name)}: {min(values):.1f} to {max(values):.1f} %.",
        caption=parts(
            f"Validation accuracy in percent by {fields_named(list(axes))}, at each setting’s best "
            "epoch. The star marks the highest; all panels share one colour scale."
        ),
        data=grid_data(view, grid),
    )


PANELS_ABREAST = 2
MOST_PANELS = 6
"""Fields of a sampled grid that are drawn."""


def sampled(view: StudyView, grid: str) -> Plot | Gap:
    """Draw the validation accuracy of drawn settings against each field."""
    ranked = view.ranked(grid)
    if not ranked:
        return nothing_yet(view, grid)
    drawn = _drawn(view, grid)
    panels = [_panel(view, grid, name, drawn) for name in list(axes_of(view, grid))[:MOST_PANELS]]
    n_rows = -(-len(panels) // PANELS_ABREAST)
    accuracies = sorted(y for _, y in zip(panels[0].x, panels[0].y, strict=True))
    fields = fields_named([*axes_of(view, grid)][:MOST_PANELS])
    return draw_plot(
        slug_of(grid),
        draw_clouds,
        panels,
        size=(WIDTH, 0.5 + 1.9 * n_rows),
        alt=f"{counted(len(panels), 'panel')} of {counted(len(accuracies), 'point')}: validation "
        f"accuracy {accuracies[0]:.1f} to {accuracies[-1]:.1f} %, by {fields}.",
        caption=parts(
            f"Validation accuracy {_which(view, grid, drawn)}, by {fields}. The star marks the "
            "highest. "
            "All fields differ at once, so a panel shows a tendency at most."
        ),
        data=grid_data(view, grid),
    )


MOST_POINTS = 300
"""Of a panel; of more settings the best are drawn, and of the others some, evenly by rank."""


def _drawn(view: StudyView, grid: str) -> list[Experiment]:
    """Return the settings whose points are drawn, in the grid's order."""
    ranked = view.ranked(grid)
    if len(ranked) > MOST_CELLS:
        others = ranked[BEST:]
        ranked = [*ranked[:BEST], *(others[i] for i in spread(len(others), MOST_POINTS - BEST))]
    ids = {run.id for run in ranked}
    return [e for e in view.group(grid) if e.id in ids]


def _which(view: StudyView, grid: str, drawn: Sequence[Experiment]) -> str:
    if len(drawn) < len(view.ranked(grid)):
        return "of the best settings, and of others evenly spaced in rank"
    how = "drawn" if search_of(view, grid) is None else "tried"
    return f"of every setting {how}"


def _panel(view: StudyView, grid: str, name: str, members: Sequence[Experiment]) -> Cloud:
    """Return the settings drawn by one field: along a scale of numbers, or of names."""
    best = view.ranked(grid)[0].id
    values = [value_in(e, name) for e in members]
    accuracies = [_validation(view, e.id) for e in members]
    starred = next(i for i, e in enumerate(members) if e.id == best)
    if all(is_number(value) for value in values):
        low, high = min(values), max(values)
        log = low > 0 and high / low >= WIDE
        return Cloud(field_words(name), [float(v) for v in values], accuracies, starred, log=log)
    texts = [value_text(name, value) for value in values]
    names = list(dict.fromkeys(texts))
    places = [float(names.index(text)) for text in texts]
    return Cloud(field_words(name), places, accuracies, starred, names=tuple(names))


WIDE = 20.0
"""From so large a ratio of the largest to the smallest value on an axis is logarithmic."""


def _mark(view: StudyView, grid: str, experiment_id: str, place: int) -> Mark | None:
    interval = validation_interval(view, experiment_id)
    if validation_accuracy(view, experiment_id) is None:
        return None
    accuracy = _validation(view, experiment_id)
    low, high = (100 * end.value for end in interval) if interval else (accuracy, accuracy)
    return Mark(place, accuracy, low, high, view.ranked(grid)[0].id == experiment_id)


def _validation(view: StudyView, experiment_id: str) -> float:
    accuracy = validation_accuracy(view, experiment_id)
    assert accuracy is not None
    return float(100 * accuracy.value)


def _range(marks: Sequence[Mark]) -> str:
    values = [mark.accuracy for mark in marks]
    return f"{min(values):.1f} to {max(values):.1f} %"


def _starred(marks: Sequence[Mark], labels: Sequence[str]) -> str:
    return "".join(f"; the star marks {labels[m.place]}" for m in marks if m.is_best)


def draw_panels(
    figure: "Figure", titles: Sequence[str], panels: Sequence[Grid], highest: float
) -> None:
    """Draw heatmaps side by side, and their colour bar."""
    n_rows = -(-len(panels) // PANELS_ABREAST)
    axes = figure.subplots(n_rows, PANELS_ABREAST, squeeze=False)
    every = [ax for row in axes for ax in row]
    for ax, title, panel in zip(every, titles, panels, strict=False):
        draw_heatmap(panel, ax, title=title, highest=highest)
    for ax in every[len(panels) :]:
        ax.set_axis_off()
    bar = figure.colorbar(colour_scale(highest), ax=every, location="bottom", aspect=40, shrink=0.7)
    bar.set_label("accuracy (%)")
    bar.outline.set_visible(False)
