"""Fetch Caltech-101 from its publisher, check it, unpack it."""

import logging
import os
import shutil
import tarfile
import tempfile
import zipfile
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


def fetch_caltech101(
    cache: Path, url: str | None = None, md5: str | None = None, progress: Stage | None = None
) -> Path:
    """Return the folder that holds `101_ObjectCategories`, downloading it unless it is there.

    Args:
        cache: Folder to download and unpack into.
        url: Another address of the zip or of the tar.gz inside it; or HOMEWORK_DATA_URL.
        md5: Its checksum; or HOMEWORK_DATA_MD5. Another address without one isn't checked.

    Raises:
        DataError: It can't be had, or isn't what was expected.
    """
    target = cache / "caltech101"
    if (target / CALTECH_FOLDER).is_dir():
        return target
    url = url or os.environ.get("HOMEWORK_DATA_URL") or URL
    md5 = md5 or os.environ.get("HOMEWORK_DATA_MD5") or (MD5 if url == URL else None)
    archive = _download(url, md5, cache / "downloads", progress)
    try:
        unpack(archive, target, progress)
    except (DataError, OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        reason = error.message if isinstance(error, DataError) else str(error)
        raise DataError(
            f"What came from {url} can't be unpacked: {reason}", _by_hand(url)
        ) from error
    finally:
        archive.unlink(missing_ok=True)
    return target


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
    name = "archive"
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
        raise DataError(f"{url} is not what was expected: {error}", _by_hand(url)) from error
    except OSError as error:
        raise DataError(
            f"Can't keep the download in {folder}: {error.strerror or error}.",
            "Free some space, or name another folder in the variable HOMEWORK_CACHE.",
        ) from error


def _short(error: Exception) -> str:
    if "timed out" in str(error):
        return "the server didn't answer in time"
    if "IncompleteRead" in str(error):
        return "the connection broke off"
    return "no connection to the server"


def _by_hand(url: str) -> str:
    return (
        f"Try again later with `homework data fetch`, or download {url} yourself, unpack it with "
        f"the {INNER} inside, and name the folder: --data DIR. "
        "Without pictures: `homework run-all --preset quick`."
    )


def unpack(archive: Path, target: Path, progress: Stage | None = None) -> None:
    """Unpack the picture folder of the publisher's zip, or of its tar.gz, into `target`.

    Nothing is written outside; `target` appears when it is whole.

    Raises:
        DataError: The archive holds no pictures, or members that have no business there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        if zipfile.is_zipfile(archive):
            archive = _inner(archive, place)
        with tarfile.open(archive) as tar:
            n_files = _unpack_tar(tar, place, progress)
        if not n_files:
            raise DataError(f"It holds no {CALTECH_FOLDER}.")
        (place / INNER).unlink(missing_ok=True)
        place.chmod(0o755)
        place.replace(target)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _inner(archive: Path, place: Path) -> Path:
    with zipfile.ZipFile(archive) as outer:
        members = [m for m in outer.infolist() if PurePosixPath(m.filename).name == INNER]
        if not members:
            raise DataError(f"It holds no {INNER}.")
        if members[0].file_size > MAXIMUM_BYTES:
            raise DataError(f"Its {INNER} is too large.")
        with outer.open(members[0]) as source, (place / INNER).open("wb") as file:
            shutil.copyfileobj(source, file)
    return place / INNER


def _unpack_tar(tar: tarfile.TarFile, place: Path, progress: Stage | None) -> int:
    n_files, n_bytes = 0, 0
    for member in _wanted(tar):
        n_files += 1
        n_bytes += member.size
        if n_files > MAXIMUM_FILES or n_bytes > MAXIMUM_BYTES:
            raise DataError("It holds more than a picture collection would.")
        source = tar.extractfile(member)
        assert source is not None
        _copy(source, place / member.name)
        if progress is not None:
            progress(n_files, max(n_files, 9146), "files unpacked")
    return n_files


def _wanted(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the files below the picture folder; refuse everything that could lead outside."""
    for member in tar:
        path = PurePosixPath(member.name.replace("\\", "/"))
        unsafe = path.is_absolute() or ".." in path.parts or ":" in member.name
        if unsafe or not (member.isfile() or member.isdir()):
            raise DataError(f"It holds an unsafe entry, {member.name}; nothing was unpacked.")
        if member.isfile() and path.parts[0] == CALTECH_FOLDER:
            yield member


def _copy(source: IO[bytes], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with source, file.open("wb") as stream:
        shutil.copyfileobj(source, stream)
