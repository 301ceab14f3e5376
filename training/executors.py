"""Run a list of experiments, one after the other, and keep what was finished."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from training.checkpoint import remove_checkpoints
from training.errors import HomeworkError
from training.locks import locked
from training.lost_device import is_lost, lost
from training.memory import is_out_of_memory
from training.plan import Plan, Step, rank
from training.records import (
    RECORD_TYPES,
    Experiment,
    Metrics,
    StudyFolder,
    matches_group,
    remove_leftovers,
    write,
    write_together,
)
from training.run import now, run_step
from training.weights import MissingWeightsError
from training.workspace import Workspace


@dataclass
class Outcome:
    """What became of a list.

    Attributes:
        ran: Records written now, failures and skips included.
        reused: Steps whose records already answered them.
    """

    ran: list[Metrics] = field(default_factory=list)
    reused: list[Step] = field(default_factory=list)

    @property
    def failed(self) -> list[Metrics]:
        """What failed, where an older record that still answers was kept too."""
        return [metrics for metrics in self.ran if metrics.status == "failed"]


class LocalExecutor:
    """Runs experiments in this process, in the list's order.

    Args:
        plan: Resolves each step when its turn comes, from the records written so far.
        workspace: What the runs share.
    """

    def __init__(self, plan: Plan, workspace: Workspace) -> None:
        self.plan = plan
        self.workspace = workspace

    def run(self, experiments: Sequence[Experiment], force: bool = False) -> Outcome:
        """Run what is missing or stale; with `force`, everything named."""
        outcome = Outcome()
        total = len(experiments) * len(self.plan.seeds)
        for index, experiment in enumerate(experiments):
            for offset, seed in enumerate(self.plan.seeds):
                position = index * len(self.plan.seeds) + offset + 1
                step = self.plan.step(experiment, seed)
                left = self.workspace.folder.checkpoint(experiment.id, seed).exists()
                if step.state == "done" and not force and not left:
                    self._refresh_choice(step)
                    outcome.reused.append(step)
                    continue
                self.workspace.progress.experiment(position, total, experiment.id, seed)
                self._run_alone(experiment, seed, force, outcome)
                self.workspace.stop.check()
            self._drop_weights(experiment)
        return outcome

    def _run_alone(self, experiment: Experiment, seed: int, force: bool, outcome: Outcome) -> None:
        """Run one step while no other process does; skip what another did meanwhile."""
        folder, progress = self.workspace.folder, self.workspace.progress
        waited: list[str] = []

        def waiting(holder: str) -> None:
            waited.append(holder)
            progress.note(f"Waiting for {holder}: it runs {experiment.id}")

        with locked(folder.lock(f"{experiment.id}/seed-{seed}"), waiting):
            step = self.plan.step(experiment, seed)
            if step.state == "done" and (waited or not force):
                if waited:
                    progress.note(f"{experiment.id} was done by another process")
                # a process that is killed just after it wrote the record leaves them
                remove_checkpoints(folder.checkpoint(experiment.id, seed))
                outcome.reused.append(step)
                return
            names = [*RECORD_TYPES, folder.weights(experiment.id, seed).name]
            remove_leftovers(folder.run(experiment.id, seed), names)
            outcome.ran.append(self._run(step))
        progress.finished(outcome.ran[-1])

    def _refresh_choice(self, step: Step) -> None:
        """Note how the choice is made now, where it stays the same but its candidates don't.

        A grid member that failed before, say, has since been run.
        """
        experiment, folder = step.experiment, self.workspace.folder
        record = self.plan.record(experiment.id, step.seed)
        if record is None or record.selected == step.selected:
            return
        with locked(folder.lock(f"{experiment.id}/seed-{step.seed}"), lambda _: None):
            record = msgspec.structs.replace(record, selected=step.selected)
            write(folder.metrics(experiment.id, step.seed), record)

    def _run(self, step: Step) -> Metrics:
        if step.spec is None:
            return self._not_run(step, "skipped", step.reason)
        try:
            return run_step(step, self.workspace, self._is_candidate(step.experiment))
        except MissingWeightsError as error:
            return self._not_run(step, "skipped", str(error))
        except HomeworkError as error:
            return self._not_run(step, "failed", str(error))
        except MemoryError:
            return self._not_run(step, "failed", "This machine's memory was too small.")
        except (RuntimeError, ValueError, OSError) as error:
            failed = self._not_run(step, "failed", f"{type(error).__name__}: {error}")
            if is_lost(error) and not is_out_of_memory(error):
                raise lost(str(self.workspace.device), step.experiment.id, error) from error
            return failed

    def _not_run(self, step: Step, status: str, reason: str) -> Metrics:
        """Record why there is no result, and remove what an earlier run left.

        A record that still answers this very step, which `force` wanted again, is kept instead.
        """
        folder, experiment = self.workspace.folder, step.experiment
        name = experiment.id, step.seed
        metrics = Metrics(
            id=experiment.id,
            section=experiment.section,
            seed=step.seed,
            status="failed" if status == "failed" else "skipped",
            spec=step.spec,
            spec_hash=step.spec.digest() if step.spec else "",
            dataset_fingerprint=self.workspace.data.record.fingerprint,
            selected=step.selected,
            finished_at=now(),
            notes=[experiment.note] if experiment.note else [],
            error=reason,
        )
        if self.plan.step(experiment, step.seed).state == "done":
            self.workspace.progress.note(f"The older record of {experiment.id} is kept")
        else:
            old = [folder.curves(*name), folder.predictions(*name)]
            write_together({folder.metrics(*name): metrics}, remove=old)
        return metrics

    def _is_candidate(self, experiment: Experiment) -> bool:
        return any(matches_group(experiment.id, grid) for grid in self._tested_grids())

    def _tested_grids(self) -> list[str]:
        """Return the grids whose best pair is tested with the weights that it was chosen for."""
        return [
            item.choice.grid
            for item in self.plan.study.experiments
            if item.role == "reuse" and item.test and item.choice is not None
        ]

    def _drop_weights(self, experiment: Experiment) -> None:
        """Keep the weights of a grid's best run so far only; of a tested grid, none."""
        folder = self.workspace.folder
        for grid in self._tested_grids():
            members = self.plan.group(grid)
            if experiment.choice is not None and experiment.choice.grid == grid:
                keep = "" if experiment.test and experiment.role == "reuse" else None
            elif experiment in members:
                keep = self._best_so_far(members)
            else:
                keep = None
            if keep is not None:
                drop = [e.id for e in members if e.id != keep]
                _remove_weights(folder, drop, self.plan.seeds)

    def _best_so_far(self, members: Sequence[Experiment]) -> str:
        """Return the id of the grid member with the best records, or an empty string."""
        ranked = []
        for member in members:
            records = [self.plan.record(member.id, seed) for seed in self.plan.seeds]
            finished = [r for r in records if r is not None and r.status in ("done", "diverged")]
            if len(finished) == len(records):
                ranked.append((rank(finished), member.id))
        return min(ranked)[1] if ranked else ""


def _remove_weights(folder: StudyFolder, ids: Sequence[str], seeds: range) -> None:
    for experiment_id in ids:
        for seed in seeds:
            # without a record, another process may just be about to write it
            if folder.metrics(experiment_id, seed).exists():
                folder.weights(experiment_id, seed).unlink(missing_ok=True)
