"""What crosses from a worker to the process that started it."""

import pickle
import time
import traceback
from abc import ABC, abstractmethod

from training.progress import EpochEnd, Progress

SECONDS_BETWEEN_BATCHES = 0.2
"""Between two reports of batches."""


class ForwardedProgress(Progress, ABC):
    """Sends events on, those of batches now and then. What the other side knows isn't sent."""

    def __init__(self) -> None:
        self._images = 0
        self._sent = 0.0

    @abstractmethod
    def _send(self, what: str, *arguments: object) -> None:
        """Send a method of `Progress` and its arguments."""

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


def portable(error: Exception) -> Exception:
    """Return an error that can be pickled, with its traceback as a note."""
    text = "".join(traceback.format_exception(error))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # an error of a library may refuse in any way
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(text)
    return error
