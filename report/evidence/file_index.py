"""What very many files hold, remembered between reports by their size and times.

The index is an SQLite file in the user's cache folder, never in the study's, and no more than a
shortcut: without it, or where it can't be read or written, every file is read. `homework verify`
doesn't use it.
"""

import contextlib
import hashlib
import os
import sqlite3
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from report.evidence.record_files import Read, read_file
from training.folders import cache_folder

FRESH_NS = 2 * 10**9
"""A file that changed so short a time before it was read isn't remembered: clocks of file systems
tick slowly, and it may have changed again within the same tick."""

State = tuple[int, int, int]
"""Size, and the times of the last change of content and of the entry, in nanoseconds."""


def read_with_index(study: Path, files: Mapping[str, os.stat_result]) -> dict[str, Read]:
    """Return what is known of files' content; read those that have changed since the last time."""
    states = {name: _state(found) for name, found in files.items()}
    place = index_of(study)
    known = _remembered(place, states)
    now = time.time_ns()
    new = {name: read_file(study / name) for name in files if name not in known}
    settled = {
        name: (states[name], read)
        for name, read in new.items()
        if read.digest and max(states[name][1:]) < now - FRESH_NS
    }
    _remember(place, settled)
    return {name: known.get(name) or new[name] for name in files}


def _state(found: os.stat_result) -> State:
    if not stat.S_ISREG(found.st_mode):
        return -1, 0, 0
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def index_of(study: Path) -> Path:
    """Return where the index of a study's files lies."""
    place = str(study.resolve()).encode("utf-8", "surrogateescape")
    return cache_folder() / "records" / f"{hashlib.sha256(place).hexdigest()[:32]}.sqlite"


COLUMNS = ("name", "size", "content", "entry", "digest", "ascii")
"""A path, the parts of its state, and what was read."""


def _remembered(place: Path, states: Mapping[str, State]) -> dict[str, Read]:
    """Return what an index says of files that are as they were; nothing if it can't be read."""
    known: dict[str, Read] = {}
    if not place.is_file():
        return known
    with contextlib.suppress(sqlite3.Error, OSError), opened(place) as index:
        for name, *was, digest, is_ascii in index.execute(
            f"SELECT {', '.join(COLUMNS)} FROM files"
        ):
            if isinstance(name, bytes) and isinstance(digest, bytes):
                path = os.fsdecode(name)
                if states.get(path) == tuple(was):
                    known[path] = Read(digest, bool(is_ascii))
    return known


def _remember(place: Path, settled: Mapping[str, tuple[State, Read]]) -> None:
    """Add to an index, in one transaction; one that is damaged or can't be written is left."""
    if not settled:
        return
    rows = (
        (os.fsencode(name), *state, read.digest, read.is_ascii)
        for name, (state, read) in settled.items()
    )
    with contextlib.suppress(sqlite3.Error, OSError):
        ready(place)
        with opened(place) as index, index:
            ready_table(index, "files", COLUMNS)
            index.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", rows)


def ready(place: Path) -> None:
    """Make the folder of an index, and remove one that can't be read."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if not _is_whole(place):
        place.unlink(missing_ok=True)


def ready_table(index: sqlite3.Connection, table: str, columns: Sequence[str]) -> None:
    """Make a table of an index, also in the place of one with other columns."""
    there = tuple(name for _, name, *_ in index.execute(f"PRAGMA table_info({table})"))
    if there != tuple(columns):  # none, or one of another version
        index.execute(f"DROP TABLE IF EXISTS {table}")
        key, *others = columns
        index.execute(f"CREATE TABLE {table} ({key} PRIMARY KEY, {', '.join(others)})")


def _is_whole(place: Path) -> bool:
    """Tell whether an index can be read, or isn't there yet."""
    try:
        with opened(place) as index:
            index.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except (sqlite3.DatabaseError, OSError) as error:
        return isinstance(error, sqlite3.OperationalError)
    return True


@contextlib.contextmanager
def opened(place: Path) -> Iterator[sqlite3.Connection]:
    """Connect to an index."""
    index = sqlite3.connect(place, timeout=1)
    try:
        yield index
    finally:
        index.close()
