"""Grids whose members are chosen from results: what is known of them, and the next round."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from training.errors import StudyError
from training.plurals import counted
from training.records import (
    Experiment,
    Range,
    Search,
    SearchRound,
    StudyGrid,
    StudyRecord,
    matches_group,
)
from training.study.grids import GridTable, Where, question_of, too_few
from training.study.member_words import filled
from training.study.places import header
from training.study.samplers import chosen, sampler_version


def begun_grid(
    grid_id: str, table: GridTable, where: Where, before: StudyGrid | None = None
) -> StudyGrid:
    """Return a grid with the rounds that it has, or, if it has none, with its first.

    Args:
        where: Says where the table or a key stands, in an error.
        before: The grid as the study's record has it; its rounds stand while the same is searched.

    Raises:
        StudyError: The sampler isn't installed, or there are fewer members than are asked for.
    """
    _check_room(table, where)
    search = Search(
        sampler=table.sampler,
        seed=table.seed,
        space=dict(table.axes),
        per_round=table.round,
        question=question_of(table),
        rounds=(),
    )
    if before is not None and before.search is not None and _same(before.search, search):
        grid = msgspec.structs.replace(before, sample=table.sample, search=msgspec.structs.replace(
            before.search, per_round=search.per_round, question=search.question))  # fmt: skip
        return cut(grid, table.sample)
    empty: dict[str, tuple[Any, ...]] = dict.fromkeys(table.axes, ())
    grid = StudyGrid(id=grid_id, axes=empty, sample=table.sample, search=search)
    return with_round(grid, (), where())


def corners(table: GridTable) -> Iterator[dict[str, Any]]:
    """Yield the first values of all fields, and the last: what none of a sampler's may exceed."""
    yield {n: v.low if isinstance(v, Range) else v[0] for n, v in table.axes.items()}
    yield {n: v.high if isinstance(v, Range) else v[-1] for n, v in table.axes.items()}


def with_round(grid: StudyGrid, results: Sequence[float | None], where: str = "") -> StudyGrid:
    """Return a grid with one more round, which its sampler chooses.

    Args:
        results: Of all members so far, in order: the validation accuracy, or None if it failed.
        where: Names the grid, in an error.

    Raises:
        StudyError: The sampler isn't installed, or would have chosen other members so far.
    """
    search = grid.search
    assert search is not None
    where = where or header("grids", grid.id)
    version = sampler_version(search.sampler, where)
    n = min(search.per_round, grid.to_come)
    rounds = (*search.rounds, SearchRound(members=n, version=version))
    search = msgspec.structs.replace(search, rounds=rounds, told=tuple(results))
    found = chosen(search)
    if (other := first_other(grid, found)) is not None:
        were = search.rounds[_round_of(search, other)].version
        raise StudyError(
            f"In {where}: Optuna {version} would have chosen {grid.id}-{other + 1} otherwise than "
            f"Optuna {were} did, so it can’t go on from there.",
            f"pip install optuna=={were}, or begin a study beside it: --study NAME.",
        )
    axes = {name: tuple(each[name] for each in found) for name in grid.axes}
    return msgspec.structs.replace(grid, axes=axes, search=search)


def played_again(grid: StudyGrid) -> list[dict[str, Any]]:
    """Return a grid's members as the sampler chooses them that is installed here.

    Raises:
        StudyError: The space has too few.
        ImportError: It isn't installed.
    """
    assert grid.search is not None
    return chosen(grid.search)


