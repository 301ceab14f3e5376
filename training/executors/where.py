"""The executor that a person's choice of where experiments run asks for."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import torch

from training.data.blocks import Elsewhere
from training.device.environment import all_devices
from training.errors import StudyError
from training.executors.data_parallel import DataParallelExecutor, devices_together
from training.executors.local import LocalExecutor
from training.executors.outcome import Outcome
from training.executors.processes import ProcessExecutor
from training.executors.ray import RayExecutor
from training.executors.ray_cluster import import_ray
from training.executors.ray_decoding import RayDecoding
from training.planning.plan import Plan
from training.records import Experiment
from training.run.run_options import RunOptions, Where
from training.run.workspace import Workspace


class Executor(Protocol):
    """Runs lists of experiments."""

    def run(self, experiments: Sequence[Experiment], force: bool = False) -> Outcome:
        """Run what is missing or stale; with `force`, everything named."""


def threads_each(where: Where) -> int:
    """Return how many CPU threads each experiment computes with, on each of its devices."""
    if where.executor == "ray":
        return where.threads or 1
    return where.threads or max(1, torch.get_num_threads() // max(where.jobs or 1, where.devices))


def check_executor(options: RunOptions) -> None:
    """Check, before anything is prepared, that it is available.

    Raises:
        StudyError: Ray was asked for and isn't installed; or several devices for several
            experiments at once here, or for each a share of a GPU.
        DeviceError: There are fewer devices than an experiment is to train on.
    """
    where = options.where
    if where.executor == "ray":
        import_ray()
        if where.devices > 1 and where.gpus_per_run not in (None, where.devices):
            raise StudyError(
                f"With --devices {where.devices}, each experiment takes {where.devices} GPUs.",
                "Leave out --gpus-per-run, or --devices.",
            )
        return
    if where.devices > 1:
        if (where.jobs or 1) > 1:
            raise StudyError(
                "--devices trains one experiment at a time on this machine.",
                "Leave out --jobs, or --devices; or use --executor ray.",
            )
        devices_together(options.device, where.devices)


def decoding_elsewhere(
    where: Where, folder: Path, say: Callable[[str], object]
) -> Elsewhere | None:
    """Return what decodes images on other machines, if experiments run on some.

    Args:
        folder: Of the study.
        say: Told who decodes.
    """
    return RayDecoding(where.address, folder, say) if where.executor == "ray" else None


def make_executor(plan: Plan, workspace: Workspace) -> Executor:
    """Return the executor that the workspace's options ask for.

    Several processes share the devices that the name of the device leaves open.
    """
    where = workspace.options.where
    n_threads, jobs = threads_each(where), where.jobs or 1
    if where.executor == "ray":
        return RayExecutor(
            plan,
            workspace,
            n_threads,
            where.jobs or 0,
            where.address,
            where.gpus_per_run,
            where.devices,
        )
    if where.devices > 1:
        together = devices_together(workspace.options.device, where.devices)
        return DataParallelExecutor(plan, workspace, n_threads, together)
    if jobs > 1:
        devices = [str(found) for found in all_devices(workspace.options.device)]
        return ProcessExecutor(plan, workspace, jobs, n_threads, devices)
    return LocalExecutor(plan, workspace)
