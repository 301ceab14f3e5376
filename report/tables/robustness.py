"""Accuracies on changed test pictures, and how strong each level is."""

from report.evidence.numbers import percentage, two_digits
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, parts
from report.findings.robustness import WORDS, accuracy_at, changes_of, pointer
from report.tables.cells import row
from report.tables.views import Column, Table
from training.records import Change
from training.records.changed_tests import LEVELS

STRENGTH: dict[Change, str] = {
    "noise": "standard deviation, as a share of full brightness",
    "blur": "standard deviation, pixels",
    "darkness": "brightness that is left",
    "jpeg": "quality",
    "rotation": "degrees to either side",
}


def changed_accuracies(slug: str, runs: list[Run]) -> Table:
    """List each model's accuracy for each change and level, with its interval."""
    levels = range(1, LEVELS + 1)
    columns = (
        Column("Model"),
        Column("Change"),
        *(Column(f"Level {level}", "%", "number") for level in levels),
    )
    rows = tuple(
        row(
            parts(Name(run.name)),
            parts(WORDS[change]),
            *(_cell(run, change, level) for level in levels),
        )
        for run in runs
        for change in changes_of(run)
    )
    caption = parts("Accuracy on changed test pictures, with 95 % intervals.")
    return Table(f"changed-{slug}", caption, columns, rows)


def _cell(run: Run, change: Change, level: int) -> Parts:
    accuracy, low, high = accuracy_at(run, change, level)
    return parts(
        percentage(accuracy), " (", percentage(low), "\u00a0to\u00a0", percentage(high), ")"
    )


def strengths(slug: str, runs: list[Run]) -> Table:
    """List how strong each level of each change is."""
    of: dict[Change, Run] = {}
    for run in runs:
        for change in changes_of(run):
            of.setdefault(change, run)
    levels = range(1, LEVELS + 1)
    columns = (
        Column("Change"),
        Column("Measured by"),
        *(Column(f"Level {level}", "", "number") for level in levels),
    )
    rows = tuple(
        row(
            parts(WORDS[change]),
            parts(STRENGTH[change]),
            *(
                parts(two_digits(run.number(f"{pointer(run, change, level)}/strength")))
                for level in levels
            ),
        )
        for change, run in of.items()
    )
    caption = parts("How strong the levels are.")
    return Table(f"strengths-{slug}", caption, columns, rows)
