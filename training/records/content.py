"""Read files that somebody else may have made: regular ones of a size that a record can have."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from training.byte_sizes import human_size

LARGEST_BYTES = 2**29
"""Of a record, a file beside one, or a report."""

AT_ONCE = 2**22
"""Bytes that are held in memory where a file isn't read whole."""


def content_of(path: Path) -> bytes:
    """Return the content of a file that somebody else may have made.

    A named pipe, on which reading would wait for ever, a device without an end, and a file that no
    study could fill are refused unread.

    Raises:
        OSError: That, or the file can't be read.
    """
    return b"".join(_parts_of(path, LARGEST_BYTES))


def chunks_of(path: Path) -> Iterator[bytes]:
    """Return the same content piece by piece.

    Raises:
        OSError: As `content_of`.
    """
    return _parts_of(path, AT_ONCE)


def _parts_of(path: Path, at_once: int) -> Iterator[bytes]:
    handle, size = _opened(path)
    try:
        while part := os.read(handle, min(size + 1, at_once)):
            yield part
    finally:
        os.close(handle)


FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def _opened(path: Path) -> tuple[int, int]:
    """Return a handle and the file's size."""
    handle = os.open(path, FLAGS)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it isn't a regular file", str(path))
        if found.st_size > LARGEST_BYTES:
            raise OSError(errno.EFBIG, f"it has {human_size(found.st_size)}", str(path))
    except BaseException:
        os.close(handle)
        raise
    return handle, found.st_size


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of such a file in hexadecimal digits.

    Raises:
        OSError: As `content_of`.
    """
    digest = hashlib.sha256()
    for chunk in chunks_of(path):
        digest.update(chunk)
    return digest.hexdigest()
