"""What happens on a machine of a Ray cluster: one experiment, and what it says meanwhile."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from training import __version__
from training.executors.data_parallel import devices_together, training_together
from training.executors.forwarding import portable
from training.executors.outcome import Result
from training.executors.ray_board import BoardProgress
from training.executors.ray_together import SeveralMachines
from training.executors.schedule import Task
from training.executors.setup import Setup
from training.stopping import StoppedError, StopSignal


def run_task(
    setup: Setup, board: Any, number: int, devices: int, place: Any, task: Task, force: bool
) -> Result | Exception | None:
    """Run one experiment; return None if it was asked to stop.

    Args:
        number: Of this task, among all that were started.
        devices: Of this machine, that train it together.
        place: In the place of these, a placement group with a part for each device.
    """
    stop = StopSignal()
    try:
        with contextlib.suppress(OSError):
            os.chdir(setup.working_folder)
        progress = BoardProgress(board, number, stop)
        progress.begin()
        runs = setup.open(progress, stop)
        if place is not None:
            runs.workspace.devices = SeveralMachines(setup, place, runs.workspace, progress)
            return runs.run(task.experiment, task.seed, force)
        together = devices_together(setup.device, devices) if devices > 1 else [setup.device]
        with training_together(setup, together, runs.workspace):
            return runs.run(task.experiment, task.seed, force)
    except StoppedError:
        return None
    except Exception as error:  # whatever it is, the one who started the list has to know
        return portable(error)


@dataclass(frozen=True)
class Seen:
    """What a machine has of that which runs need.

    Attributes:
        missing: Paths that it doesn't see.
        homework: Its version of this package.
    """

    missing: tuple[str, ...]
    homework: str
    torch: str


def what_is_seen(paths: list[str]) -> Seen:
    """Say what this machine has of that which runs need."""
    missing = tuple(path for path in paths if not Path(path).exists())
    return Seen(missing, __version__, str(torch.__version__))
