"""What lies in the cache folder that can be made again, and its removal."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.folders import cache_folder

KINDS = {
    "pixels": "decoded images",
    "features": "features of frozen parts",
    "figures": "drawn figures",
    "reports": "rendered sections",
    "unpacked": "unpacked archives",
    "reproduced": "runs made again",
}
"""Folders of the cache whose files are made again when needed; nothing else is touched."""

SECONDS_OF_A_DAY = 86_400


@dataclass(frozen=True)
class Kept:
    """A file that can be made again.

    Attributes:
        kind: Its folder, one of `KINDS`.
        idle_days: Time since it was written or last used.
    """

    kind: str
    file: Path
    n_bytes: int
    idle_days: float


def kept_files(idle_days: float = 0.0) -> Iterator[Kept]:
    """Yield the files that nothing used for so many days, by kind and name."""
    now = time.time()
    for kind in KINDS:
        for file in sorted((cache_folder() / kind).rglob("*")):
            with contextlib.suppress(OSError):
                state = file.lstat()
                idle = max(0.0, now - state.st_mtime) / SECONDS_OF_A_DAY
                if not file.is_dir() and not file.name.startswith(".") and idle >= idle_days:
                    yield Kept(kind, file, state.st_size, idle)


def remove(files: Sequence[Kept]) -> list[Kept]:
    """Remove files; return those that could not be, in use or not ours to remove."""
    left = []
    for item in files:
        try:
            item.file.unlink(missing_ok=True)
        except OSError:
            left.append(item)
    return left
