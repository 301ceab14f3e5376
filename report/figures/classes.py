"""Pictures of each class, and picture sizes."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from report.figures.labels import WIDEST, fonts_for, labels_of
from report.figures.style import BLUE, INK, MUTED, ORANGE, PAGE_WIDTH, PAPER, SPLITS
from training.records import ClassCounts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROWS_PER_PANEL = 34
"""More classes than this continue in a second and third panel."""

MANY_CLASSES = 120
"""More classes than this are shown as a distribution, because names would be illegible."""

LABELS_SHARE = 0.45
"""Of a panel's width, what the names of classes may take."""

POINTS_PER_INCH = 72

HATCHES = {"train": "", "validation": "////", "test": ""}
"""Tell the splits apart in grey print; very thin bars go without and keep their order."""


MANY_DOTS = 150
"""More dots than this are drawn as one picture, which every viewer shows at once."""


def panels_of(n_classes: int) -> int:
    """Return into how many panels the bars of so many classes go."""
    return max(1, math.ceil(n_classes / ROWS_PER_PANEL))


def draw_class_counts(
    names: Sequence[str], counts: ClassCounts, ax: "Axes", *, limit: float, n_panels: int = 1
) -> "Axes":
    """Draw one stacked bar a class: train, validation and test, with the sum at its end.

    Args:
        limit: Largest value of the axis, shared by the panels.
        n_panels: How many such panels stand side by side; several are in small type.
    """
    small = n_panels > 1
    rows = range(len(names))
    left = [0] * len(names)
    for split, colour in SPLITS.items():
        values: list[int] = getattr(counts, split)
        ax.barh(rows, values, left=left, color=colour, height=0.74, label=split,
                edgecolor=PAPER, linewidth=0.2 if small else 0.5,
                hatch="" if small else HATCHES[split])  # fmt: skip
        left = [a + b for a, b in zip(left, values, strict=True)]
    size = 7.2 if small else 9
    for row, total in zip(rows, left, strict=True):
        ax.text(total + limit * 0.015, row, str(total), va="center", color=MUTED, fontsize=size)
    room = LABELS_SHARE * PAGE_WIDTH * POINTS_PER_INCH / n_panels
    labels = labels_of([name.replace("_", " ") for name in names], min(WIDEST, room / size))
    ax.set_yticks(list(rows), labels, fontsize=size, fontfamily=fonts_for(names))
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(0, limit * 1.12)
    ax.locator_params(axis="x", integer=True)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="x", labelsize=7.5 if small else 9)
    ax.set_xlabel("pictures")
    return ax


def draw_class_distribution(totals: Sequence[int], ax: "Axes") -> "Axes":
    """Draw how many classes have how many pictures."""
    ax.hist(totals, bins=min(40, max(5, len(set(totals)))), color=BLUE)
    ax.set_xlabel("pictures in a class")
    ax.set_ylabel("classes")
    return ax


def draw_sizes(pairs: Sequence[tuple[int, int]], median: tuple[float, float], ax: "Axes") -> "Axes":
    """Draw picture width against height, one dot a picture, the medians as lines."""
    widths, heights = [w for w, _ in pairs], [h for _, h in pairs]
    dots = ax.scatter(widths, heights, s=9, color=BLUE, alpha=0.35, lw=0, zorder=2)
    dots.set_rasterized(len(pairs) > MANY_DOTS)
    ax.axvline(median[0], color=ORANGE, linewidth=1.1, linestyle="--", zorder=1)
    ax.axhline(median[1], color=ORANGE, linewidth=1.1, linestyle="--", zorder=1)
    ax.plot([], [], "--", color=ORANGE, linewidth=1.1, label="median")
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    limit = max(ax.get_xlim()[1], ax.get_ylim()[1])
    ax.plot([0, limit], [0, limit], color=INK, linewidth=0.6, label="square")
    ax.set(xlabel="width (pixels)", ylabel="height (pixels)", xlim=(0, limit), ylim=(0, limit))
    ax.set_aspect("equal")
    ax.legend(loc="lower right")
    return ax
