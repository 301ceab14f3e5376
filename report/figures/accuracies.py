"""Test accuracies: with their intervals, and against what they cost."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.figures.style import BLUE, INK, LINE, MUTED, ORANGE, PAPER, SKY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import LogLocator

LABEL_SIZE, LABEL_LETTERS = 9.0, 26
"""Of the labels beside a point: points, and letters on a line."""

LINE_HEIGHT, LABEL_GAP = 0.14, 0.07
"""Of such labels, in inches."""


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


def cost_labels_height(points: Sequence[Point]) -> float:
    """Return how many inches the labels beside `draw_against_cost` need, and room to be moved."""
    return max(2.4, 1.05 * sum(LINE_HEIGHT * len(_lines(point)) + LABEL_GAP for point in points))


def draw_against_cost(points: Sequence[Point], ax: "Axes", *, cost: str) -> "Axes":
    """Draw accuracy against a cost on a logarithmic axis, every point labelled on the right.

    Args:
        cost: Names the axis.
    """
    from matplotlib.ticker import NullLocator

    for point in points:
        colour = BLUE if point.is_marked else SKY
        ax.plot([point.cost] * 2, [point.low, point.high], "_-", color=colour, linewidth=1.6,
                markersize=7, markeredgewidth=1.3)  # fmt: skip
        mark, size = ("*", 11) if point.is_chosen else ("o", 4.5)
        ax.plot([point.cost], [point.accuracy], mark, color=colour, markersize=size,
                markeredgecolor=PAPER, markeredgewidth=0.5, zorder=3)  # fmt: skip
    ax.set_xscale("log")
    costs = [point.cost for point in points]
    ax.set_xlim(min(costs) / 1.5, max(costs) * 1.5)
    ax.set_ylim(max(0, 10 * math.floor(min(point.low for point in points) / 10)), 100)
    ax.xaxis.set_major_locator(_round_numbers(max(costs) / min(costs)))
    ax.xaxis.set_major_formatter("{x:,g}")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel(cost)
    ax.set_ylabel("test accuracy (%)")
    ax.grid(axis="x", which="major", visible=True)
    ax.spines["bottom"].set_color(MUTED)
    _label_beside(points, ax)
    return ax


def _label_beside(points: Sequence[Point], ax: "Axes") -> None:
    """Write what the points are to the right of the axes, in their order, with a line to each."""
    low, high = ax.get_ylim()
    unit = (high - low) / cost_labels_height(points)  # percentage points an inch
    ordered = sorted(points, key=lambda point: point.accuracy)
    heights = [(LINE_HEIGHT * len(_lines(point)) + LABEL_GAP) * unit for point in ordered]
    middles = spread_out([point.accuracy for point in ordered], heights, low, high)
    for point, middle in zip(ordered, middles, strict=True):
        ax.annotate(
            "\n".join(_lines(point)), (point.cost, point.accuracy),
            xytext=(1.06, (middle - low) / (high - low)), textcoords="axes fraction",
            va="center", color=INK, fontsize=LABEL_SIZE, linespacing=1.05,
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.5, "relpos": (0, 0.5),
                        "shrinkA": 2, "shrinkB": 4},
        )  # fmt: skip


def spread_out(
    wanted: Sequence[float], heights: Sequence[float], low: float, high: float
) -> list[float]:
    """Return middles near the wanted ones, in their order, of boxes that don't overlap.

    Args:
        wanted: Ascending.
        heights: Of the boxes; all of them fit between `low` and `high`.
    """
    middles: list[float] = []
    floor = low
    for want, height in zip(wanted, heights, strict=True):
        middles.append(max(want, floor + height / 2))
        floor = middles[-1] + height / 2
    ceiling = high
    for i in reversed(range(len(middles))):
        middles[i] = min(middles[i], ceiling - heights[i] / 2)
        ceiling = middles[i] - heights[i] / 2
    return middles


def _lines(point: Point) -> list[str]:
    return textwrap.wrap(point.label, LABEL_LETTERS) or [""]


def _round_numbers(ratio: float) -> "LogLocator":
    """Return ticks at 1, 2, 5 of each power of ten; at powers alone where they would crowd."""
    from matplotlib.ticker import LogLocator

    return LogLocator(subs=(1, 2, 5) if ratio < 300 else (1,), numticks=20)
