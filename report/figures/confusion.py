"""The confusion matrix, ordered so that classes taken for each other stand together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from report.figures.canvas import draw_plot
from report.figures.style import LINE, PAGE_WIDTH
from report.figures.views import Plot
from report.load import Run, StudyView
from report.tables.figures import confusion_data
from report.text import parts

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

LABELLED = 40
"""Up to so many classes are named beside the matrix; more would be illegible."""

COLOURS = "cividis"


def confusion_shares(
    label: Sequence[int], predicted: Sequence[int], n_classes: int
) -> "NDArray[np.float64]":
    """Return the share of each class's pictures by what they were taken for.

    Returns:
        (n_classes, n_classes): rows are true classes and sum to 1, or to 0 without pictures.
    """
    import numpy as np

    counts = np.zeros((n_classes, n_classes))
    np.add.at(counts, (list(label), list(predicted)), 1)
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


def draw_confusion(shares: "NDArray[np.float64]", names: Sequence[str], ax: "Axes") -> "Axes":
    """Draw shares in percent, one cell a pair of classes.

    Args:
        shares: (n, n), in the order in which they are to be drawn.
        names: Class names in that order; drawn for up to `LABELLED` classes.
    """
    image = ax.imshow(100 * shares, cmap=COLOURS, vmin=0, vmax=100, interpolation="nearest")
    ax.set_xlabel("taken for")
    ax.set_ylabel("true class")
    ax.grid(False)
    if len(names) <= LABELLED:
        size = 8 if len(names) <= 20 else 5.5
        ax.set_xticks(range(len(names)), list(names), rotation=90, fontsize=size)
        ax.set_yticks(range(len(names)), list(names), fontsize=size)
    else:
        ax.set_xticks([])
        ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set(visible=True, color=LINE)
    ax.figure.colorbar(image, ax=ax, shrink=0.8, label="share of the class (%)")
    return ax


def draw_matrix(figure: "Figure", shares: "NDArray[np.float64]", names: list[str]) -> None:
    """Draw the whole figure, see `draw_confusion`."""
    draw_confusion(shares, names, figure.subplots())


def confusion_matrix(view: StudyView, run: Run, alt: str) -> Plot:
    """Draw the confusion matrix of one run's test predictions."""
    assert view.dataset is not None
    assert run.predictions is not None
    classes = view.dataset.classes
    shares = confusion_shares(run.predictions.label, run.predictions.predicted, len(classes))
    order = confusion_order(shares)
    names = [classes[i].replace("_", " ") for i in order]
    side = PAGE_WIDTH * (0.72 if len(classes) <= LABELLED else 0.8)
    return draw_plot(
        "confusion",
        draw_matrix,
        shares[order][:, order],
        names,
        size=(PAGE_WIDTH, side),
        alt=f"Confusion matrix of the test pictures. {alt}",
        caption=parts(
            "What the test pictures of each class were taken for, in percent of the class. "
            "Classes that are taken for each other stand side by side; the diagonal is right."
        ),
        data=confusion_data(view, run, order),
    )
