"""Pictures of each class, and picture sizes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from report.figures.labels import WIDEST, fonts_for, labels_of
from report.figures.style import (
    BLUE,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    SPLITS,
    WIDTH,
)
from training.records import ClassCounts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BARS = 34
"""More classes than this stand side by side, largest first, because names would be illegible."""

N_NAMED = 3
"""Of so many classes, so many of the largest and of the smallest are named."""

LABELS_SHARE = 0.45
"""Of the figure's width, what the names of classes may take."""

POINTS_PER_INCH = 72

SIZE = 9
"""Of the type beside bars, in points."""

HATCHED = "validation"
"""The split whose bars are hatched, to be told apart in grey print."""


MANY_DOTS = 150
"""More dots than this are drawn as one picture, which every viewer shows at once."""


def draw_class_counts(
    names: Sequence[str], counts: ClassCounts, ax: "Axes", *, limit: float
) -> "Axes":
    """Draw one stacked bar a class: train, validation and test, with the sum at its end.

    Args:
        limit: Largest value of the axis.
    """
    rows = range(len(names))
    left = [0] * len(names)
    for split, colour in SPLITS.items():
        values: list[int] = getattr(counts, split)
        ax.barh(rows, values, left=left, color=colour, height=0.74, label=split,
                edgecolor=PAPER, linewidth=0.5)  # fmt: skip
        if split == HATCHED:  # over a bar: where the pattern's tiles meet, what is below shows
            ax.barh(rows, values, left=left, height=0.74, facecolor="none", edgecolor=PAPER,
                    linewidth=0, hatch="////")  # fmt: skip
        left = [a + b for a, b in zip(left, values, strict=True)]
    for row, total in zip(rows, left, strict=True):
        ax.text(total + limit * 0.015, row, str(total), va="center", color=MUTED, fontsize=SIZE)
    room = LABELS_SHARE * WIDTH * POINTS_PER_INCH / SIZE
    ax.set_yticks(list(rows), _labels(names, room), fontsize=SIZE, fontfamily=fonts_for(names))
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(0, limit * 1.12)
    ax.locator_params(axis="x", integer=True)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("pictures")
    return ax


def draw_class_profile(names: Sequence[str], counts: ClassCounts, ax: "Axes") -> "Axes":
    """Draw one narrow stacked column a class, the largest first; name both ends."""
    triples = list(zip(counts.train, counts.validation, counts.test, strict=True))
    order = sorted(range(len(names)), key=lambda i: -sum(triples[i]))
    ranks = range(1, len(names) + 1)
    parts = zip(*(triples[i] for i in order), strict=True)
    ax.stackplot(ranks, *parts, colors=list(SPLITS.values()), step="mid", linewidth=0)
    room = LABELS_SHARE * WIDTH * POINTS_PER_INCH / SIZE
    labels = _labels(names, room)
    for height, ends, which in (
        (0.98, order[:N_NAMED], "largest"),
        (0.64, order[-N_NAMED:], "smallest"),
    ):
        lines = [f"{labels[i]}: {sum(triples[i])}" for i in ends]
        ax.text(0.99, height, "\n".join([f"{which}:", *lines]), transform=ax.transAxes, ha="right",
                va="top", color=INK, fontsize=SIZE, fontfamily=fonts_for(names))  # fmt: skip
    below = sum(triples[order[len(order) // 2]]) / 0.36  # so that the names stand in the free
    ax.set_ylim(0, max(1.05 * sum(triples[order[0]]), below))
    ax.set_xlim(0.5, len(names) + 0.5)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("classes, the largest first")
    ax.set_ylabel("pictures")
    return ax


def _labels(names: Sequence[str], room: float) -> list[str]:
    return labels_of([name.replace("_", " ") for name in names], min(WIDEST, room))


def name_splits(figure: "Figure", hatched: bool) -> None:
    """Say above the bars which part is which split."""
    from matplotlib.patches import Patch

    marks = [
        Patch(
            facecolor=colour,
            edgecolor=PAPER,
            label=split,
            hatch="////" if hatched and split == HATCHED else "",
        )
        for split, colour in SPLITS.items()
    ]
    figure.legend(handles=marks, loc="outside upper left", ncols=3)


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
