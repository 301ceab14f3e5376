"""Accuracy over a grid of two fields of an experiment, such as learning rates and optimizers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from report.figures.style import INK, MUTED, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

COLOURS = "cividis"
"""Even in lightness, so it reads in grey print and with any colour vision."""


MOST_ROWS, MOST_COLUMNS = 12, 6
"""Larger grids are shown by their colours, the best cell by its star."""


@dataclass(frozen=True)
class Cell:
    """One pair's accuracy in percent, or why there is none."""

    value: float | None
    state: Literal["done", "diverged", "missing"] = "done"
    best: bool = False


@dataclass(frozen=True)
class Grid:
    """Accuracies by two fields of an experiment.

    Attributes:
        row_field: What the rows are values of.
        column_field: The same of the columns; empty where their names say it.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[Cell]]
    row_field: str = "learning rate"
    column_field: str = ""


def draw_heatmap(grid: Grid, ax: "Axes", *, title: str, highest: float) -> "Axes":
    """Draw a grid's cells on a colour scale from 0 to `highest` percent.

    The best cell is framed and starred, diverged cells say so, missing ones are hatched.
    """
    import seaborn as sns

    values = [[math.nan if c.value is None else c.value for c in row] for row in grid.cells]
    sns.heatmap(
        values, ax=ax, vmin=0, vmax=highest, cmap=COLOURS, cbar=False, square=False,
        linewidths=0 if is_large(len(grid.rows), len(grid.columns)) else 2, linecolor=PAPER,
        xticklabels=list(grid.columns), yticklabels=_labels(grid.rows),
    )  # fmt: skip
    small = is_large(len(grid.rows), len(grid.columns))
    for i, row in enumerate(grid.cells):
        for j, cell in enumerate(row):
            if not small or cell.best:
                _label(cell, j, i, ax, highest, small)
    ax.grid(False)
    ax.set_title(title)
    ax.set_ylabel(grid.row_field)
    if grid.column_field:
        ax.set_xlabel(grid.column_field)
    ax.tick_params(length=0)
    ax.tick_params(axis="y", labelrotation=0)
    return ax


def is_large(n_rows: int, n_columns: int) -> bool:
    """Tell whether a grid is shown by its colours alone, because values would be illegible."""
    return n_rows > MOST_ROWS or n_columns > MOST_COLUMNS


def heatmap_height(n_rows: int) -> float:
    """Return how high a grid is drawn, in inches."""
    return 0.75 + min(0.36 * n_rows, 3.2)


def _labels(rows: Sequence[str]) -> list[str]:
    """Name the rows; of very many, evenly spaced ones."""
    every = -(-len(rows) // (3 * MOST_ROWS))
    return [name if i % every == 0 else "" for i, name in enumerate(rows)]


def _label(cell: Cell, column: int, row: int, ax: "Axes", highest: float, small: bool) -> None:
    from matplotlib.patches import Rectangle

    centre = (column + 0.5, row + 0.5)
    if cell.value is None:
        frame = Rectangle((column + 0.03, row + 0.03), 0.94, 0.94)
        frame.set(fill=False, hatch="////", edgecolor=MUTED, linewidth=0.7)
        ax.add_patch(frame)
        ax.text(*centre, cell.state, ha="center", va="center", color=INK, fontsize=8.5,
                bbox={"facecolor": "#fdfdfc", "edgecolor": "none", "pad": 1.5})  # fmt: skip
        return
    colour = readable_on(cell.value / highest)
    if small:
        ax.text(*centre, "★", ha="center", va="center", color=colour)
        return
    text = f"{cell.value:.1f}"
    if cell.state == "diverged":
        text += "\ndiverged"
    if cell.best:
        text = f"★ {text}"
        frame = Rectangle((column + 0.04, row + 0.04), 0.92, 0.92)
        frame.set(fill=False, edgecolor=colour, linewidth=1.6)
        ax.add_patch(frame)
    weight = "semibold" if cell.best else "normal"
    ax.text(*centre, text, ha="center", va="center", color=colour, fontweight=weight)


def readable_on(share: float) -> str:
    """Return white or black, whichever contrasts more with the colour at a share of the scale.

    Relative luminance as in WCAG 2.2; white and black contrast equally at 0.179.
    """
    from matplotlib import colormaps

    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in colormaps[COLOURS](share)[:3]
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if luminance > 0.179 else "#ffffff"


def colour_scale(highest: float) -> "ScalarMappable":
    """Return what a colour bar for heatmaps up to `highest` percent is drawn from."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    return ScalarMappable(Normalize(0, highest), COLOURS)
