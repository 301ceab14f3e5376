"""Small multiples: the course of every pair of a grid, one panel a pair, on shared axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.figures.style import INK, MUTED, PAPER, SPLITS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 5
"""Rows and columns; more panels would be too small to read."""


@dataclass(frozen=True)
class Panel:
    """One pair's accuracies in percent over its epochs; empty without a result.

    Attributes:
        epochs: 1-based.
        best_epoch: To be marked, if there is one.
        word: What is written into the panel, such as `diverged`.
    """

    epochs: Sequence[int] = ()
    train: Sequence[float] = ()
    validation: Sequence[float] = ()
    best_epoch: int | None = None
    word: str = ""


def draw_courses(
    figure: "Figure", rows: Sequence[str], columns: Sequence[str], panels: Sequence[Sequence[Panel]]
) -> None:
    """Draw a panel for every row (learning rate) and column (optimizer)."""
    grid = figure.subplots(len(rows), len(columns), squeeze=False, sharex=True, sharey=True)
    for i, row in enumerate(panels):
        for j, panel in enumerate(row):
            _draw_panel(panel, grid[i][j])
            grid[i][j].label_outer()
    for ax, name in zip(grid[0], columns, strict=True):
        ax.set_title(name)
    for axes, name in zip(grid, rows, strict=True):
        axes[-1].yaxis.set_label_position("right")
        axes[-1].set_ylabel(name, rotation=0, ha="left", va="center", labelpad=6, color=INK)
    grid[0][0].set_ylim(0, 100)
    figure.supxlabel("epoch", color=MUTED, fontsize=9.5)
    figure.supylabel("accuracy (%)", color=MUTED, fontsize=9.5)
    _legend(figure)


def _draw_panel(panel: Panel, ax: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    ax.plot(panel.epochs, panel.train, "-", color=SPLITS["train"], linewidth=1.1, alpha=0.75)
    ax.plot(panel.epochs, panel.validation, "--", color=SPLITS["validation"], linewidth=1.6)
    if panel.best_epoch is not None and panel.best_epoch in panel.epochs:
        value = panel.validation[list(panel.epochs).index(panel.best_epoch)]
        ax.plot([panel.best_epoch], [value], "o", markersize=5.5, markerfacecolor=PAPER,
                markeredgecolor=INK, markeredgewidth=1.1, zorder=5)  # fmt: skip
    if panel.word:
        ax.text(0.5, 0.55, panel.word, transform=ax.transAxes, ha="center", color=INK, fontsize=9)
    ax.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10], integer=True))


def _legend(figure: "Figure") -> None:
    from matplotlib.lines import Line2D

    ring = {"markerfacecolor": PAPER, "markeredgecolor": INK, "markeredgewidth": 1.1}
    marks = [
        Line2D([], [], color=SPLITS["train"], linewidth=1.1, alpha=0.75, label="train"),
        Line2D([], [], linestyle="--", color=SPLITS["validation"], label="validation"),
        Line2D([], [], linestyle="", marker="o", label="best epoch", **ring),  # type: ignore[arg-type]
    ]
    figure.legend(handles=marks, loc="outside upper left", ncols=3, handlelength=2.4)
