"""How a search chose the members of a grid, and what that brought."""

from report.evidence.accuracy import validation_accuracy
from report.evidence.display_names import pair_word
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, integer, percent
from report.evidence.sentences import Name, Sentence, numbered, say
from report.evidence.study_sections import grid_record
from training.records import StudyGrid
from training.study.rounds import member_id, rounds_by_chance

SAMPLERS = {"optuna:tpe": "tree-structured Parzen estimator (TPE)"}
"""What samplers are called."""

TINY = 1e-9
"""Means of the same numbers may differ by this much."""


def how_searched(view: StudyView, grid: str) -> list[Sentence]:
    """Say what chose a grid's members and from what; empty where that was chance or a list."""
    record, ranked = grid_record(view, grid), view.ranked(grid)
    if record is None or record.search is None or not ranked:
        return []
    name = SAMPLERS.get(record.search.sampler)
    if name is None or not _told_validation(view, record):
        return []
    return [_chosen(view, record, name, pair_word(ranked[0])), *_brought(view, record)]


def _told_validation(view: StudyView, grid: StudyGrid) -> bool:
    """Tell whether what the sampler was told are the validation accuracies of the records."""
    assert grid.search is not None
    for number, told in enumerate(grid.search.told, 1):
        accuracy = validation_accuracy(view, member_id(grid, number))
        if accuracy is None or told is None:
            if (accuracy is None) != (told is None):
                return False
        elif abs(accuracy.value - told) > TINY:
            return False
    return True


def _chosen(view: StudyView, grid: StudyGrid, name: str, word: str) -> Sentence:
    search = grid.search
    assert search is not None
    pointer = _pointer(view, grid)
    rounds = derive("length", view.study_number(f"{pointer}/search/rounds"))
    version = view.study_number(f"{pointer}/search/rounds/0/version").value
    start = say(Name(f"Optuna {version}"), " chose the ").parts
    members = numbered(integer(_members(view, grid, len(search.rounds))), word)
    n_by_chance = rounds_by_chance(search)
    if n_by_chance == len(search.rounds):
        return say(*start, *members, " at random: so many results are needed before its ",
                   Name(name), " has anything to go by.")  # fmt: skip
    return say(
        *start, *members, " in ", *numbered(integer(rounds), "round"), ": the first ",
        integer(_members(view, grid, n_by_chance)), " at random, the others by its ", Name(name),
        " from the validation accuracies of the rounds before. No test picture was used.",
    )  # fmt: skip


def _brought(view: StudyView, grid: StudyGrid) -> list[Sentence]:
    """Say how much higher the best of all is than the best of those drawn at random."""
    search = grid.search
    assert search is not None
    n = rounds_by_chance(search)
    by_chance = _best(view, grid, 0, sum(each.members for each in search.rounds[:n]))
    chosen = _best(view, grid, sum(each.members for each in search.rounds[:n]), grid.n_chosen)
    if by_chance is None or chosen is None:
        return []
    if chosen.value <= by_chance.value:
        return [
            say("None of those chosen from results reached a higher validation accuracy than the "
                "best at random, ", percent(by_chance), ".")
        ]  # fmt: skip
    return [
        say("The best at random reached ", percent(by_chance), " on validation, the best of those "
            "chosen from results ", percent(chosen), ". More tries alone raise the highest, too.")
    ]  # fmt: skip


def _best(view: StudyView, grid: StudyGrid, first: int, end: int) -> Quantity | None:
    """Return the highest validation accuracy of some members; None where none has a result."""
    ids = (member_id(grid, number) for number in range(first + 1, end + 1))
    found = [a for id_ in ids if (a := validation_accuracy(view, id_)) is not None]
    return derive("maximum", *found) if found else None


def _members(view: StudyView, grid: StudyGrid, n_rounds: int) -> Quantity:
    """Return how many members the first rounds have."""
    pointer = f"{_pointer(view, grid)}/search/rounds"
    return derive("sum", *(view.study_number(f"{pointer}/{i}/members") for i in range(n_rounds)))


def _pointer(view: StudyView, grid: StudyGrid) -> str:
    return f"/grids/{view.study.grids.index(grid)}"
