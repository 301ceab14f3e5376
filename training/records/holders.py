"""Who works on what at this moment: the names that processes leave beside their locks."""

import socket
from pathlib import Path

import msgspec

from training.records.files import StudyFolder
from training.records.together import is_alive


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock, for the one who waits."""

    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} (since {self.since})"


def holder_file(lock: Path) -> Path:
    """Return the file that names the holder of a lock."""
    return lock.parent / f"{lock.stem}.holder"


def holder_of(lock: Path) -> Holder | None:
    """Return who holds the lock `lock`; None if nobody does, or if the holder died."""
    found = read_holder(lock)
    if found is None or (found.host == socket.gethostname() and not is_alive(found.pid)):
        return None
    return found


def trains_stand_ins(folder: StudyFolder) -> bool:
    """Tell whether a process trains stand-in weights for a study's runs at this moment."""
    pattern = folder.stand_in_lock("*").with_suffix(".holder")
    found = pattern.parent.glob(pattern.name)
    return any(holder_of(file.with_suffix(".lock")) is not None for file in found)


def read_holder(lock: Path) -> Holder | None:
    """Return who took the lock `lock` last and hasn't given it back, alive or not."""
    try:
        return msgspec.json.decode(holder_file(lock).read_bytes(), type=Holder)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
