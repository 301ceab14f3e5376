"""The executor that a person's choice of where experiments run asks for."""

from collections.abc import Sequence
from typing import Protocol

import torch

from training.device.environment import all_devices
from training.executors.local import LocalExecutor
from training.executors.outcome import Outcome
from training.executors.processes import ProcessExecutor
from training.executors.ray import RayExecutor, import_ray
from training.planning.plan import Plan
from training.records import Experiment
from training.run.run_options import Where
from training.run.workspace import Workspace


class Executor(Protocol):
    """Runs lists of experiments."""

    def run(self, experiments: Sequence[Experiment], force: bool = False) -> Outcome:
        """Run what is missing or stale; with `force`, everything named."""


def threads_each(where: Where) -> int:
    """Return how many CPU threads each experiment computes with."""
    if where.executor == "ray":
        return where.threads or 1
    return where.threads or max(1, torch.get_num_threads() // (where.jobs or 1))


def check_executor(where: Where) -> None:
    """Check, before anything is prepared, that it is available.

    Raises:
        StudyError: Ray was asked for and isn't installed.
    """
    if where.executor == "ray":
        import_ray()


def make_executor(plan: Plan, workspace: Workspace) -> Executor:
    """Return the executor that the workspace's options ask for.

    Several processes share the devices that the name of the device leaves open.
    """
    where = workspace.options.where
    n_threads, jobs = threads_each(where), where.jobs or 1
    if where.executor == "ray":
        return RayExecutor(
            plan, workspace, n_threads, where.jobs or 0, where.address, where.gpus_per_run
        )
    if jobs > 1:
        devices = [str(found) for found in all_devices(workspace.options.device)]
        return ProcessExecutor(plan, workspace, jobs, n_threads, devices)
    return LocalExecutor(plan, workspace)
