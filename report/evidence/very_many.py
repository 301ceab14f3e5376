"""What is shown of studies with very many runs: of each large grid the best, and where the rest is.

Nothing is left out of a number: counts, sums and means are over all runs, and name them as
positions in the study's list, `[0-999]/seed-0/metrics.json#/train_seconds`, because a thousand
paths would be longer than the report.
"""

import re
from collections.abc import Iterable, Sequence

from report.evidence.load import StudyView
from report.evidence.numbers import OPERATIONS, Quantity, derive, integer
from report.evidence.once import once
from report.evidence.sentences import Code, Loose, Parts, listing, parts, say
from report.evidence.study_sections import all_grids
from training.records import Experiment

MOST_MEMBERS = 500
"""Members of all grids together up to which tables list every one."""

BEST = 20
"""So many members of a grid are listed where there are more."""


@once
def large_grids(view: StudyView) -> tuple[str, ...]:
    """Return the grids of which tables list the best members alone."""
    sizes = {grid: len(view.group(grid)) for grid in all_grids(view)}
    if sum(sizes.values()) <= MOST_MEMBERS:
        return ()
    return tuple(grid for grid, size in sizes.items() if size > BEST)


@once
def listed_in_tables(view: StudyView) -> list[Experiment]:
    """Return the experiments of tables with a row for each, in the list's order."""
    unlisted: set[str] = set()
    for grid in large_grids(view):
        unlisted |= {e.id for e in view.group(grid)} - {run.id for run in view.ranked(grid)[:BEST]}
    return [experiment for experiment in view.listed if experiment.id not in unlisted]


@once
def unlisted_note(view: StudyView) -> tuple[Parts, ...]:
    """Say under a table of experiments whose members aren't all in it, and where they are."""
    grids = large_grids(view)
    if not grids:
        return ()
    named = [
        say(Code(grid), " with ", integer(n_members(view, grid)), " members").parts
        for grid in grids
    ]
    return (
        parts("Only the best members of large grids are listed: of ", listing(named), ". ",
              Code("homework export csv"), " writes every run."),
    )  # fmt: skip


def some_of(view: StudyView, named: Sequence[Loose], numbers: Sequence[Quantity]) -> Parts:
    """Name what sentences tell of; in a study with large grids the first, and count the others.

    Args:
        named: The names.
        numbers: A quantity of each, of which the others are counted.
    """
    if not large_grids(view) or len(named) <= BEST:
        return listing(named)
    rest = integer(over(view, "count", numbers[BEST:]))
    return listing([*named[:BEST], say(rest, " other" if rest.value == 1 else " others").parts])


def some_experiments(view: StudyView, experiments: Sequence[Experiment]) -> Parts:
    """Name experiments by their ids; see `some_of`."""
    places = positions(view)
    numbers = [view.study_number(f"/experiments/{places[e.id]}") for e in experiments]
    return some_of(view, [Code(e.id) for e in experiments], numbers)


def n_members(view: StudyView, grid: str) -> Quantity:
    """Count the members of a grid."""
    return counted_experiments(view, view.group(grid))


def counted_experiments(view: StudyView, experiments: Iterable[Experiment]) -> Quantity:
    """Count some of the study's experiments."""
    places = positions(view)
    numbers = [view.study_number(f"/experiments/{places[e.id]}") for e in experiments]
    return over(view, "count", numbers)


@once
def positions(view: StudyView) -> dict[str, int]:
    """Return where in the study's list each experiment stands, from 0."""
    return {experiment.id: i for i, experiment in enumerate(view.study.experiments)}


FEW = 200
"""Operands up to which a source names each by its path."""

SYMMETRIC = frozenset(("count", "sum", "mean", "std", "minimum", "maximum"))
"""Operations whose operands may come in any order."""

OF_RUN = re.compile(r"(?P<id>[^#()]+)/(?P<rest>seed-\d+/[^#()]+#[^()]*)")
OF_LIST = re.compile(r"study\.json#/experiments/(?P<place>\d+)(?P<rest>[^()]*)")
SUM = re.compile(r"sum\((.*)\)")


def over(view: StudyView, operation: str, quantities: Sequence[Quantity]) -> Quantity:
    """Derive a quantity from any number of others, in whatever order; see `derive`.

    Args:
        operation: One of `SYMMETRIC`.
        quantities: Values of runs' records, or of the study's list; a sum may be of sums.
    """
    assert operation in SYMMETRIC
    if len(quantities) <= FEW:
        return derive(operation, *quantities)
    found: dict[tuple[str, str], dict[int, Quantity]] = {}
    for quantity in quantities:
        placed = _placed(view, quantity.source.removeprefix(view.prefix))
        if placed is None:
            return derive(operation, *quantities)
        of_kind = found.setdefault(placed[:2], {})
        if placed[2] in of_kind:
            return derive(operation, *quantities)
        of_kind[placed[2]] = quantity
    ordered = [members[i] for members in found.values() for i in sorted(members)]
    operands = (
        f"{view.prefix}{before}[{ranges(sorted(members))}]{after}"
        for (before, after), members in found.items()
    )
    value = OPERATIONS[operation](*(quantity.value for quantity in ordered))
    return Quantity(value, f"{operation}({','.join(operands)})")


def _placed(view: StudyView, source: str) -> tuple[str, str, int] | None:
    """Divide a source into what stands before and behind a position in the list, and that."""
    if match := OF_LIST.fullmatch(source):
        return "study.json#/experiments/", match["rest"], int(match["place"])
    match = OF_RUN.fullmatch(source)
    place = positions(view).get(match["id"]) if match else None
    return None if match is None or place is None else ("", f"/{match['rest']}", place)


def ranges(numbers: Sequence[int]) -> str:
    """Write rising numbers as ranges: 0-2+5+7-8."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return "+".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
