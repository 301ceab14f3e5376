"""What tasks on a Ray cluster say to the one who started them, and what they are told."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterable
from typing import Any, NoReturn

from training.executors.forwarding import ForwardedProgress
from training.stopping import StopSignal

Post = tuple[int, str, tuple[object, ...]]
"""Number of the task, method of `Progress`, its arguments."""

MACHINES = "machines"
"""In the place of a method: a task says what Ray calls the machines that it is on."""

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
        self.on_machines([machine_id()])
        self._stop.check()

    def on_machines(self, ids: Iterable[str]) -> None:
        """Say which machines the run is on: the one who started it begins it again without one."""
        self._send(MACHINES, *ids)

    def leave(self, why: str) -> NoReturn:
        """End this process, whatever its threads wait for, so that the run is begun again."""
        import ray

        self._leaving.acquire()  # and never let go: one of the threads leaves
        with contextlib.suppress(Exception):
            post: Post = (self._number, "note", (why,))
            ray.get(self._board.post.remote(post), timeout=SECONDS_TO_SAY_WHY)
        os._exit(1)


def machine_id() -> str:
    """Return what Ray calls this machine."""
    import ray

    return str(ray.get_runtime_context().get_node_id())
