"""Members of grids that results of others will choose: what stands for them in a plan."""

from collections.abc import Iterable

import msgspec

from training.planning.plan import Plan, Step
from training.records import Experiment, StudyGrid
from training.study.rounds import member_id, told_in_words


def searches(
    plan: Plan, experiments: Iterable[Experiment], last_round: bool = False
) -> list[StudyGrid]:
    """Return the grids chosen from results of which all known members are among experiments.

    Args:
        last_round: Those of the last known round are enough.
    """
    wanted = {experiment.id for experiment in experiments}
    found = []
    for grid in plan.study.grids:
        if grid.search is not None:
            n = grid.search.rounds[-1].members if last_round else grid.n_chosen
            numbers = range(grid.n_chosen - n + 1, grid.n_chosen + 1)
            if {member_id(grid, number) for number in numbers} <= wanted:
                found.append(grid)
    return found


def steps_to_come(plan: Plan, grid: StudyGrid) -> list[Step]:
    """Return a step for each run of a member that isn't chosen yet, with the first one's fields."""
    first = plan.group(grid.id)[0]
    return [
        Step(
            msgspec.structs.replace(first, id=member_id(grid, grid.n_chosen + number)),
            seed,
            "waiting",
            told_in_words(grid),
        )
        for number in range(1, grid.to_come + 1)
        for seed in plan.seeds
    ]


def all_to_come(
    plan: Plan, experiments: Iterable[Experiment], last_round: bool = False
) -> list[Step]:
    """Return such steps of all grids that are to be run; see `searches`."""
    grids = searches(plan, experiments, last_round)
    return [step for grid in grids for step in steps_to_come(plan, grid)]
