"""The accuracy of each class against its number of train pictures."""

from typing import TYPE_CHECKING

from report.evidence.by_picture import distinct
from report.evidence.load import StudyView
from report.evidence.numbers import derive, integer, percentage
from report.evidence.run import Run
from report.evidence.sentences import Name, counted, parts
from report.evidence.statistics import class_shares
from report.figures.canvas import draw_plot
from report.figures.style import BLUE, WIDTH
from report.figures.views import Plot
from report.findings.mistakes import class_name, class_right, class_size
from report.tables.cells import number_column, row
from report.tables.views import Column, FigureData
from training.natural_order import natural_positions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_ROWS = 200


def accuracy_against_size(view: StudyView, run: Run) -> Plot:
    """Draw one dot a class: its test accuracy over its train pictures."""
    assert view.dataset is not None
    assert run.predictions is not None
    shares, sizes = class_shares(
        run.predictions.label, run.predictions.predicted, view.dataset.counts.train
    )
    dots = [(n, 100 * share) for share, n in zip(shares, sizes, strict=True)]
    return draw_plot(
        "accuracy-by-class-size",
        draw_by_size,
        dots,
        size=(WIDTH, 2.6),
        alt=f"{counted(len(dots), 'dot')}: classes of {min(sizes)} to {max(sizes)} train pictures, "
        f"accuracies from {100 * min(shares):.1f} % to {100 * max(shares):.1f} %.",
        caption=parts(
            "Share of each class’s test pictures that ", Name(run.name),
            " names rightly, against the class’s number of train pictures.",
        ),
        data=_data(view, run),
    )  # fmt: skip


def _data(view: StudyView, run: Run) -> FigureData:
    assert view.dataset is not None
    assert run.predictions is not None
    there = set(distinct(run.predictions.label))
    order = [i for i in natural_positions(view.dataset.classes) if i in there][:MOST_ROWS]
    columns = (
        Column("Class"),
        number_column("Train", "pictures"),
        number_column("Right", "%"),
    )
    rows = []
    for i in order:
        share = derive("ratio", class_right(view, run, i), class_size(view, run, i))
        rows.append(
            row(
                parts(class_name(view, i)),
                parts(integer(view.dataset_number(f"/counts/train/{i}"))),
                parts(percentage(share)),
            )
        )
    return FigureData(columns, tuple(rows))


def draw_by_size(figure: "Figure", dots: list[tuple[int, float]]) -> None:
    """Draw accuracy over train pictures, these on a logarithmic axis where they span a decade."""
    ax = figure.subplots()
    sizes = [n for n, _ in dots]
    ax.plot(sizes, [share for _, share in dots], "o", color=BLUE, alpha=0.6, markersize=4.5,
            markeredgewidth=0, clip_on=False)  # fmt: skip
    if min(sizes) > 0 and max(sizes) >= 10 * min(sizes):
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter("{x:g}")
    ax.set_ylim(0, 100)
    ax.set_xlabel("train pictures of the class")
    ax.set_ylabel("test accuracy (%)")
