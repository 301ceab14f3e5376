"""Unpack archives that somebody else packed: nothing outside the folder, nothing but files.

Names keep their bytes: a zip from another system whose names aren't UTF-8 is unpacked under the
names that it has.
"""

import errno
import gzip
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from training.byte_sizes import human_size

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")

MAXIMUM_FILES = 20_000_000
MAXIMUM_RATIO = 200
"""Bytes unpacked for each byte packed, from `FREE_BYTES` on: images and records stay below."""

FREE_BYTES = 10**8

DISK_FAULTS = (
    errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENOENT,
)  # fmt: skip

BROKEN = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, gzip.BadGzipFile, EOFError,
    NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip
"""What the standard library raises for archives that are damaged, locked or of another kind."""


class ArchiveError(Exception):
    """An archive can't be unpacked; the message says why in a few words."""


@dataclass(frozen=True)
class Limits:
    """How much an archive may hold."""

    n_files: int = MAXIMUM_FILES
    n_bytes: int | None = None


def is_archive(place: Path) -> bool:
    """Tell whether a path names an archive."""
    return place.name.lower().endswith(SUFFIXES)


def stem(place: Path) -> str:
    """Return an archive's name without its suffixes."""
    suffix = next(s for s in sorted(SUFFIXES, key=len, reverse=True)
                  if place.name.lower().endswith(s))  # fmt: skip
    return place.name[: -len(suffix)] or "archive"


def unpack(
    archive: Path,
    target: Path,
    limits: Limits = Limits(),
    progress: Callable[[int, int, str], None] | None = None,
) -> None:
    """Unpack an archive into an empty folder.

    Raises:
        ArchiveError: It is damaged, locked, too large, or holds links, devices or paths that lead
            outside; what was unpacked until then is for the caller to remove.
        OSError: No space or no permission.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as source:
                _unpack(_zip_members(source), archive, target, limits, progress)
        else:
            with tarfile.open(archive) as source_tar:
                _unpack(_tar_members(source_tar), archive, target, limits, progress)
    except BROKEN as error:
        reason = next(iter(str(error).splitlines()), "") or "the file is truncated"
        raise ArchiveError(reason.rstrip(":.")) from error
    except OSError as error:  # a place that isn't in the file, a name that can't be or is twice
        if error.errno in DISK_FAULTS:
            raise
        raise ArchiveError(f"it is damaged or names files twice ({error.strerror})") from error


@dataclass(frozen=True)
class _Member:
    """A file in an archive.

    Attributes:
        n_bytes: What the archive says that it has unpacked.
    """

    name: str
    n_bytes: int
    open: Callable[[], IO[bytes]]


def _zip_members(source: zipfile.ZipFile) -> Iterator[_Member]:
    for info in source.infolist():
        kind = info.external_attr >> 16 & 0o170000
        if info.filename.endswith("/"):
            continue
        name = _zip_name(info)
        if kind not in (0, 0o100000):
            raise ArchiveError(f"it holds {name}, which is a link or no file")
        yield _Member(name, info.file_size, lambda info=info: source.open(info))  # type: ignore[misc]


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; its bytes as they are where they aren't marked as UTF-8."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return os.fsdecode(info.filename.encode("cp437"))
    except UnicodeEncodeError:
        return info.filename


def _tar_members(source: tarfile.TarFile) -> Iterator[_Member]:
    for member in source:
        if member.isdir():
            continue
        if not member.isfile():
            raise ArchiveError(f"it holds {member.name}, which is a link or no file")

        def content(member: tarfile.TarInfo = member) -> IO[bytes]:
            found = source.extractfile(member)
            assert found is not None
            return found

        yield _Member(member.name, member.size, content)


def _unpack(
    members: Iterator[_Member],
    archive: Path,
    target: Path,
    limits: Limits,
    progress: Callable[[int, int, str], None] | None,
) -> None:
    packed = archive.stat().st_size
    most = limits.n_bytes or max(FREE_BYTES, packed * MAXIMUM_RATIO)
    n_bytes = 0
    for n_files, member in enumerate(members, start=1):
        n_bytes += member.n_bytes
        if n_files > limits.n_files or n_bytes > most:
            raise ArchiveError(f"it holds more than {human_size(most)} or {limits.n_files:,} files")
        file = target / _safe(member.name)
        file.parent.mkdir(parents=True, exist_ok=True)
        with member.open() as source, file.open("xb") as stream:
            _copy(source, stream, member)
        if progress is not None:
            progress(n_files, n_files, "files unpacked")


def _copy(source: IO[bytes], stream: IO[bytes], member: _Member) -> None:
    """Copy a file's bytes; refuse one that is larger than it claims."""
    left = member.n_bytes
    while chunk := source.read(2**20):
        left -= len(chunk)
        if left < 0:
            raise ArchiveError(f"{member.name} is larger than it claims")
        stream.write(chunk)


def _safe(name: str) -> PurePosixPath:
    """Return a member's path; it may not lead outside."""
    path = PurePosixPath(name.replace("\\", "/"))
    unsafe = path.is_absolute() or ".." in path.parts or "\0" in name or not path.parts
    if unsafe or ":" in path.parts[0]:
        raise ArchiveError(f"it holds the unsafe entry {name}")
    return path
