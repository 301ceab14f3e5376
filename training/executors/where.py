"""Where experiments run: chosen on the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import torch

from training.environment import all_devices
from training.executors.local import LocalExecutor
from training.executors.outcome import Outcome
from training.executors.processes import ProcessExecutor
from training.plan import Plan
from training.records import Experiment
from training.workspace import Workspace


@dataclass(frozen=True)
class Where:
    """Where experiments run.

    Attributes:
        executor: `local`: on this machine.
        jobs: How many experiments at a time.
        threads: CPU threads of each; None divides this process's among them.
    """

    executor: Literal["local"] = "local"
    jobs: int = 1
    threads: int | None = None

    @property
    def threads_each(self) -> int:
        return self.threads or max(1, torch.get_num_threads() // self.jobs)


class Executor(Protocol):
    """Runs lists of experiments."""

    def run(self, experiments: Sequence[Experiment], force: bool = False) -> Outcome:
        """Run what is missing or stale; with `force`, everything named."""


def make_executor(where: Where, plan: Plan, workspace: Workspace, device: str) -> Executor:
    """Return the executor for a list.

    Args:
        device: As the user named it; several processes share the devices that it leaves open.
    """
    n_threads = where.threads_each
    if where.jobs > 1:
        devices = [str(found) for found in all_devices(device)]
        return ProcessExecutor(plan, workspace, where.jobs, n_threads, devices)
    return LocalExecutor(plan, workspace)
