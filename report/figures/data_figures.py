"""Figures of the pictures: how many of each class, and how large."""

from typing import TYPE_CHECKING

from report.evidence.load import StudyView
from report.evidence.numbers import derive, integer
from report.evidence.sentences import parts
from report.figures.canvas import draw_plot, gap
from report.figures.classes import (
    MANY_CLASSES,
    draw_class_counts,
    draw_class_distribution,
    draw_sizes,
    panels_of,
)
from report.figures.style import PAGE_WIDTH
from report.figures.views import Gap, Plot
from report.tables.figure_data import class_count_data, picture_size_data
from training.natural_order import natural_positions
from training.records import ClassCounts, Dataset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOT_READ = "The data set hasn’t been read yet; the first experiment that runs describes it."


def class_counts(view: StudyView) -> Plot | Gap:
    """Draw the pictures of each class by split, or their distribution for very many classes."""
    dataset = view.dataset
    if dataset is None or not dataset.classes:
        return gap("class-counts", NOT_READ)
    totals = class_totals(dataset)
    many = len(totals) > MANY_CLASSES
    what = (
        "How many classes have how many pictures." if many else "Pictures of each class by split."
    )
    n_rows = -(-len(totals) // panels_of(len(totals)))
    height = 3.0 if many else 1.1 + (0.145 if _small(dataset) else 0.24) * n_rows
    return draw_plot(
        "class-counts",
        draw_distribution if many else draw_counts,
        *([totals] if many else _in_natural_order(dataset)),
        size=(PAGE_WIDTH, height),
        alt=_counts_alt(dataset),
        caption=parts(what),
        data=class_count_data(view),
    )


def _in_natural_order(dataset: Dataset) -> tuple[list[str], ClassCounts]:
    order, counts = natural_positions(dataset.classes), dataset.counts
    splits = (counts.train, counts.validation, counts.test)
    ordered = ClassCounts(*([n_pictures[i] for i in order] for n_pictures in splits))
    return [dataset.classes[i] for i in order], ordered


def class_totals(dataset: Dataset) -> list[int]:
    """Return the pictures of each class over all splits."""
    return _totals(dataset.counts)


def _totals(counts: ClassCounts) -> list[int]:
    triples = zip(counts.train, counts.validation, counts.test, strict=True)
    return [sum(triple) for triple in triples]


def _small(dataset: Dataset) -> bool:
    return panels_of(len(dataset.classes)) > 1


def draw_distribution(figure: "Figure", totals: list[int]) -> None:
    """Draw how many classes have how many pictures."""
    draw_class_distribution(totals, figure.subplots())


def draw_picture_sizes(
    figure: "Figure", pairs: list[tuple[int, int]], median: tuple[float, float]
) -> None:
    """Draw picture width against height."""
    draw_sizes(pairs, median, figure.subplots())


def draw_counts(figure: "Figure", classes: list[str], counts: ClassCounts) -> None:
    """Draw the pictures of each class in as many panels as they need."""
    n_panels = panels_of(len(classes))
    per_panel = -(-len(classes) // n_panels)
    axes = figure.subplots(1, n_panels, squeeze=False)[0]
    limit = max(_totals(counts))
    for i, ax in enumerate(axes):
        rows = slice(i * per_panel, (i + 1) * per_panel)
        shown = ClassCounts(counts.train[rows], counts.validation[rows], counts.test[rows])
        draw_class_counts(classes[rows], shown, ax, limit=limit, n_panels=n_panels)
        ax.set_ylim(per_panel - 0.4, -0.6)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=3)


def _counts_alt(dataset: Dataset) -> str:
    totals = class_totals(dataset)
    most, fewest = totals.index(max(totals)), totals.index(min(totals))
    return (
        f"Pictures of each of {len(totals)} classes in train, validation and test. The largest "
        f"class is {dataset.classes[most]} with {totals[most]}, the smallest "
        f"{dataset.classes[fewest]} with {totals[fewest]}."
    )


def picture_sizes(view: StudyView) -> Plot | Gap:
    """Draw picture width against height."""
    dataset = view.dataset
    if dataset is None or not dataset.sizes.sample:
        return gap("picture-sizes", NOT_READ)
    sizes = dataset.sizes
    median = sizes.width[2], sizes.height[2]
    n_shown = integer(derive("length", view.dataset_number("/sizes/sample")))
    caption = parts(
        "Width and height of ", n_shown, " pictures, evenly spaced over the data set, before any "
        "resizing."
    )  # fmt: skip
    alt = (
        f"Scatter of picture width against height. Widths run from {sizes.width[0]:.0f} to "
        f"{sizes.width[4]:.0f} pixels with median {median[0]:.0f}, heights from "
        f"{sizes.height[0]:.0f} to {sizes.height[4]:.0f} with median {median[1]:.0f}."
    )
    return draw_plot(
        "picture-sizes",
        draw_picture_sizes,
        sizes.sample,
        median,
        size=(4.4, 4.2),
        alt=alt,
        caption=caption,
        data=picture_size_data(view),
    )
