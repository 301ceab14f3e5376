"""One run under its lock: whatever happens to it, a record says so."""

import functools
from collections.abc import Iterable, Sequence

import msgspec
import torch

from training.device.environment import device_name
from training.device.failed import is_lost, lost
from training.engine.checkpoint import remove_checkpoints
from training.engine.out_of_memory import is_out_of_memory
from training.executors.outcome import Result
from training.executors.weights_to_save import WeightsToSave
from training.locks import locked
from training.planning.plan import Plan, Step
from training.planning.slower import Pace, fastest_epoch
from training.planning.time_left import Remaining
from training.planning.to_come import all_to_come
from training.records import (
    OF_A_RUN,
    RECORD_NAMES,
    Experiment,
    Metrics,
    Spec,
    remove_leftovers,
    write,
    write_together,
)
from training.run.failures import why_failed
from training.run.one_run import now, run_step
from training.run.stand_ins_to_train import flop_of_missing, is_trained
from training.run.workspace import Workspace
from training.weights.load import MissingWeightsError
from training.weights.source import weights_source


class SingleRuns:
    """Runs one experiment at a time in this process.

    Args:
        plan: Resolves a step when its turn comes, from the records written so far.
        workspace: What the runs share.
    """

    def __init__(self, plan: Plan, workspace: Workspace) -> None:
        self.plan = plan
        self.workspace = workspace
        self.to_save = WeightsToSave(plan)

    def answered(self, experiment: Experiment, seed: int) -> Step | None:
        """Return the step if its record answers it already and nothing is left to clear up."""
        step = self.plan.step(experiment, seed)
        if (
            not self._is_answered(step)
            or self.workspace.folder.checkpoint(experiment.id, seed).exists()
        ):
            return None
        self._refresh_choice(step)
        return step

    def weights_to_make(self, experiments: Iterable[Experiment]) -> dict[str, str]:
        """Return which experiments start from stand-in weights that nobody has trained yet."""
        settings, cache = self.plan.study.settings, self.workspace.weights_cache
        found = {}
        for experiment in experiments:
            wanted = settings.weights if experiment.weights == "pretrained" else experiment.weights
            if wanted == "sample" and experiment.choice is None:
                size = experiment.image_size or settings.image_size
                name = weights_source(experiment, settings, size).digest
                if not is_trained(name, cache):
                    found[experiment.id] = name
        return found

    def remaining(self, experiments: Sequence[Experiment], force: bool) -> Remaining:
        """Return what knows how long these experiments will take, once some of them are done."""
        counted = functools.partial(
            flop_of_missing,
            cache=self.workspace.weights_cache,
            code_folders=self.workspace.options.code_folders,
        )
        to_come = all_to_come(self.plan, experiments, last_round=True)
        steps = [*self.plan.steps(experiments), *to_come]
        if self.workspace.options.keep_weights:
            steps = self.plan.to_keep_networks(steps)
        return Remaining(steps, self.plan, force, counted)

    def run(self, experiment: Experiment, seed: int, force: bool) -> Result:
        """Run one step while no other process does; skip what another did meanwhile.

        Raises:
            DeviceError: The device was lost.
            StoppedError: The user wants to end.
        """
        folder, progress = self.workspace.folder, self.workspace.progress
        waited: list[str] = []

        def waiting(holder: str) -> None:
            waited.append(holder)
            progress.note(f"Waiting for {holder}, which is running {experiment.id}")

        with locked(folder.lock(f"{experiment.id}/seed-{seed}"), waiting):
            step = self.plan.step(experiment, seed)
            if self._is_answered(step) and (waited or not force):
                if waited:
                    progress.note(f"{experiment.id} was finished by another process")
                # a process that is killed just after it wrote the record leaves them
                self._remove_leftovers(experiment, seed)
                remove_checkpoints(folder.checkpoint(experiment.id, seed))
                return Result(reused=step)
            self._remove_leftovers(experiment, seed)
            if step.state == "done" and not force:
                progress.note(f"The network of {experiment.id} wasn't kept: running it again")
            return Result(ran=self._run(step))

    def fail(self, experiment: Experiment, seed: int, reason: str) -> Result:
        """Record that a run failed for a reason outside of its process."""
        lock = self.workspace.folder.lock(f"{experiment.id}/seed-{seed}")
        with locked(lock, lambda _: None):
            self._remove_leftovers(experiment, seed)
            step = self.plan.step(experiment, seed)
            return Result(ran=self._not_run(step, "failed", reason))

    def _is_answered(self, step: Step) -> bool:
        """Tell whether nothing is missing of a run: its record, and its network if that is wanted.

        A run whose record is there runs again for its network alone only when all were asked for.
        """
        wanted = self.workspace.options.keep_weights and self.plan.lacks_network(step)
        return step.state == "done" and not wanted

    def _remove_leftovers(self, experiment: Experiment, seed: int) -> None:
        folder = self.workspace.folder
        others = (folder.running, folder.weights, folder.model)
        names = [*RECORD_NAMES, *(file(experiment.id, seed).name for file in others)]
        remove_leftovers(folder.run(experiment.id, seed), names)

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
            keep = functools.partial(self.to_save.wanted, step.experiment)
            return run_step(step, self.workspace, keep, self.pace(step.spec))
        except MissingWeightsError as error:
            return self._not_run(step, "skipped", str(error))
        except Exception as error:
            reason = why_failed(error, step.spec)
            if reason is None:
                raise
            failed = self._not_run(step, "failed", reason)
            if is_lost(error) and not is_out_of_memory(error):
                raise lost(str(self.workspace.device), step.experiment.id, error) from error
            return failed

    def pace(self, spec: Spec) -> Pace | None:
        """Return what holds a run's epochs against others'; not of runs that share a processor."""
        workspace = self.workspace
        if not workspace.alone:
            return None
        device = device_name(workspace.device)
        machine = device, torch.get_num_threads(), workspace.precision, workspace.devices.n
        forecast = fastest_epoch(self.plan, spec, machine)
        return Pace(forecast, functools.partial(workspace.note_once, "slower than forecast"))

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
            self.workspace.progress.note(f"Keeping the older record of {experiment.id}")
        else:
            record = folder.metrics(*name)
            old = [record.with_name(file) for file in OF_A_RUN if file != record.name]
            write_together({record: metrics}, remove=[*old, folder.model(*name)])
        return metrics
