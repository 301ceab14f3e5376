"""A search in memory: a grid whose members Optuna chose from accuracies that a test gives."""

from in_memory import a_run, a_spec, a_view

from training.records import Experiment, Settings
from training.study.grids import read_grid
from training.study.rounds import begun_grid, members_of, with_round

FIELDS = {
    "learning_rate": {"from": 1e-4, "to": 1e-1, "scale": "log"},
    "batch_size": {"from": 8, "to": 64},
    "optimizer": ["sgd", "adam"],
}
GRID = "tuning/tpe"


def a_search(accuracies, n=None, per_round=3, sample=None):
    """Return a grid of so many members, told these accuracies; None of one that failed."""
    n = n or len(accuracies)
    given = {**FIELDS, "sample": sample or n, "sampler": "optuna:tpe", "round": per_round}
    grid = begun_grid(GRID, read_grid(given, Settings(), str), str)
    while grid.n_chosen < n:
        grid = with_round(grid, accuracies[: grid.n_chosen])
    return grid


def runs_of(grid, accuracies):
    """Return the runs of a grid's first members, with these validation accuracies."""
    found = []
    for member, accuracy in zip(members_of(grid), accuracies, strict=False):
        experiment = Experiment(**member, model="resnet18")
        values = {name: member[name] for name in grid.axes}
        run = a_run(
            member["id"], validation=accuracy, spec=a_spec(**values), experiment=experiment,
            status="failed" if accuracy is None else "done",
        )  # fmt: skip
        run.__dict__["axes"] = tuple(grid.axes)
        found.append(run)
    return found


def searched_view(accuracies, grid=None, records=None, **how):
    """Return a study of one search alone.

    Args:
        records: The accuracies that records have, if they aren't those that were told.
    """
    grid = grid or a_search(accuracies, **how)
    runs = runs_of(grid, records or accuracies)
    return a_view(*runs, grids=(grid,))
