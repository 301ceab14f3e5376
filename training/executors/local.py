"""Run a list of experiments in this process, one after the other, and keep what was finished."""

import time
from collections.abc import Sequence

from training.executors.outcome import Outcome, Result
from training.executors.schedule import Schedule, Task
from training.executors.single import SingleRuns
from training.planning.plan import Plan
from training.planning.time_left import Remaining
from training.records import Experiment
from training.run.workspace import Workspace


class LocalExecutor:
    """Runs experiments in this process, in the list's order.

    Args:
        plan: Resolves each step when its turn comes, from the records written so far.
        workspace: What the runs share.
    """

    def __init__(self, plan: Plan, workspace: Workspace) -> None:
        self.plan = plan
        self.workspace = workspace
        self.single = SingleRuns(plan, workspace)

    def run(self, experiments: Sequence[Experiment], force: bool = False) -> Outcome:
        """Run what is missing or stale; with `force`, everything named."""
        outcome = Outcome()
        schedule = Schedule(experiments, self.plan.seeds)
        remaining = self.single.remaining(experiments, force)
        while (task := schedule.start()) is not None:
            outcome.add(self._run(task, schedule.total, force, remaining))
            if schedule.end(task):
                self.single.to_save.ended(task.experiment)
        return outcome

    def _run(self, task: Task, total: int, force: bool, remaining: Remaining) -> Result:
        experiment, seed = task.experiment, task.seed
        step = None if force else self.single.answered(experiment, seed)
        if step is not None:
            return Result(reused=step)
        which = self.plan.study.settings.told_run(seed)
        self.workspace.progress.experiment(task.position, total, experiment.id, which)
        started = time.monotonic()
        result = self.single.run(experiment, seed, force)
        remaining.ended((experiment.id, seed), result.ran, time.monotonic() - started)
        if result.ran is not None:
            self.workspace.progress.finished(result.ran, remaining.time_left())
        self.workspace.stop.check()
        return result
