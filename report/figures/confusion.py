"""The confusion matrix, ordered so that classes taken for each other stand together."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from report.evidence.by_picture import pair_counts
from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import counted, parts
from report.figures.canvas import draw_plot
from report.figures.heatmap import COLOURS, readable_on
from report.figures.labels import WIDEST, fonts_for, labels_of
from report.figures.style import LINE, WIDTH
from report.figures.views import Plot
from report.tables.figure_data import confusion_data
from training.natural_order import natural_positions

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

LABELLED = 24
"""Up to so many classes are all named beside the matrix; more would be illegible."""

N_NAMED = 12
"""Of more classes, so many with the most mistakes are named."""

APART = 24
"""Along a side so many names have room, one beside the other."""

NAMES_SHARE = 0.26
"""Of the figure's width, what the names of classes may take."""

SCALE_HEIGHT = 0.5
"""Inches that the colour bar takes."""

SOME_NAMED = (
    " Named are only classes that stand out: the rows with the most mistakes, and the columns "
    "most often answered wrongly."
)

NUMBERED = 12
"""Up to so many classes have their shares printed in the cells."""


def confusion_shares(
    label: Sequence[int],
    predicted: Sequence[int],
    n_classes: int,
    n_images: Sequence[int] | int = 1,
) -> "NDArray[np.float64]":
    """Return the share of each class's pictures by what they were taken for.

    Args:
        n_images: How many pictures each pair of class and answer stands for.

    Returns:
        (n_classes, n_classes): rows are true classes and sum to 1, or to 0 without pictures.
    """
    import numpy as np

    counts = np.zeros((n_classes, n_classes))
    np.add.at(counts, (list(label), list(predicted)), n_images)
    totals = counts.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = counts / np.maximum(totals, 1)
    return shares


def confusion_order(shares: "NDArray[np.float64]") -> list[int]:
    """Return an order of the classes in which those confused with each other are neighbours.

    Leaves of an average-linkage tree on the shares confused either way, ordered optimally
    (Bar-Joseph et al., 2001; `scipy.cluster.hierarchy`).
    """
    import numpy as np
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(shares) < 3:
        return list(range(len(shares)))
    distance = 1 - np.clip((shares + shares.T) / 2, 0, 1)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average", optimal_ordering=True)
    return [int(i) for i in leaves_list(tree)]


def draw_confusion(
    shares: "NDArray[np.float64]",
    names: Sequence[str],
    ax: "Axes",
    *,
    named: tuple[Sequence[int], Sequence[int]] | None = None,
) -> "Axes":
    """Draw shares in percent, one cell a pair of classes.

    Args:
        shares: (n, n), in the order in which they are to be drawn.
        names: Class names in that order.
        named: Columns and rows whose names are drawn; all of them if None.
    """
    from matplotlib.colors import PowerNorm

    scale = PowerNorm(0.5, 0, 100)
    image = ax.imshow(100 * shares, cmap=COLOURS, norm=scale, interpolation="nearest")
    ax.set_xlabel("taken for")
    ax.set_ylabel("true class")
    ax.grid(False)
    size = 7 if 20 < len(names) <= LABELLED else 8
    columns, rows = named if named is not None else (range(len(names)), range(len(names)))
    labels = labels_of(names, min(WIDEST, NAMES_SHARE * WIDTH * 72 / size))
    fonts = fonts_for(names)
    ax.set_xticks(
        list(columns), [labels[i] for i in columns], rotation=90, fontsize=size, fontfamily=fonts
    )
    ax.set_yticks(list(rows), [labels[i] for i in rows], fontsize=size, fontfamily=fonts)
    if len(names) <= NUMBERED:
        _print_shares(shares, ax)
    ax.tick_params(length=0 if named is None else 2)
    for spine in ax.spines.values():
        spine.set(visible=True, color=LINE)
    bar = ax.figure.colorbar(
        image, ax=ax, location="bottom", aspect=40, label="share of the class (%)"
    )
    bar.set_ticks([0, 1, 5, 10, 25, 50, 75, 100])
    bar.outline.set_visible(False)
    return ax


