"""Hold grids whose members were chosen from results to those results, and to what chose them."""

import importlib.metadata
from collections.abc import Iterator
from statistics import fmean
from typing import Any

import msgspec

from report.audit.problems import Problem
from report.evidence.load import StudyView
from report.evidence.sentences import counted
from training.records import StudyGrid
from training.study.grids import RANDOM, SAMPLERS
from training.study.rounds import first_other, member_id, played_again, values_of

FILE = "study.json"
LIBRARY = "optuna"
TINY = 1e-9
"""Means of the same numbers may differ by this much."""


def search_problems(view: StudyView) -> Iterator[Problem]:
    """Yield values that no sampler chose, and results that it was told and records don't have."""
    for i, grid in enumerate(view.study.grids):
        if grid.search is not None:
            yield from _problems(view, grid, f"/grids/{i}")


def unchecked_searches(view: StudyView) -> Iterator[str]:
    """Yield a phrase for each grid of which it can't be told whether a sampler chose it."""
    for grid in view.study.grids:
        if grid.search is not None and not _is_installed(grid):
            version = grid.search.rounds[-1].version
            yield (
                f"whether Optuna chose the members of {grid.id}, which needs the version that did "
                f"(pip install optuna=={version})"
            )


def _is_installed(grid: StudyGrid) -> bool:
    """Tell whether what chose the last round is here: it held the others to its own choices."""
    assert grid.search is not None
    try:
        return importlib.metadata.version(LIBRARY) == grid.search.rounds[-1].version
    except importlib.metadata.PackageNotFoundError:
        return False


def _problems(view: StudyView, grid: StudyGrid, pointer: str) -> Iterator[Problem]:
    search = grid.search
    assert search is not None
    said = next(_shape(grid), "")
    if said:
        yield _wrong(grid.id, said, f"{pointer}/search")
        return
    members = {experiment.id: experiment for experiment in view.group(grid.id)}
    for number, values in enumerate(values_of(grid), 1):
        member = members.pop(member_id(grid, number), None)
        if member is None:
            yield _wrong(member_id(grid, number), "the list lacks it", f"{pointer}/axes")
            continue
        for name, value in values.items():
            has = msgspec.to_builtins(getattr(member, name, None))
            if has != msgspec.to_builtins(value):
                problem = f"{member.id} has {has}"
                yield _wrong(value, problem, f"{pointer}/axes/{name}/{number - 1}")
    for extra in members:
        yield _wrong(extra, f"no round of {grid.id} chose it", "/experiments")
    for i, told in enumerate(search.told):
        runs = view.finished(member_id(grid, i + 1))
        scores = [r.metrics.validation.accuracy for r in runs if r.metrics.validation]
        if len(scores) == len(view.study.settings.run_seeds):
            has = fmean(scores)
            if told is None or abs(has - told) > TINY:
                problem = f"the record of {member_id(grid, i + 1)} says {has}"
                yield _wrong(told, problem, f"{pointer}/search/told/{i}")
    if _is_installed(grid):
        yield from _chosen_otherwise(grid, pointer)


def _shape(grid: StudyGrid) -> Iterator[str]:
    """Say what of a search can't be: a sampler that there isn't, or other counts than its own."""
    search = grid.search
    assert search is not None
    if search.sampler not in SAMPLERS or search.sampler == RANDOM:
        yield f"there is no sampler {search.sampler}"
    if list(search.space) != list(grid.axes):
        yield f"it searched {', '.join(search.space)}, and {', '.join(grid.axes)} vary"
    n, n_told = grid.n_chosen, grid.n_chosen - search.rounds[-1].members
    if any(len(values) != n for values in grid.axes.values()) or n > grid.sample:
        yield f"its rounds have {counted(n, 'member')}"
    if len(search.told) != n_told:
        yield f"its sampler was told {counted(len(search.told), 'result')} instead of {n_told}"


def _chosen_otherwise(grid: StudyGrid, pointer: str) -> Iterator[Problem]:
    """Play the search again, and name the first value that comes out otherwise."""
    assert grid.search is not None
    version = grid.search.rounds[-1].version
    try:
        found = played_again(grid)
        i = first_other(grid, found)
    except Exception as error:  # records may say anything of the space
        reason = f"{type(error).__name__}: {error}"
        yield _wrong(grid.id, f"it can’t be searched again ({reason})", f"{pointer}/search")
        return
    if i is not None:
        values = values_of(grid)[i]
        name = next(name for name in grid.axes if found[i][name] != values[name])
        problem = f"for {member_id(grid, i + 1)} Optuna {version} chooses {found[i][name]}"
        yield _wrong(values[name], problem, f"{pointer}/axes/{name}/{i}")


def _wrong(text: Any, problem: str, pointer: str) -> Problem:
    return Problem(FILE, str(text), problem, f"{FILE}#{pointer}")
