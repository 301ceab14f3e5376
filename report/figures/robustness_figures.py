"""Accuracy on changed test pictures, level by level."""

from typing import TYPE_CHECKING

from report.evidence.numbers import derive, percentage
from report.evidence.run import Run
from report.evidence.sentences import Name, counted, parts
from report.figures.canvas import draw_plot
from report.figures.style import BLUE, GREEN, INK, MUTED, ORANGE, SKY, WIDTH
from report.figures.views import Plot
from report.findings.robustness import WORDS, accuracy_at, changes_of
from report.tables.cells import number_column, row
from report.tables.views import Column, FigureData
from training.records.changed_tests import LEVELS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {
    "noise": BLUE, "blur": ORANGE, "darkness": INK, "jpeg": GREEN, "rotation": SKY,
}  # fmt: skip
MARKS = {"noise": "o", "blur": "s", "darkness": "v", "jpeg": "D", "rotation": "^"}

Line = list[tuple[float, float, float]]
"""Accuracy and the ends of its interval, in percent; of unchanged pictures first."""

PANEL = 2.3
"""Height of one model's axes, inches."""


def accuracy_by_level(slug: str, runs: list[Run]) -> Plot:
    """Draw each model's accuracies: a line a change, from the pictures as they are on."""
    panels = [(run.name, {change: _line(run, change) for change in changes_of(run)})
              for run in runs]  # fmt: skip
    worst = min(line[-1][0] for _, lines in panels for line in lines.values())
    best = max(line[0][0] for _, lines in panels for line in lines.values())
    return draw_plot(
        f"changed-{slug}",
        draw_by_level,
        panels,
        size=(WIDTH, 0.4 + PANEL * len(panels)),
        alt=f"{counted(len(panels), 'panel')} of accuracy against the level of change, from "
        f"{best:.1f} % on pictures as they are down to {worst:.1f} % at the strongest level.",
        caption=parts(
            "Accuracy on the test pictures as they are (0) and changed at five levels, with 95 % "
            "intervals. Nothing was chosen by it."
        ),
        data=_data(runs),
    )


def _line(run: Run, change: str) -> Line:
    operands = run.number("/test/n_correct"), run.number("/test/n_images")
    first = [derive(name, *operands).value for name in ("ratio", "wilson_low", "wilson_high")]
    found = [first]
    for level in range(1, LEVELS + 1):
        found.append([x.value for x in accuracy_at(run, change, level)])  # type: ignore[arg-type]
    return [(100 * a, 100 * low, 100 * high) for a, low, high in found]


def _data(runs: list[Run]) -> FigureData:
    levels = range(1, LEVELS + 1)
    columns = (
        Column("Model"), Column("Change"), number_column("As they are", "%"),
        *(number_column(f"Level {level}", "%") for level in levels),
    )  # fmt: skip
    rows = [
        row(
            parts(Name(run.name)),
            parts(WORDS[change]),
            parts(percentage(run.number("/test/accuracy"))),
            *(parts(percentage(accuracy_at(run, change, level)[0])) for level in levels),
        )
        for run in runs
        for change in changes_of(run)
    ]
    return FigureData(columns, tuple(rows))


def draw_by_level(figure: "Figure", panels: list[tuple[str, dict[str, Line]]]) -> None:
    """Draw a panel a model, below each other."""
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for ax, (name, lines) in zip(axes, panels, strict=True):
        for i, (change, line) in enumerate(lines.items()):
            places = [level + 0.05 * (i - len(lines) / 2) for level in range(len(line))]
            middle = [a for a, _, _ in line]
            ends = [[a - low for a, low, _ in line], [high - a for a, _, high in line]]
            ax.errorbar(places, middle, yerr=ends, color=COLOURS[change], marker=MARKS[change],
                        markersize=4, linewidth=1.2, elinewidth=0.8,
                        label=WORDS[change])  # type: ignore[index]  # fmt: skip
        ax.set_ylim(0, 100)
        ax.set_ylabel("accuracy (%)")
        if len(panels) > 1:
            ax.set_title(name)
    axes[-1].set_xlabel("level of change")
    axes[-1].set_xticks(range(LEVELS + 1))
    axes[0].legend(loc="lower left", ncols=2, labelcolor=MUTED)
