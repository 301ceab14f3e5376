"""Data sets in an archive: unpacked once, into the cache."""

import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from training.data.cache import Stage
from training.data.download import INNER, unpack
from training.errors import DataError
from training.folders import cache_folder
from training.locks import locked
from training.records import archives


def unpacked(archive: Path, progress: Stage | None = None) -> Path:
    """Return the folder that an archive was unpacked into, unpacking it unless it is there.

    Raises:
        DataError: It can't be unpacked.
    """
    state = archive.stat()
    said = f"{archive.resolve()} {state.st_size} {state.st_mtime_ns}"
    mark = hashlib.blake2b(said.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    place = cache_folder() / "unpacked" / mark
    target = place / archives.stem(archive)
    if target.is_dir():
        return target
    try:
        with locked(cache_folder() / "locks" / f"unpack-{mark}.lock", lambda _: None):
            if not target.is_dir():
                place.mkdir(parents=True, exist_ok=True)
                _unpack(archive, target, progress)
    except OSError as error:
        raise DataError(
            f"Can't unpack {archive} into {place}: {error.strerror or error}.",
            "Free some space, or name another folder in the variable HOMEWORK_CACHE.",
        ) from error
    return target


def _unpack(archive: Path, target: Path, progress: Stage | None) -> None:
    """Unpack beside the target, which appears when it is whole."""
    if _is_caltech101(archive):
        unpack(archive, target, progress)
        return
    place = Path(tempfile.mkdtemp(prefix=".unpacking.", dir=target.parent))
    try:
        archives.unpack(archive, place, progress=progress)
        place.chmod(0o755)
        place.rename(target)
    except archives.ArchiveError as error:
        raise DataError(
            f"Can't unpack {archive}: {error}.",
            "Unpack it yourself and name the folder: --data DIR.",
        ) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _is_caltech101(archive: Path) -> bool:
    """Tell whether it is the publisher's zip, which has the images in a tar of its own."""
    try:
        with zipfile.ZipFile(archive) as source:
            return any(PurePosixPath(name).name == INNER for name in source.namelist())
    except (OSError, ValueError, zipfile.BadZipFile):
        return False
