"""Trainable and frozen parameters, side by side."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from report.figures.style import BLUE, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_parameters(
    figure: "Figure", labels: Sequence[str], trainable: Sequence[float], frozen: Sequence[float]
) -> "Axes":
    """Draw one bar a strategy, in millions: trainable filled, frozen hatched."""
    ax: Axes = figure.subplots()
    rows = range(len(labels))
    ax.barh(rows, trainable, color=BLUE, height=0.38, label="trainable")
    ax.barh(
        rows, frozen, left=trainable, height=0.38, label="frozen", facecolor="none",
        edgecolor=MUTED, hatch="////", linewidth=0.8,
    )  # fmt: skip
    for row, label in enumerate(labels):
        ax.text(0, row - 0.25, label, color=INK, va="bottom")
    ax.set_yticks([])
    ax.set_ylim(len(labels) - 0.7, -0.75)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("parameters (millions)")
    figure.legend(loc="outside upper left", ncols=2)
    return ax
