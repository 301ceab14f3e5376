"""Where experiments run: chosen on the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import torch

from training.device.environment import all_devices
from training.executors.local import LocalExecutor
from training.executors.outcome import Outcome
from training.executors.processes import ProcessExecutor
from training.executors.ray import RayExecutor, import_ray
from training.planning.plan import Plan
from training.records import Experiment
from training.run.workspace import Workspace


@dataclass(frozen=True)
class Where:
    """Where experiments run.

    Attributes:
        executor: `local`: on this machine; `ray`: on a Ray cluster.
        jobs: How many experiments at a time; None is 1 here, and on a cluster all it has room for.
        threads: CPU threads of each; None divides this process's among them, and is 1 on a cluster.
        address: See `RayExecutor`.
        gpus_per_run: See `RayExecutor`.
    """

    executor: Literal["local", "ray"] = "local"
    jobs: int | None = None
    threads: int | None = None
    address: str | None = None
    gpus_per_run: float | None = None

    @property
    def threads_each(self) -> int:
        if self.executor == "ray":
            return self.threads or 1
        return self.threads or max(1, torch.get_num_threads() // (self.jobs or 1))

    def check(self) -> None:
        """Make sure, before anything is prepared, that it can be had.

        Raises:
            StudyError: Ray was asked for and isn't installed.
        """
        if self.executor == "ray":
            import_ray()


class Executor(Protocol):
    """Runs lists of experiments."""

    def run(self, experiments: Sequence[Experiment], force: bool = False) -> Outcome:
        """Run what is missing or stale; with `force`, everything named."""


def make_executor(where: Where, plan: Plan, workspace: Workspace, device: str) -> Executor:
    """Return the executor for a list.

    Args:
        device: As the user named it; several processes share the devices that it leaves open.
    """
    n_threads, jobs = where.threads_each, where.jobs or 1
    if where.executor == "ray":
        return RayExecutor(
            plan, workspace, n_threads, where.jobs or 0, where.address, where.gpus_per_run
        )
    if jobs > 1:
        devices = [str(found) for found in all_devices(device)]
        return ProcessExecutor(plan, workspace, jobs, n_threads, devices)
    return LocalExecutor(plan, workspace)
