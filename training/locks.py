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
from training.records.holders import Holder, holder_file, read_holder

SECONDS_BETWEEN_TRIES = 0.2

NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What file systems without locks answer; there, a file that exists stands for the lock."""


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
    named = holder_file(path)
    lock: filelock.BaseFileLock = filelock.FileLock(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _acquire(lock, path, waiting)
        except (OSError, NotImplementedError) as error:
            if isinstance(error, OSError) and error.errno not in NO_LOCKS:
                raise
            lock = filelock.SoftFileLock(path.with_suffix(".soft"))
            _acquire(lock, path, waiting)
    try:
        with contextlib.suppress(OSError):
            named.write_bytes(msgspec.json.encode(_this_process()))
        yield
    finally:
        with contextlib.suppress(OSError):
            named.unlink(missing_ok=True)
        lock.release()


def _acquire(lock: filelock.BaseFileLock, path: Path, waiting: Callable[[str], object]) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "flock not supported", UserWarning)
        for _ in range(2):  # some versions take a dead holder's lock away at the first try
            with contextlib.suppress(filelock.Timeout):
                lock.acquire(timeout=0)
                return
        waiting(str(read_holder(path) or "another process"))
        lock.acquire(poll_interval=SECONDS_BETWEEN_TRIES)


def _this_process() -> Holder:
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Holder(os.getpid(), socket.gethostname(), now)
