"""Replace the records of one run together: no mixture of old and new is ever taken for whole."""

import contextlib
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from training.records.files import (
    BESIDE,
    encode,
    host_mark,
    make_durable,
    temporary_beside,
    write_bytes,
    writing,
)
from training.records.picture_files import is_long, set_aside

LEFT = re.compile(r"\.(?P<host>[0-9a-f]{6})-(?P<pid>\d+)-[^.]+$")
"""The end of a temporary file's name; see `temporary_beside`."""


def write(path: Path, record: msgspec.Struct) -> None:
    """Write a record atomically, and the file beside it that very many pictures need.

    Raises:
        RecordError: It can't be written; the old one is there.
    """
    beside = BESIDE.get(path.name)
    old = beside is not None and path.with_name(beside).exists()
    if old or is_long(record):
        write_together({path: record})
    else:
        write_bytes(path, encode(record))


def write_together(
    records: Mapping[Path, msgspec.Struct | bytes], remove: Collection[Path] = ()
) -> None:
    """Write several records, of which the last vouches for the others.

    All are written and flushed under temporary names first, so that a full disk leaves the old
    ones as they are. Then the old voucher goes first and the new one comes last: a process
    killed in between leaves no voucher, and the run counts as not done. A rename that fails is
    undone.

    Args:
        records: Path to record, or to a file's content; all in one folder, `metrics.json` last.
        remove: Files of an earlier run that have no successor.

    Raises:
        RecordError: One can't be written; the old ones are there.
    """
    with contextlib.ExitStack() as stack:
        staged = []
        files = _files_of(records)
        for path, record in files.items():
            stack.enter_context(writing(path))
            temporary = stack.enter_context(temporary_beside(path))
            temporary.write_bytes(record if isinstance(record, bytes) else encode(record))
            make_durable(temporary)
            staged.append((temporary, path))
        gone = [*remove, *_successorless(files, remove)]
        _exchange(staged, list(dict.fromkeys(gone)))


def _files_of(
    records: Mapping[Path, msgspec.Struct | bytes],
) -> dict[Path, msgspec.Struct | bytes]:
    """Return what is written of records: files that lie beside them come first."""
    files: dict[Path, msgspec.Struct | bytes] = {}
    for path, record in records.items():
        if isinstance(record, bytes):
            files[path] = record
            continue
        kept, name, content = set_aside(record)
        if name:
            files[path.with_name(name)] = content
        files[path] = kept
    return files


def _successorless(files: Iterable[Path], removed: Iterable[Path]) -> list[Path]:
    """Return the files beside records whose new records have none."""
    beside = {
        path.with_name(BESIDE[path.name]) for path in (*files, *removed) if path.name in BESIDE
    }
    return sorted(path for path in beside - set(files) if path.exists())


def _exchange(staged: Sequence[tuple[Path, Path]], remove: Sequence[Path]) -> None:
    kept: list[tuple[Path, Path]] = []
    placed: list[Path] = []
    try:
        for path in reversed([*remove, *(path for _, path in staged)]):
            before = path.with_name(f".{path.name}.before")
            with contextlib.suppress(FileNotFoundError):
                os.replace(path, before)  # noqa: PTH105
                kept.append((before, path))
        for temporary, path in staged:
            os.replace(temporary, path)  # noqa: PTH105
            placed.append(path)
    except BaseException:
        _put_back(placed, kept)
        raise
    for before, _ in kept:
        before.unlink(missing_ok=True)


def _put_back(placed: Sequence[Path], kept: Sequence[tuple[Path, Path]]) -> None:
    """Take away what is new, the voucher first, and put back what was there, the voucher last."""
    with contextlib.suppress(OSError):
        for path in reversed(placed):
            path.unlink(missing_ok=True)
        for before, path in reversed(kept):
            os.replace(before, path)  # noqa: PTH105


def remove_leftovers(folder: Path, names: Iterable[str]) -> None:
    """Remove temporary files of a process that was killed; the caller holds the folder's lock."""
    for name in names:
        for left in folder.glob(f".{name}.*"):
            with contextlib.suppress(OSError):
                left.unlink()


def remove_leftovers_of_the_dead(folder: Path) -> None:
    """Remove temporary files below `folder` whose process, on this machine, is no more."""
    for left in folder.rglob(".*"):
        owner = LEFT.search(left.name)
        if owner and owner["host"] == host_mark() and not is_alive(int(owner["pid"])):
            with contextlib.suppress(OSError):
                left.unlink()


def is_alive(pid: int) -> bool:
    """Tell whether a process of this machine still runs; true where that can't be known."""
    if os.name != "posix":  # elsewhere signal 0 would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
