"""The test pictures laid out in two dimensions by a network's features."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import counted, parts
from report.figures.canvas import draw_plot
from report.figures.labels import fonts_for, short
from report.figures.style import BLUE, INK, ORANGE, WIDTH
from report.figures.views import Plot
from report.findings.features import feature_map
from report.tables.feature_data import neighbour_data
from training.records import Layout, Projection, placed, spread_over

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NAMES = 15
"""Classes whose names are written into the figure; more would hide the pictures."""


LAYOUTS: dict[Layout, str] = {
    "pca": "Test pictures by the network’s features, on the two directions in which they differ "
    "most (principal components).",
    "t-sne": "Test pictures by the network’s features, laid out by t-SNE: pictures that lie side "
    "by side are alike, but distances between groups, and how large groups are, mean little.",
}


def feature_plot(view: StudyView, run: Run) -> Plot | None:
    """Draw how the features lay the test pictures out, before fine-tuning too where it is known."""
    found = feature_map(run)
    if found is None or run.predictions is None or view.dataset is None:
        return None
    record = run.predictions
    shown = spread_over(len(record.label), found.n_images)
    label = [record.label[i] for i in shown]
    wrong = [record.label[i] != record.predicted[i] for i in shown]
    panels = [("as tested", found.end)]
    if found.start is not None:
        panels.insert(0, ("before fine-tuning", found.start))
    few = len(view.dataset.classes) <= MOST_NAMES
    names = _without_what_all_share(view.dataset.classes) if few else []
    width = WIDTH / 2 * max(len(panels), 1.5)
    by_pca = found.layout == "pca"
    return draw_plot(
        "feature-map",
        draw_features,
        [
            (title, placed(side.x), placed(side.y), _shares(side) if by_pca else None)
            for title, side in panels
        ],
        label,
        wrong,
        names,
        size=(width, 0.3 + width / len(panels)),
        alt=f"Clouds of {counted(len(shown), 'dot')}, {counted(sum(wrong), 'cross', 'crosses')} "
        "among them for wrong answers.",
        caption=parts(
            LAYOUTS[found.layout]
            + " Crosses are pictures that it names wrongly."
            + (" Names stand at the middle of their class." if few else "")
        ),
        data=neighbour_data(view, run),
    )


def _without_what_all_share(classes: Sequence[str]) -> list[str]:
    """Return names without the words that all begin with, as of “letter a” and “letter c”."""
    words = [short(name).split() for name in classes]
    n_shared = 0
    while (
        all(len(own) > n_shared + 1 for own in words) and len({own[n_shared] for own in words}) == 1
    ):
        n_shared += 1
    return [" ".join(own[n_shared:]) for own in words]


def _shares(side: Projection) -> tuple[float, float]:
    return 100 * side.share[0], 100 * side.share[1]


Panel = tuple[str, Sequence[float], Sequence[float], tuple[float, float] | None]
"""Its title, where the pictures lie, and the per cent of the variance that each principal component
holds."""


def draw_features(
    figure: "Figure",
    panels: Sequence[Panel],
    label: Sequence[int],
    wrong: Sequence[bool],
    names: Sequence[str],
) -> None:
    """Draw one cloud a panel."""
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for ax, panel in zip(axes, panels, strict=True):
        draw_cloud(panel, ax, label=label, wrong=wrong, names=names)


def draw_cloud(
    panel: Panel, ax: "Axes", *, label: Sequence[int], wrong: Sequence[bool], names: Sequence[str]
) -> "Axes":
    """Draw each picture as a dot, those named wrongly as crosses, and classes' names."""
    title, x, y, shares = panel
    right = [i for i, is_wrong in enumerate(wrong) if not is_wrong]
    others = [i for i, is_wrong in enumerate(wrong) if is_wrong]
    ax.plot([x[i] for i in right], [y[i] for i in right], "o", color=BLUE, alpha=0.45,
            markersize=3, markeredgewidth=0)  # fmt: skip
    ax.plot([x[i] for i in others], [y[i] for i in others], "x", color=ORANGE, markersize=4.5,
            markeredgewidth=1.2)  # fmt: skip
    fonts = fonts_for(names)
    for index, name in enumerate(names):
        own = [i for i, true in enumerate(label) if true == index]
        if own:
            across, up = (sum(values[i] for i in own) / len(own) for values in (x, y))
            ax.text(
                across,
                up,
                name,
                color=INK,
                ha="center",
                va="center",
                weight="semibold",
                family=fonts,
            )
    ax.set_title(title)
    ax.set_aspect("equal")
    ax.set_xlim(-0.04, 1.04)
    ax.set_ylim(-0.04, 1.04)
    ax.set_xticks([])
    ax.set_yticks([])
    if shares is not None:
        ax.set_xlabel(f"first direction, {shares[0]:.0f} % of the variance")
        ax.set_ylabel(f"second, {shares[1]:.0f} %")
    return ax
