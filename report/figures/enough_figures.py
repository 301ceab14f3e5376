"""The learning curve: accuracy against train pictures a class."""

from typing import TYPE_CHECKING

from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, integer, mean_of, percentage
from report.evidence.power_law import power_law
from report.evidence.sentences import counted, parts
from report.figures.canvas import draw_plot
from report.figures.style import BLUE, GREEN, MUTED, ORANGE, WIDTH
from report.figures.views import Figure
from report.findings.enough import FEWEST, Level, curve_run, fitted_at, levels
from report.tables.cells import number_column, row
from report.tables.views import FigureData, Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

Dots = list[tuple[float, float]]

STEPS = 60
"""Points of the fitted curve."""


def learning_curve(view: StudyView) -> dict[str, Figure]:
    """Draw accuracies of every draw, and the fitted curve to twice the pictures, if there are."""
    run = curve_run(view)
    if run is None:
        return {}
    found = levels(run)
    test, validation = (
        [(level.per_class.value, 100 * x.value) for level in found for x in getattr(level, split)]
        for split in ("test", "validation")
    )
    means = [mean_of(level.test).value for level in found]
    last = found[-1].per_class.value
    fitted = _fitted(found, means) if len(found) >= FEWEST else []
    dashed = (
        " The line is a power law, a less b over the c-th power of n, through the mean test "
        "accuracies; its dashed part, up to twice the pictures, is extrapolated."
        if fitted
        else ""
    )
    plot = draw_plot(
        "learning-curve",
        draw_learning_curve,
        test,
        validation,
        fitted,
        last,
        size=(WIDTH, 2.6),
        alt=f"{counted(len(found), 'number')} of train pictures a class, from "
        f"{found[0].per_class.value} to {last}: mean test accuracy from {100 * means[0]:.1f} % to "
        f"{100 * means[-1]:.1f} %.",
        caption=parts(
            "Accuracy of linear heads on frozen features against the number of train pictures a "
            "class, drawn at random ", _draws(found), " A class that has fewer gives all." + dashed,
        ),
        data=FigureData(
            (
                number_column("Pictures a class"),
                number_column("Validation, mean", "%"),
                number_column("Test, mean", "%"),
                number_column("Test, least", "%"),
                number_column("Test, most", "%"),
            ),
            tuple(_rows(found)),
        ),
    )  # fmt: skip
    return {"learning_curve": plot}


def _draws(found: list[Level]) -> str:
    n = max(len(level.test) for level in found)
    return {1: "once.", 2: "twice.", 3: "three times."}.get(n, "several times.")


def _fitted(found: list[Level], means: list[float]) -> Dots:
    sizes = [float(level.per_class.value) for level in found]
    a, b, c = power_law(sizes, means)
    low, high = sizes[0], 2 * sizes[-1]
    points = (low * (high / low) ** (i / STEPS) for i in range(STEPS + 1))
    return [(n, 100 * (a - b * n**-c)) for n in points]


def _rows(found: list[Level]) -> list[Row]:
    rows = []
    for level in found:
        numbers: list[Quantity] = [
            mean_of(level.validation), mean_of(level.test), derive("minimum", *level.test),
            derive("maximum", *level.test),
        ]  # fmt: skip
        rows.append(
            row(parts(integer(level.per_class)), *(parts(percentage(value)) for value in numbers))
        )
    if len(found) >= FEWEST:
        double = derive("sum", found[-1].per_class, found[-1].per_class)
        value = parts(percentage(fitted_at(found, double)), " extrapolated")
        rows.append(row(parts(integer(double)), (), value, (), ()))
    return rows


def draw_learning_curve(
    figure: "Canvas", test: Dots, validation: Dots, fitted: Dots, last: float
) -> None:
    """Draw a dot a draw, and the fitted curve, dashed where it is extrapolated."""
    ax = figure.subplots()
    for dots, colour, mark, label in (
        (validation, ORANGE, "s", "validation"), (test, GREEN, "o", "test"),
    ):  # fmt: skip
        ax.plot([n for n, _ in dots], [y for _, y in dots], mark, color=colour, markersize=4,
                alpha=0.75, markeredgewidth=0, label=label)  # fmt: skip
    for part, style in (([p for p in fitted if p[0] <= last], "-"),
                        ([p for p in fitted if p[0] >= last * 0.97], "--")):  # fmt: skip
        if part:
            ax.plot([n for n, _ in part], [y for _, y in part], style, linewidth=1.2,
                    color=BLUE if style == "-" else MUTED,
                    label="fitted" if style == "-" else "extrapolated")  # fmt: skip
    ax.set_xlim(left=0)
    ax.set_ylim(0, 100)
    ax.set_xlabel("train pictures a class")
    ax.set_ylabel("accuracy (%)")
    ax.legend(loc="lower right", ncols=2)
