"""Test accuracies: with their intervals, and against what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.figures.style import BLUE, CYCLE, INK, LINE, MARKERS, MUTED, ORANGE, PAPER, SKY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import LogLocator


@dataclass(frozen=True)
class Point:
    """A test accuracy in percent with its interval.

    Attributes:
        reference: The reference report's value, in percent.
        cost: What it is held against: parameters or seconds.
        is_chosen: It has the highest validation accuracy.
        is_marked: It is the chosen one, or can't be told from it.
    """

    label: str
    accuracy: float
    low: float
    high: float
    reference: float | None = None
    cost: float = 0.0
    is_chosen: bool = False
    is_marked: bool = True


def draw_accuracies(points: Sequence[Point], ax: "Axes") -> "Axes":
    """Draw one row a model: mark, 95 % interval, and the reference's value as a hollow diamond.

    The chosen model's mark is a star; models that can be told from it are drawn lighter.
    """
    for row, point in enumerate(points):
        colour = BLUE if point.is_marked else SKY
        ax.plot([point.low, point.high], [row, row], "|-", color=colour, linewidth=2.2,
                markersize=9, markeredgewidth=1.4, solid_capstyle="butt")  # fmt: skip
        mark, size = ("*", 14) if point.is_chosen else ("o", 5.5)
        ax.plot([point.accuracy], [row], mark, color=colour, markersize=size,
                markeredgecolor=PAPER, markeredgewidth=0.7)  # fmt: skip
        if point.reference is not None:
            ax.plot([point.reference], [row], "D", markersize=6, markerfacecolor="none",
                    markeredgecolor=ORANGE, markeredgewidth=1.4)  # fmt: skip
    ax.plot([], [], "o-", color=BLUE, linewidth=2.4, label="this study, 95 % interval")
    if any(point.reference is not None for point in points):
        ax.plot([], [], "D", markerfacecolor="none", markeredgecolor=ORANGE,
                label="reference report")  # fmt: skip
    ax.set_yticks([])
    ax.set_ylim(len(points) - 0.5, -0.75)
    ax.set_xlim(0, 100)
    for row, point in enumerate(points):
        ax.axhline(row, color=LINE, linewidth=0.6, zorder=0)
        ax.text(0, row - 0.22, point.label, color=INK, va="bottom")
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("test accuracy (%)")
    ax.figure.legend(loc="outside upper left", ncols=2)
    return ax


def draw_against_cost(points: Sequence[Point], ax: "Axes", *, cost: str, legend: bool) -> "Axes":
    """Draw accuracy against a cost on a logarithmic axis, one marker a model."""
    from matplotlib.ticker import NullLocator

    for i, point in enumerate(points):
        colour, marker = CYCLE[i % len(CYCLE)], MARKERS[i % len(MARKERS)]
        below, above = point.accuracy - point.low, point.high - point.accuracy
        ax.errorbar(
            [point.cost], [point.accuracy], yerr=[[below], [above]], fmt=marker, color=colour,
            markersize=7, markeredgecolor=PAPER, markeredgewidth=0.6, elinewidth=1.2,
            label=point.label if legend else "_",
        )  # fmt: skip
    ax.set_xscale("log")
    costs = [point.cost for point in points]
    ax.set_xlim(min(costs) / 1.8, max(costs) * 1.8)
    ax.xaxis.set_major_locator(_round_numbers(max(costs) / min(costs)))
    ax.xaxis.set_major_formatter("{x:,g}")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel(cost)
    ax.grid(axis="x", which="major", visible=True)
    ax.spines["bottom"].set_color(MUTED)
    return ax


def _round_numbers(ratio: float) -> "LogLocator":
    """Return ticks at 1, 2, 5 of each power of ten; at powers alone where they would crowd."""
    from matplotlib.ticker import LogLocator

    return LogLocator(subs=(1, 2, 5) if ratio < 300 else (1,), numticks=20)
