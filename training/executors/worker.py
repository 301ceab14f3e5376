"""A worker process: runs what its parent hands out, and says what happens."""

import contextlib
import os
import pickle
import signal
import time
import traceback
from multiprocessing.connection import Connection

from training.executors.outcome import Result
from training.executors.schedule import Task
from training.executors.setup import Setup
from training.progress import EpochEnd, Progress
from training.stopping import SIGNALS, StoppedError, StopSignal

STOP = signal.SIGUSR1
"""What the parent asks a worker to stop with. A terminal sends SIGINT to both: that is ignored."""

SECONDS_BETWEEN_BATCHES = 0.2
"""Between two reports of batches."""

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


def portable(error: Exception) -> Exception:
    """Return an error that can be pickled, with its traceback as a note."""
    text = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # an error of a library may refuse in any way
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(text)
    return error


class PipeProgress(Progress):
    """Sends events to the parent; without a parent, asks this process to stop."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._images = 0
        self._sent = 0.0

    def _send(self, what: str, *arguments: object) -> None:
        try:
            self._connection.send((what, arguments))
        except OSError:
            os.kill(os.getpid(), STOP)

    def stage(self, done: int, total: int, what: str) -> None:
        if done >= total or self._due():
            self._send("stage", done, total, what)

    def epochs(self, n_epochs: int, n_images: int) -> None:
        self._images = 0
        self._send("epochs", n_epochs, n_images)

    def batch(self, n_images: int) -> None:
        self._images += n_images
        if self._due():
            self._send("batch", self._images)
            self._images = 0

    def _due(self) -> bool:
        if time.monotonic() - self._sent < SECONDS_BETWEEN_BATCHES:
            return False
        self._sent = time.monotonic()
        return True

    def epoch(self, end: EpochEnd) -> None:
        self._send("epoch", end)

    def note(self, text: str) -> None:
        self._send("note", text)
