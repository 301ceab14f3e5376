"""A worker process: runs what its parent hands out, and says what happens."""

import contextlib
import os
import signal
from multiprocessing.connection import Connection

from training.executors.forwarding import ForwardedProgress, portable
from training.executors.outcome import Result
from training.executors.schedule import Task
from training.executors.setup import Setup
from training.stopping import SIGNALS, StoppedError, StopSignal

STOP = signal.SIGUSR1
"""What the parent asks a worker to stop with. A terminal sends SIGINT to both: that is ignored."""

Job = tuple[Task, bool]
"""What the parent hands out: a run, and whether to run it even if it is done."""


def work(connection: Connection, setup: Setup) -> None:
    """Run jobs from the connection until there is None; nothing of it outlives the parent."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    stop = StopSignal((STOP,), "")
    with contextlib.suppress(StoppedError, EOFError, OSError), stop.listening():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {*SIGNALS, STOP})
        progress = PipeProgress(connection)
        runs = None
        while (job := connection.recv()) is not None:
            task, force = job
            try:
                runs = runs or setup.open(progress, stop)
                answer: Result | BaseException = runs.run(task.experiment, task.seed, force)
            except StoppedError:
                connection.send(("stopped", ()))
                return
            except Exception as error:  # whatever it is, the parent has to know
                answer = portable(error)
            connection.send(("ended", (answer,)))


class PipeProgress(ForwardedProgress):
    """Sends events to the parent; without a parent, asks this process to stop."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def _send(self, what: str, *arguments: object) -> None:
        try:
            self._connection.send((what, arguments))
        except OSError:
            os.kill(os.getpid(), STOP)
