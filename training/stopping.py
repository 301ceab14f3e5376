"""SIGINT and SIGTERM: finish the batch, keep a checkpoint, leave; the second time leave at once."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
MESSAGE = "\n{name}: stopping after this batch. A second signal stops at once.\n"


def ignore_signals() -> None:
    """Let no further signal disturb the way out."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def signals_blocked() -> Iterator[None]:
    """Keep signals waiting until the block ends; a process that it starts begins so."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*SIGNALS, signal.SIGUSR1})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class StoppedError(BaseException):
    """The user or the system asked the process to end.

    No `Exception`, as `KeyboardInterrupt` is none: what handles failures must not handle this.

    Attributes:
        at_once: It interrupted the work anywhere, not only at a place meant for it.
        exit_code: What a shell expects: 128 and the signal's number.
    """

    def __init__(self, number: int, at_once: bool = False) -> None:
        super().__init__(number)
        self.name = signal.Signals(number).name
        self.at_once = at_once
        self.exit_code = 128 + number


class StopSignal:
    """Remembers that the process was asked to end, until the work can be left.

    Args:
        signals: Those that ask for it.
        message: Written to the standard error stream when the first one has to wait.
    """

    def __init__(self, signals: Sequence[signal.Signals] = SIGNALS, message: str = MESSAGE) -> None:
        self._signals = signals
        self._message = message
        self._received: int | None = None
        self._held = 0

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Receive the signals; only the main thread can, in others this does nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in self._signals}
        chosen = [number for number in self._signals if before[number] is not signal.SIG_IGN]
        try:
            for number in chosen:
                signal.signal(number, self._receive)
            yield
        finally:
            for number in chosen:
                signal.signal(number, before[number])

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._received is not None or not self._held:
            self._received = number
            raise StoppedError(number, at_once=True)
        self._received = number
        # printing could meet the console in the middle of a line; writing to it can't
        with contextlib.suppress(OSError):
            os.write(2, self._message.format(name=signal.Signals(number).name).encode())

    def ask(self, number: int) -> None:
        """Ask to leave at the next `check`, as a signal would."""
        self._received = number

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let the first signal wait for a `check`, or for the end of this block."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        if not self._held:
            self.check()

    @property
    def received(self) -> bool:
        return self._received is not None

    def check(self) -> None:
        """Leave if asked to.

        Raises:
            StoppedError: A signal came.
        """
        if self._received is not None:
            raise StoppedError(self._received)
