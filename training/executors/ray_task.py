"""What happens on a machine of a Ray cluster: one experiment, and what it says meanwhile."""

import contextlib
import os
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import torch

from training import __version__
from training.executors.data_parallel import devices_together, training_together
from training.executors.forwarding import ForwardedProgress, portable
from training.executors.outcome import Result
from training.executors.ray_together import SeveralMachines
from training.executors.schedule import Task
from training.executors.setup import Setup
from training.stopping import StoppedError, StopSignal

Post = tuple[int, str, tuple[object, ...]]
"""Number of the task, method of `Progress`, its arguments."""

SECONDS_TO_SAY_WHY = 5.0
"""What a task has before it ends its process, for its last words."""


class Board:
    """An actor: tasks post their progress, the one who started them takes it."""

    def __init__(self) -> None:
        self._posts: list[Post] = []
        self._stopping = False

    def post(self, post: Post) -> bool:
        """Add a line; say whether the task is asked to stop."""
        self._posts.append(post)
        return self._stopping

    def take(self) -> list[Post]:
        taken, self._posts = self._posts, []
        return taken

    def stop(self) -> None:
        self._stopping = True


class BoardProgress(ForwardedProgress):
    """Posts events; what the board answers decides whether to stop, as does its silence."""

    def __init__(self, board: Any, number: int, stop: StopSignal) -> None:
        super().__init__()
        self._board = board
        self._number = number
        self._stop = stop
        self._leaving = threading.Lock()

    def _send(self, what: str, *arguments: object) -> None:
        import ray

        post: Post = (self._number, what, arguments)
        try:
            stopping = ray.get(self._board.post.remote(post))
        except ray.exceptions.RayError:  # the one who started the list is gone
            stopping = True
        if stopping:
            self._stop.ask(signal.SIGTERM)

    def begin(self) -> None:
        """Ask whether to begin at all."""
        self._send("batch", 0)
        self._stop.check()

    def leave(self, why: str) -> NoReturn:
        """End this process, whatever its threads wait for, so that the run is begun again."""
        import ray

        self._leaving.acquire()  # and never let go: one of the threads leaves
        with contextlib.suppress(Exception):
            post: Post = (self._number, "note", (why,))
            ray.get(self._board.post.remote(post), timeout=SECONDS_TO_SAY_WHY)
        os._exit(1)


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
            runs.workspace.devices = SeveralMachines(setup, place, runs.workspace, progress.leave)
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
