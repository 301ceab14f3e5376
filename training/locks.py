"""One process at a time: a lock that the operating system frees when its holder dies."""

import contextlib
import datetime
import errno
import os
import socket
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import msgspec

from training.records import writing
from training.records.together import is_alive

SECONDS_BETWEEN_TRIES = 0.2

NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What file systems without locks answer; there, a file that exists stands for the lock."""


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock, for the one who waits."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} (since {self.since})"


@contextlib.contextmanager
def locked(path: Path, waiting: Callable[[str], object]) -> Iterator[None]:
    """Hold the lock `path`; wait while another process has it.

    The lock file stays, empty; its neighbour `*.holder` names the holder. A lock whose holder died
    is free, whatever that file says.

    Args:
        waiting: Called once with the holder's name if there is one to wait for.

    Raises:
        RecordError: The lock's folder can't be written.
    """
    named = path.with_suffix(".holder")
    lock: filelock.BaseFileLock = filelock.FileLock(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _acquire(lock, named, waiting)
        except (OSError, NotImplementedError) as error:
            if isinstance(error, OSError) and error.errno not in NO_LOCKS:
                raise
            lock = filelock.SoftFileLock(path.with_suffix(".soft"))
            _acquire(lock, named, waiting)
    try:
        with contextlib.suppress(OSError):
            named.write_bytes(msgspec.json.encode(_this_process()))
        yield
    finally:
        with contextlib.suppress(OSError):
            named.unlink(missing_ok=True)
        lock.release()


def holder(path: Path) -> Holder | None:
    """Return who holds the lock `path`; None if nobody does, or if the holder died."""
    found = _read_holder(path.with_suffix(".holder"))
    if found is None or (found.host == socket.gethostname() and not is_alive(found.pid)):
        return None
    return found


def _acquire(lock: filelock.BaseFileLock, named: Path, waiting: Callable[[str], object]) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "flock not supported", UserWarning)
        for _ in range(2):  # some versions take a dead holder's lock away at the first try
            with contextlib.suppress(filelock.Timeout):
                lock.acquire(timeout=0)
                return
        waiting(_holder(named))
        lock.acquire(poll_interval=SECONDS_BETWEEN_TRIES)


def _this_process() -> Holder:
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Holder(os.getpid(), socket.gethostname(), now)


def _holder(named: Path) -> str:
    return str(_read_holder(named) or "another process")


def _read_holder(named: Path) -> Holder | None:
    try:
        return msgspec.json.decode(named.read_bytes(), type=Holder)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
