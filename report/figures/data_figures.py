"""Figures of the pictures: how many of each class, and how large."""

from typing import TYPE_CHECKING

from report.evidence.load import StudyView
from report.evidence.numbers import derive, integer
from report.evidence.sentences import counted, parts
from report.figures.canvas import draw_plot, gap
from report.figures.classes import (
    MOST_BARS,
    draw_class_counts,
    draw_class_profile,
    draw_sizes,
    name_splits,
)
from report.figures.labels import short
from report.figures.style import WIDTH
from report.figures.views import Gap, Plot
from report.tables.figure_data import class_count_data, picture_size_data
from training.natural_order import natural_positions
from training.records import ClassCounts, Dataset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOT_READ = "The data set hasn’t been read yet; the first experiment that runs describes it."


def class_counts(view: StudyView) -> Plot | Gap:
    """Draw the pictures of each class by split."""
    dataset = view.dataset
    if dataset is None or not dataset.classes:
        return gap("class-counts", NOT_READ)
    n_classes = len(dataset.classes)
    many = n_classes > MOST_BARS
    return draw_plot(
        "class-counts",
        draw_counts,
        *_in_natural_order(dataset),
        size=(WIDTH, 2.8 if many else 1.1 + 0.2 * n_classes),
        alt=_counts_alt(dataset),
        caption=parts(
            "Pictures of each class by split" + (", the largest class first." if many else ".")
        ),
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


def draw_picture_sizes(
    figure: "Figure", pairs: list[tuple[int, int]], median: tuple[float, float]
) -> None:
    """Draw picture width against height."""
    draw_sizes(pairs, median, figure.subplots())


def draw_counts(figure: "Figure", classes: list[str], counts: ClassCounts) -> None:
    """Draw the pictures of each class, as bars or, where they are many, as columns side by side."""
    many = len(classes) > MOST_BARS
    if many:
        draw_class_profile(classes, counts, figure.subplots())
    else:
        draw_class_counts(classes, counts, figure.subplots(), limit=max(_totals(counts)))
    name_splits(figure, hatched=not many)


def _counts_alt(dataset: Dataset) -> str:
    totals = class_totals(dataset)
    most, fewest = totals.index(max(totals)), totals.index(min(totals))
    return (
        f"Bars of {counted(len(totals), 'class', 'classes')}, each divided into train, validation "
        f"and test: {_size(dataset, fewest)} to {_size(dataset, most)}."
    )


def _size(dataset: Dataset, i: int) -> str:
    return f"{counted(class_totals(dataset)[i], 'picture')} ({short(dataset.classes[i])})"


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
    wide, high = sizes.width, sizes.height
    alt = (
        f"One dot a picture: {wide[0]:.0f} to {wide[4]:.0f} pixels wide, {high[0]:.0f} to "
        f"{high[4]:.0f} high; dashed lines at the medians, {median[0]:.0f} and {median[1]:.0f}."
    )
    return draw_plot(
        "picture-sizes",
        draw_picture_sizes,
        sizes.sample,
        median,
        size=(WIDTH, 2.2),
        alt=alt,
        caption=caption,
        data=picture_size_data(view),
    )
