"""Weights that a later choice may need: of each tested grid, the best run's so far."""

from collections.abc import Iterable

from training.planning.plan import Plan
from training.records import Experiment, Metrics, Rank, matches_group, rank


class WeightsToSave:
    """Decides whose weights stay beside their records.

    Attributes:
        grids: Those whose best pair is tested with the weights that it was chosen for.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.grids = {
            item.choice.grid
            for item in plan.study.experiments
            if item.role == "reuse" and item.test and item.choice is not None
        }
        self._best: dict[str, tuple[Rank, str] | None] = {}

    def wanted(self, experiment: Experiment, trained: Metrics) -> bool:
        """Say whether the weights of a run just trained may be tested, as the best of its grid.

        They won't where a better run's are there already: writing them takes longer than an epoch
        on a fast device.
        """
        grids = [grid for grid in self.grids if matches_group(experiment.id, grid)]
        if len(self.plan.seeds) > 1:  # ranked by their mean, once all are there
            return bool(grids)
        return any(not self._has_better(grid, experiment, rank([trained])) for grid in grids)

    def _has_better(self, grid: str, experiment: Experiment, own: Rank) -> bool:
        others = [member for member in self.plan.group(grid) if member.id != experiment.id]
        return any(
            (found := self._rank(other)) is not None and found[0] < own and self._has_weights(other)
            for other in others
        )

    def _has_weights(self, member: Experiment) -> bool:
        return all(
            self.plan.folder.weights(member.id, seed).exists()
            and self.plan.step(member, seed).state == "done"
            for seed in self.plan.seeds
        )

    def ended(self, experiment: Experiment) -> None:
        """After an experiment, keep its grid's best weights so far; of a tested grid, none."""
        choice = experiment.choice
        for grid in self.grids:
            if choice is not None and choice.grid == grid:
                if experiment.test and experiment.role == "reuse":
                    self._remove(member.id for member in self.plan.group(grid))
            elif matches_group(experiment.id, grid):
                self._compare(grid, experiment)

    def _compare(self, grid: str, experiment: Experiment) -> None:
        """Keep the better one of an experiment and its grid's best so far."""
        before = self._best.get(grid)
        if grid not in self._best or (before is not None and before[1] == experiment.id):
            members = self.plan.group(grid)
            ranks = [found for member in members if (found := self._rank(member)) is not None]
            self._best[grid] = best = min(ranks, default=None)
            self._remove(member.id for member in members if best is None or member.id != best[1])
            return
        found = self._rank(experiment)
        better = found is not None and (before is None or found < before)
        if better:
            self._best[grid] = found
        loser = experiment.id if not better else before[1] if before is not None else None
        self._remove([loser] if loser is not None else [])

    def _rank(self, member: Experiment) -> tuple[Rank, str] | None:
        records = [self.plan.record(member.id, seed) for seed in self.plan.seeds]
        finished = [r for r in records if r is not None and r.status in ("done", "diverged")]
        return (rank(finished), member.id) if len(finished) == len(records) else None

    def _remove(self, ids: Iterable[str]) -> None:
        folder = self.plan.folder
        for experiment_id in ids:
            for seed in self.plan.seeds:
                # without a record, another process may just be about to write it
                if folder.metrics(experiment_id, seed).exists():
                    folder.weights(experiment_id, seed).unlink(missing_ok=True)
