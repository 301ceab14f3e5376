"""Fetch Caltech-101 from its publisher, check it, unpack it."""

import errno
import gzip
import hashlib
import logging
import lzma
import os
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from training.data.cache import Stage
from training.data.index import CALTECH_FOLDER
from training.errors import DataError

URL = "https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip"
MD5 = "3138e1922a9193bfa496528edbbc45d0"
INNER = f"{CALTECH_FOLDER}.tar.gz"
"""What of the publisher's archive is used."""

MAXIMUM_FILES = 50_000
MAXIMUM_BYTES = 4 * 10**9
"""Limits on what is unpacked: an archive of a few kilobytes can hold terabytes."""

ATTEMPTS = 3
TIMEOUT_SECONDS = 30

BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,
    ValueError,
)
"""What the standard library raises for archives that are damaged, locked or of another kind."""

DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)

_log = logging.getLogger(__name__)


def fetch_caltech101(
    cache: Path, url: str | None = None, md5: str | None = None, progress: Stage | None = None
) -> Path:
    """Return the folder that holds `101_ObjectCategories`, downloading it unless it is there.

    Args:
        cache: Folder to download and unpack into.
        url: Another address of the zip or of the tar.gz inside it; or HOMEWORK_DATA_URL.
        md5: Its checksum; or HOMEWORK_DATA_MD5. Another address without one isn't checked.

    Raises:
        DataError: The download fails, or isn't what was expected.
    """
    target = cache / "caltech101"
    if (target / CALTECH_FOLDER).is_dir():
        return target
    url = url or os.environ.get("HOMEWORK_DATA_URL") or URL
    md5 = md5 or os.environ.get("HOMEWORK_DATA_MD5") or (MD5 if url == URL else None)
    if not url.lower().startswith(("https://", "http://")):
        raise DataError(f"{url} is not a web address.", "It must begin with https:// or http://.")
    if md5 is None:
        _log.warning("%s is not checked: no checksum was given (--md5, HOMEWORK_DATA_MD5).", url)
    archive = _download(url, md5, cache / "downloads", progress)
    _unpack_download(archive, target, url, progress)
    return target


def _unpack_download(archive: Path, target: Path, url: str, progress: Stage | None) -> None:
    """Unpack, then remove the archive; keep it where only the disk was at fault."""
    try:
        unpack(archive, target, progress)
    except (DataError, OSError) as error:
        if isinstance(error, OSError) and error.errno in DISK_FAULTS:
            raise DataError(
                f"Can't unpack {archive} into {target}: {error.strerror}.",
                "Free some space, or name another folder in the variable HOMEWORK_CACHE; "
                "the download is saved.",
            ) from error
        archive.unlink(missing_ok=True)
        reason = error.message if isinstance(error, DataError) else str(error)
        raise DataError(f"Can't unpack the file from {url}: {reason}", _by_hand(url)) from error
    archive.unlink(missing_ok=True)


class _Bytes:
    """What pooch tells of a download's progress, passed on."""

    def __init__(self, progress: Stage | None) -> None:
        self.progress = progress
        self.total = 0
        self.done = 0

    def update(self, n_bytes: int) -> None:
        self.done += n_bytes
        if self.progress is not None:
            self.progress(self.done, max(self.total, self.done), "bytes downloaded")

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        pass


def _download(url: str, md5: str | None, folder: Path, progress: Stage | None) -> Path:
    import pooch
    import requests

    pooch.get_logger().setLevel(logging.ERROR)
    name = hashlib.blake2b(url.encode(), digest_size=8).hexdigest()  # one file an address
    fetcher = pooch.create(
        path=folder,
        base_url="",
        registry={name: f"md5:{md5}" if md5 else None},
        urls={name: url},
        retry_if_failed=ATTEMPTS - 1,
    )
    downloader: Any = pooch.HTTPDownloader(progressbar=_Bytes(progress), timeout=TIMEOUT_SECONDS)
    try:
        return Path(fetcher.fetch(name, downloader=downloader))
    except requests.exceptions.HTTPError as error:
        raise DataError(f"The server refused {url}: {error}.", _by_hand(url)) from error
    except requests.exceptions.RequestException as error:
        raise DataError(f"Can't download {url}: {_short(error)}.", _by_hand(url)) from error
    except ValueError as error:
        raise DataError(
            f"The file from {url} is not the expected one: {error}", _by_hand(url)
        ) from error
    except OSError as error:
        raise DataError(
            f"Can't save the download in {folder}: {error.strerror or error}.",
            "Free some space, or name another folder in the variable HOMEWORK_CACHE.",
        ) from error


