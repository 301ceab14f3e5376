"""What is shown of studies with very many runs: of each large grid the best, and where the rest is.

Nothing is left out of a number: counts, sums and means are over all runs, and name them as
positions in the study's list, `[0-999]/seed-0/metrics.json#/train_seconds`, because a thousand
paths would be longer than the report.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from report.evidence.load import StudyView
from report.evidence.numbers import OPERATIONS, Quantity, derive, integer
from report.evidence.once import once
from report.evidence.run import Run
from report.evidence.sentences import Code, Loose, Parts, listing, parts, say
from report.evidence.study_sections import all_grids
from training.records import Experiment

T = TypeVar("T")

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


def some_of(
    view: StudyView,
    items: Sequence[T],
    name: Callable[[T], Loose],
    count: Callable[[Sequence[T]], Quantity],
) -> Parts:
    """Name what sentences tell of; in a study with large grids the first, and count the others.

    Args:
        items: All of them.
        name: Returns the name of one.
        count: Counts those that aren't named.
    """
    if not large_grids(view) or len(items) <= BEST:
        return listing([name(item) for item in items])
    rest = integer(count(items[BEST:]))
    others = say(rest, " other" if rest.value == 1 else " others").parts
    return listing([*(name(item) for item in items[:BEST]), others])


def some_experiments(view: StudyView, experiments: Sequence[Experiment]) -> Parts:
    """Name experiments by their ids; see `some_of`."""
    return some_of(
        view, experiments, lambda e: Code(e.id), lambda rest: counted_experiments(view, rest)
    )


def n_members(view: StudyView, grid: str) -> Quantity:
    """Count the members of a grid."""
    return counted_experiments(view, view.group(grid))


def counted_experiments(view: StudyView, experiments: Iterable[Experiment]) -> Quantity:
    """Count some of the study's experiments."""
    return over_experiments(view, "count", list(experiments))


def over_experiments(
    view: StudyView, operation: str, experiments: Sequence[Experiment], field: str = ""
) -> Quantity:
    """Derive a quantity from a field of any number of experiments; see `over`."""
    places, after = positions(view), f"/{field}" if field else ""
    by_place = {places[experiment.id]: experiment for experiment in experiments}
    if len(by_place) <= FEW:
        numbers = [view.study_number(f"/experiments/{place}{after}") for place in by_place]
        return derive(operation, *numbers)
    ordered = sorted(by_place)  # as who recomputes it finds them
    values: list[Any] = [getattr(by_place[i], field) if field else i for i in ordered]
    source = f"{operation}({view.prefix}study.json#/experiments/[{ranges(ordered)}]{after})"
    return Quantity(OPERATIONS[operation](*values), source)


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


def over_runs(view: StudyView, operation: str, runs: Sequence[Run], pointer: str) -> Quantity:
    """Derive a quantity from a number in the record of each of any number of runs; see `over`.

    Args:
        pointer: Of fields alone, no lists.
    """
    places = positions(view)
    by_seed: dict[int, dict[int, Run]] = {}
    for run in runs:
        by_seed.setdefault(run.metrics.seed, {})[places.get(run.id, -1)] = run
    n_placed = sum(len(members) - (-1 in members) for members in by_seed.values())
    if len(runs) <= FEW or n_placed < len(runs):
        return over(view, operation, [run.number(pointer) for run in runs])
    value_of = attrgetter(pointer[1:].replace("/", "."))
    operands: list[str] = []
    values: list[Any] = []
    for seed, members in by_seed.items():
        ordered = sorted(members)
        values += map(value_of, [members[place].metrics for place in ordered])
        operands.append(f"{view.prefix}[{ranges(ordered)}]/seed-{seed}/metrics.json#{pointer}")
    return Quantity(OPERATIONS[operation](*values), f"{operation}({','.join(operands)})")


def count_of(view: StudyView, pointer: str) -> Callable[[Sequence[Run]], Quantity]:
    """Return what counts runs by a number that each of their records has."""
    return lambda runs: over_runs(view, "count", runs, pointer)


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
