"""Accuracies of settings along one field of an experiment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.figures.style import BLUE, PAPER, SKY
from training.records import learning_rate_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ABREAST = 2
"""Panels side by side."""


@dataclass(frozen=True)
class Mark:
    """The validation accuracy of one value, in percent, with its interval.

    Attributes:
        place: Of the value among all, from 0.
    """

    place: int
    accuracy: float
    low: float
    high: float
    is_best: bool


@dataclass(frozen=True)
class Cloud:
    """Settings by one field, each with its validation accuracy in percent.

    Attributes:
        x: The values, or the places of their names.
        best: Which of them is the best.
        log: Whether the values lie far enough apart for a logarithmic axis.
        names: What the places stand for; empty for numbers.
    """

    field: str
    x: Sequence[float]
    y: Sequence[float]
    best: int
    log: bool = False
    names: tuple[str, ...] = ()


def draw_points(
    figure: "Figure", labels: Sequence[str], marks: Sequence[Mark], field: str, joined: bool
) -> None:
    """Draw a point with its interval for each value, evenly spaced; numbers joined by a line."""
    ax = figure.subplots()
    if joined:
        ax.plot([m.place for m in marks], [m.accuracy for m in marks], "-", color=SKY, zorder=1)
    for mark in marks:
        ax.plot([mark.place] * 2, [mark.low, mark.high], "_-", color=BLUE, linewidth=1.6,
                markersize=8, markeredgewidth=1.3)  # fmt: skip
        _mark(ax, mark.place, mark.accuracy, mark.is_best)
    ax.set_xticks(range(len(labels)), labels, rotation=0 if _short(labels) else 30,
                  ha="center" if _short(labels) else "right")  # fmt: skip
    ax.set_xlim(-0.5, len(labels) - 0.5)
    ax.set_ylim(max(0, min(m.low for m in marks) - 5), min(100, max(m.high for m in marks) + 5))
    ax.set_xlabel(field)
    ax.set_ylabel("validation accuracy (%)")


def draw_clouds(figure: "Figure", panels: Sequence[Cloud]) -> None:
    """Draw a panel for each field, on a common axis of accuracies."""
    n_rows = -(-len(panels) // ABREAST)
    every = [
        ax for row in figure.subplots(n_rows, ABREAST, squeeze=False, sharey=True) for ax in row
    ]
    for ax, panel in zip(every, panels, strict=False):
        ax.plot(panel.x, panel.y, "o", color=BLUE, markersize=4.5, markeredgecolor=PAPER)
        _mark(ax, panel.x[panel.best], panel.y[panel.best], is_best=True)
        if panel.log:
            _logarithmic(ax)
        if panel.names:
            short = _short(panel.names)
            ax.set_xticks(range(len(panel.names)), panel.names, rotation=0 if short else 30,
                          ha="center" if short else "right")  # fmt: skip
            ax.set_xlim(-0.5, len(panel.names) - 0.5)
        ax.set_xlabel(panel.field)
    for row in range(n_rows):
        every[row * ABREAST + 1].tick_params(labelleft=False)
    for ax in every[len(panels) :]:
        ax.set_axis_off()
    figure.supylabel("validation accuracy (%)", fontsize=9.5)


def _logarithmic(ax: "Axes") -> None:
    """Write the powers of ten as settings are written, without a formula."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(numticks=5))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: learning_rate_label(value)))
    ax.xaxis.set_minor_formatter(NullFormatter())


def _mark(ax: "Axes", x: float, y: float, is_best: bool) -> None:
    mark, size = ("*", 13) if is_best else ("o", 5.5)
    ax.plot([x], [y], mark, color=BLUE, markersize=size, markeredgecolor=PAPER,
            markeredgewidth=0.6, zorder=3)  # fmt: skip


def _short(labels: Sequence[str]) -> bool:
    """Tell whether labels have room side by side."""
    return sum(len(label) + 2 for label in labels) <= 48