def _print_shares(shares: "NDArray[np.float64]", ax: "Axes") -> None:
    for row, line in enumerate(shares):
        for column, share in enumerate(line):
            if share > 0:
                ax.text(column, row, f"{100 * share:.0f}", ha="center", va="center", fontsize=8,
                        color=readable_on(math.sqrt(share)))  # fmt: skip


def outstanding(weights: Sequence[float], distance: int) -> list[int]:
    """Return up to `N_NAMED` positions of the largest weights that lie at least `distance` apart.

    Args:
        weights: One a class, in the order drawn; classes of weight 0 are never named.
    """
    chosen: list[int] = []
    for i in sorted(range(len(weights)), key=lambda i: (-weights[i], i)):
        if weights[i] > 0 and all(abs(i - other) >= distance for other in chosen):
            chosen.append(i)
    return sorted(chosen[:N_NAMED])


Named = tuple[list[int], list[int]]
"""Columns and rows that are named where not all can be."""


def _named(
    label: Sequence[int], predicted: Sequence[int], n_images: Sequence[int], order: Sequence[int]
) -> Named:
    """Return the columns most often answered wrongly and the rows with the most mistakes."""
    answers, mistakes = Counter[int](), Counter[int]()
    for true, guess, n in zip(label, predicted, n_images, strict=True):
        if true != guess:
            answers[guess] += n
            mistakes[true] += n
    distance = max(3, math.ceil(len(order) / APART))
    return (
        outstanding([answers[i] for i in order], distance),
        outstanding([mistakes[i] for i in order], distance),
    )


def draw_matrix(
    figure: "Figure",
    label: Sequence[int],
    predicted: Sequence[int],
    names: list[str],
    n_images: Sequence[int] | None = None,
) -> None:
    """Draw the whole figure, see `draw_confusion`.

    Args:
        n_images: How many pictures each pair of class and answer stands for; of None, one.

    The order is found here, where the helpers are at work, and not where the page is made.
    """
    n_images = n_images or [1] * len(label)
    shares = confusion_shares(label, predicted, len(names), n_images)
    natural = natural_positions(names)  # which stays where no two classes are confused
    order = [natural[i] for i in confusion_order(shares[natural][:, natural])]
    named = None if len(names) <= LABELLED else _named(label, predicted, n_images, order)
    ordered = [names[i] for i in order]
    draw_confusion(shares[order][:, order], ordered, figure.subplots(), named=named)


def _alt(pairs: dict[tuple[int, int], int], n_classes: int) -> str:
    wrong = {pair: n for pair, n in pairs.items() if pair[0] != pair[1]}
    n, n_wrong = sum(pairs.values()), sum(wrong.values())
    return (
        f"A square of {n_classes} by {n_classes} cells: {n - n_wrong} of "
        f"{counted(n, 'test picture')} on the diagonal, the other {n_wrong} in "
        f"{counted(len(wrong), 'cell')} beside it."
    )


def confusion_matrix(view: StudyView, run: Run) -> Plot:
    """Draw the confusion matrix of one run's test predictions."""
    assert view.dataset is not None
    assert run.predictions is not None
    classes = view.dataset.classes
    names = [name.replace("_", " ") for name in classes]
    pairs = pair_counts(run.predictions.label, run.predictions.predicted)
    side = min(WIDTH, 2.4 + 0.1 * len(classes))
    return draw_plot(
        "confusion",
        draw_matrix,
        [true for true, _ in pairs],
        [guess for _, guess in pairs],
        names,
        list(pairs.values()),
        size=(side, side + SCALE_HEIGHT),
        alt=_alt(pairs, len(classes)),
        caption=parts(
            "What the test pictures of each class were taken for, in percent of the class. "
            "Classes that are taken for each other stand side by side; the diagonal is right. The "
            "colours follow the square root of the share, so that rare confusions show."
            + ("" if len(classes) <= LABELLED else SOME_NAMED)
        ),
        data=confusion_data(view, run),
    )