def first_other(grid: StudyGrid, found: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the place of a grid's first member that isn't as a sampler chooses it; None if all."""
    for i, values in enumerate(values_of(grid)):
        if values != {name: found[i][name] for name in grid.axes}:
            return i
    return None


def _round_of(search: Search, member: int) -> int:
    """Return which round, from 0, added a member."""
    ends = list(_ends(search))
    return next(i for i, end in enumerate(ends) if member < end)


def _ends(search: Search) -> Iterator[int]:
    """Yield how many members there are after each round."""
    n = 0
    for each in search.rounds:
        n += each.members
        yield n


def cut(grid: StudyGrid, n: int) -> StudyGrid:
    """Return a grid with no more than its first members."""
    search = grid.search
    if search is None or n >= grid.n_chosen:
        return grid
    starts = [0, *_ends(search)]
    rounds = tuple(
        msgspec.structs.replace(each, members=min(each.members, n - start))
        for each, start in zip(search.rounds, starts, strict=False)
        if start < n
    )
    told = search.told[: starts[len(rounds) - 1]]
    axes = {name: values[:n] for name, values in grid.axes.items()}
    search = msgspec.structs.replace(search, rounds=rounds, told=told)
    return msgspec.structs.replace(grid, axes=axes, search=search)


def settled(grid: StudyGrid, results: Sequence[float | str | None]) -> int:
    """Return how many members were chosen from results that still stand; the first round always.

    Args:
        results: Of all members, in order; a text where there is none.
    """
    search = grid.search
    assert search is not None
    ends = list(_ends(search))
    n = ends[0]
    for before, end in itertools.pairwise(ends):
        if list(search.told[:before]) != list(results[:before]):
            break
        n = end
    return n


def rounds_by_chance(search: Search) -> int:
    """Return how many rounds, from the first on, the sampler drew at random.

    It does so until it was told as many results as its first round has members; failures don't
    count.
    """
    starts = [0, *_ends(search)]
    known = [sum(told is not None for told in search.told[:start]) for start in starts]
    return sum(n < search.rounds[0].members for n in known[: len(search.rounds)])


def member_id(grid: StudyGrid, number: int) -> str:
    """Return the id of a sampled grid's member, by its number from 1."""
    return f"{grid.id}-{number}"


def members_of(grid: StudyGrid) -> list[dict[str, Any]]:
    """Return the fields of a search's members beside those that they share."""
    assert grid.search is not None
    return [
        each | {"id": member_id(grid, number), "question": filled(grid.search.question, each)}
        for number, each in enumerate(values_of(grid), 1)
    ]


def values_of(grid: StudyGrid) -> list[dict[str, Any]]:
    """Return the values of each member of a sampled grid, in order."""
    return [
        dict(zip(grid.axes, values, strict=True))
        for values in zip(*grid.axes.values(), strict=True)
    ]


def with_grid(study: StudyRecord, grid: StudyGrid) -> StudyRecord:
    """Return a study in which a grid has other members, where the ones before stand."""
    before = [e for e in study.experiments if matches_group(e.id, grid.id)]
    shared = msgspec.to_builtins(before[0])
    found = [msgspec.convert(shared | own, Experiment) for own in members_of(grid)]
    place = study.experiments.index(before[0])
    others = [e for e in study.experiments if not matches_group(e.id, grid.id)]
    grids = tuple(grid if each.id == grid.id else each for each in study.grids)
    return msgspec.structs.replace(
        study, experiments=[*others[:place], *found, *others[place:]], grids=grids
    )


def told_in_words(grid: StudyGrid) -> str:
    """Say how many members a search has still to choose: “15 more configurations, …”."""
    n = grid.n_chosen
    left = counted(grid.to_come, "more configuration")
    return f"{left}, chosen after the first {n}"


def _same(one: Search, other: Search) -> bool:
    """Tell whether two searches look for the same in the same way."""
    return (one.sampler, one.seed) == (other.sampler, other.seed) and (
        msgspec.to_builtins(one.space) == msgspec.to_builtins(other.space)
        and list(one.space) == list(other.space)
    )


def _check_room(table: GridTable, where: Where) -> None:
    """Refuse a sample that is larger than all that there is.

    Raises:
        StudyError: It is.
    """
    sizes = [_size(values) for values in table.axes.values()]
    if table.sample > math.prod(sizes):
        raise too_few(table.sample, int(math.prod(sizes)), where)


def _size(values: tuple[Any, ...] | Range) -> float:
    if not isinstance(values, Range):
        return len(values)
    return values.high - values.low + 1 if values.is_whole else math.inf
