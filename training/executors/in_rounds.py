"""A list with grids whose members are chosen from results: round by round, then the rest."""

from collections.abc import Callable, Iterable, Sequence

from training.executors.outcome import Outcome
from training.locks import locked
from training.planning.plan import Plan
from training.planning.to_come import searches
from training.plurals import counted
from training.records import Experiment, StudyGrid, StudyRecord, matches_group, write
from training.run.workspace import Workspace
from training.study.places import header
from training.study.resolve import check_recipes
from training.study.rounds import cut, settled, with_grid, with_round
from training.study.samplers import sampler_version

Run = Callable[[Plan, Sequence[Experiment]], Outcome]
"""Runs some experiments of a plan."""


def check_samplers(plan: Plan, experiments: Iterable[Experiment]) -> None:
    """Check, before anything runs, that what chooses the rounds to come is installed.

    Raises:
        StudyError: It isn't.
    """
    for grid in searches(plan, experiments):
        if grid.search is not None and plan.unsettled(grid.id):
            sampler_version(grid.search.sampler, header("grids", grid.id))


class InRounds:
    """Runs a list round by round.

    Args:
        plan: Of the study as it is known when the list begins.
        workspace: What the runs share.
        run: Runs what can run at once.
    """

    def __init__(self, plan: Plan, workspace: Workspace, run: Run) -> None:
        self._plan = plan
        self._workspace = workspace
        self._run = run
        self._outcome = Outcome()
        self._done: set[str] = set()

    def run(self, experiments: Sequence[Experiment]) -> Outcome:
        """Run a list: what waits for no round first, each round as soon as the one before ended."""
        wanted = {experiment.id for experiment in experiments}
        grids = [grid.id for grid in searches(self._plan, experiments)]
        while True:
            held_back = self._held_back(grids)
            self._some(e for e in self._listed(wanted, grids) if e.id not in held_back)
            advanced = [self._advance(grid) for grid in grids]
            if not any(advanced):
                break
        self._some(self._listed(wanted, grids))
        return self._outcome

    def _listed(self, wanted: set[str], grids: Sequence[str]) -> list[Experiment]:
        """Return what of the list hasn't run, members of rounds that came later among it."""
        return [
            e
            for e in self._plan.study.experiments
            if e.id not in self._done
            and (e.id in wanted or any(matches_group(e.id, grid) for grid in grids))
        ]

    def _some(self, experiments: Iterable[Experiment]) -> None:
        listed = list(experiments)
        if listed:
            self._outcome += self._run(self._plan, listed)
        self._done |= {experiment.id for experiment in listed}

    def _held_back(self, grids: Sequence[str]) -> set[str]:
        """Return what has to wait for a round: its members, and what is chosen from the grid."""
        study, found = self._plan.study, set()
        for grid in map(self._grid, grids):
            n = settled(grid, self._plan.results(grid))
            found |= {e.id for e in self._plan.group(grid.id)[n:]}
            if n < grid.sample:
                found |= _chosen_from(grid.id, study)
        return found

    def _grid(self, grid_id: str) -> StudyGrid:
        return next(grid for grid in self._plan.study.grids if grid.id == grid_id)

    def _advance(self, grid_id: str) -> bool:
        """Choose a grid's next round, if all results are there that it rests on; keep it first.

        Raises:
            StudyError: The sampler can't go on, or has chosen what can't be run.
        """
        grid = self._grid(grid_id)
        results = self._plan.results(grid)
        n = settled(grid, results)
        known = [result for result in results[:n] if not isinstance(result, str)]
        if n == grid.sample or len(known) < n:
            return False
        new = with_round(cut(grid, n), known)
        study = with_grid(self._plan.study, new)
        added = [e for e in study.experiments if matches_group(e.id, grid_id)][n:]
        check_recipes(added, study.settings)
        folder, progress = self._workspace.folder, self._workspace.progress
        with locked(folder.lock("study"), lambda _: None):
            write(folder.study, study)
        self._plan = Plan(study, folder, self._plan.fingerprint, self._plan.others)
        self._done -= {e.id for e in added} | _chosen_from(grid_id, study)
        progress.note(_said(new, len(added), n))
        for size in {e.image_size for e in added if e.image_size is not None}:
            self._workspace.data.pixels(size, progress.note)
        return True


def _chosen_from(grid_id: str, study: StudyRecord) -> set[str]:
    return {e.id for e in study.experiments if e.choice and e.choice.grid == grid_id}


def _said(grid: StudyGrid, n_added: int, n_before: int) -> str:
    assert grid.search is not None
    return (
        f"{grid.id}, round {len(grid.search.rounds)}: {grid.search.sampler} chose "
        f"{counted(n_added, 'more configuration')} from {counted(n_before, 'result')}"
        + (f"; {grid.to_come} to come" if grid.to_come else "")
    )