def _short(error: Exception) -> str:
    if "timed out" in str(error):
        return "the server didn't answer in time"
    if "IncompleteRead" in str(error):
        return "the connection was lost"
    return "can't connect to the server"


def _by_hand(url: str) -> str:
    return (
        f"Try again later with `homework data fetch`, or download {url} yourself, unpack it with "
        f"the {INNER} inside, and name the folder: --data DIR. "
        "Without images: `homework run-all --preset quick`."
    )


def unpack(archive: Path, target: Path, progress: Stage | None = None) -> None:
    """Unpack the image folder of the publisher's zip, or of its tar.gz, into `target`.

    Nothing is written outside; `target` appears when it is whole.

    Raises:
        DataError: The archive is damaged, holds no images, or members that have no business
            there.
        OSError: No space or no permission where `target` is to be.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        _unpack_into(place, archive, progress)
        place.chmod(0o755)
        _rename_unless_there(place, target)
    except (*BROKEN, gzip.BadGzipFile) as error:
        reason = next(iter(str(error).splitlines()), "") or "the file is truncated"
        raise DataError(f"{reason.rstrip(':')}.") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _unpack_into(place: Path, archive: Path, progress: Stage | None) -> None:
    if zipfile.is_zipfile(archive):
        archive = _inner(archive, place)
    with tarfile.open(archive) as tar:
        n_files = _unpack_tar(tar, place, progress)
        _read_to_the_end(tar)
    if not n_files:
        raise DataError(f"It doesn't contain {CALTECH_FOLDER}.")
    (place / INNER).unlink(missing_ok=True)


def _rename_unless_there(place: Path, target: Path) -> None:
    """Rename; where another process was quicker, keep what it unpacked."""
    try:
        place.rename(target)
    except OSError:
        if not (target / CALTECH_FOLDER).is_dir():
            raise


def _inner(archive: Path, place: Path) -> Path:
    with zipfile.ZipFile(archive) as outer:
        members = [m for m in outer.infolist() if PurePosixPath(m.filename).name == INNER]
        if not members:
            raise DataError(f"It doesn't contain {INNER}.")
        if members[0].file_size > MAXIMUM_BYTES:
            raise DataError(f"Its {INNER} is too large.")
        with outer.open(members[0]) as source, (place / INNER).open("wb") as file:
            shutil.copyfileobj(source, file)
    return place / INNER


def _unpack_tar(tar: tarfile.TarFile, place: Path, progress: Stage | None) -> int:
    n_files = 0
    for n_files, member in enumerate(_wanted(tar), start=1):
        source = tar.extractfile(member)
        assert source is not None
        _copy(source, place / member.name)
        if progress is not None:
            progress(n_files, max(n_files, 9146), "files unpacked")
    return n_files


def _wanted(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the files below the image folder; refuse everything that could lead outside."""
    n_bytes = 0
    for n_members, member in enumerate(tar, start=1):
        n_bytes += member.size
        if n_members > MAXIMUM_FILES or n_bytes > MAXIMUM_BYTES:
            raise DataError("It is too large for a set of images.")
        path = PurePosixPath(member.name.replace("\\", "/"))
        unsafe = path.is_absolute() or ".." in path.parts or ":" in member.name
        if unsafe or not (member.isfile() or member.isdir()):
            raise DataError(f"It holds an unsafe entry, {member.name}; nothing was unpacked.")
        if member.isfile() and path.parts[0] == CALTECH_FOLDER:
            yield member


def _read_to_the_end(tar: tarfile.TarFile) -> None:
    """Let the decompressor compare its checksum: to tarfile, a damaged header is just the end."""
    stream = tar.fileobj
    assert stream is not None
    n_bytes = 0
    try:
        while chunk := stream.read(2**20):
            n_bytes += len(chunk)
            if n_bytes > MAXIMUM_BYTES:
                raise DataError("It is too large for a set of images.")
    except gzip.BadGzipFile as error:
        if "Not a gzipped file" not in str(error):  # bytes behind the end: gzip ignores them too
            raise


def _copy(source: IO[bytes], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with source, file.open("wb") as stream:
        shutil.copyfileobj(source, stream)
