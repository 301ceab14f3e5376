"""Where a study's images are: a folder, the cache, a download, or drawn on the spot."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from training.byte_names import unescaped
from training.data.cache import Stage
from training.data.index import LAYOUTS
from training.data.layouts import is_table
from training.errors import DataError
from training.folders import cache_folder, expanded
from training.records import StudyRecord
from training.records.archives import SUFFIXES, is_archive
from training.study.other_pictures import sets_of

if TYPE_CHECKING:
    from training.data.sample import Alphabet

HOMEWORK_DATA = "The variable HOMEWORK_DATA"


def locate(data: str, progress: Stage | None = None) -> Path:
    """Return the folder of a data set, or the CSV file that names its images.

    Args:
        data: `caltech101` (the folder in HOMEWORK_DATA, else the cache, else a download),
            `sample`, `sample-source`, `torchvision:NAME`, or the path of a folder, a table or an
            archive.

    Raises:
        DataError: It is missing and can't be downloaded.
    """
    if data in ("sample", "sample-source"):
        return _sample(data, progress)
    if data == "caltech101":
        return _caltech101(progress)
    _refuse_url(data)
    library, _, name = data.partition(":")
    if library == "torchvision" and name:
        from training.data.torchvision_sets import fetch_torchvision

        return fetch_torchvision(name, cache_folder() / "torchvision", progress)
    return _place(_named(data), "--data", progress)


def place_if_here(data: str) -> Path | None:
    """Return the place of a data set that needn't be fetched, drawn or unpacked; else None.

    Args:
        data: As of `locate`, and such that `check_located` passes.
    """
    if data == "caltech101":
        named = os.environ.get("HOMEWORK_DATA")
        place = expanded(named) if named else None
    elif data in ("sample", "sample-source"):
        from training.data.sample import VERSION, is_sample

        folder = cache_folder() / "sample" / f"{_alphabet(data)}-{VERSION}"
        place = folder if is_sample(folder) else None
    else:
        place = None if data.startswith("torchvision:") else _named(data)
    if place is None or not place.exists() or (place.is_file() and is_archive(place)):
        return None
    return place


def locate_others(study: StudyRecord, progress: Stage | None = None) -> dict[str, Path]:
    """Return where the further data sets are that a study tests on, by name.

    Raises:
        DataError: One is missing and can't be downloaded.
    """
    found = {}
    for each in sets_of(study):
        with _named_as(each.name):
            found[each.name] = locate(each.data, progress)
    return found


def check_others_located(study: StudyRecord) -> None:
    """Refuse what `locate_others` would refuse, but fetch, draw and unpack nothing.

    Raises:
        DataError: Of one nothing is there, or something that can't be a data set.
    """
    for each in sets_of(study):
        with _named_as(each.name):
            check_located(each.data)


@contextlib.contextmanager
def _named_as(name: str) -> Iterator[None]:
    """Say of an error which further data set it is about."""
    try:
        yield
    except DataError as error:
        message = error.message.replace("--data", f"data of [pictures.{name}]", 1)
        raise DataError(message, error.hint) from None


def check_located(data: str) -> None:
    """Refuse what `locate` would refuse, but fetch, draw and unpack nothing.

    Of a data set that is drawn or downloaded nothing is known before.

    Raises:
        DataError: Nothing is there, or something that can't be a data set.
    """
    if data == "caltech101":
        if named := os.environ.get("HOMEWORK_DATA"):
            _check_place(expanded(named), HOMEWORK_DATA)
    elif data not in ("sample", "sample-source") and not data.startswith("torchvision:"):
        _refuse_url(data)
        _check_place(_named(data), "--data")


def _refuse_url(data: str) -> None:
    if "://" in data:
        raise DataError(
            f"--data is a URL, {data}; images are read only from this machine.",
            "Download them yourself and name the folder, zip or tar: --data FILE.",
        )


def _named(data: str) -> Path:
    place = expanded(data)
    if not place.exists() and Path(unescaped(str(place))).exists():
        place = Path(unescaped(str(place)))  # as a record writes names that aren't UTF-8
    return place


def _place(place: Path, named_by: str, progress: Stage | None) -> Path:
    """Return a folder or a table as it is, an archive unpacked."""
    _check_place(place, named_by)
    if place.is_file() and is_archive(place):
        from training.data.archived import unpacked

        return unpacked(place, progress)
    return place


def _check_place(place: Path, named_by: str) -> None:
    if place.is_file() and is_archive(place):
        return
    if not place.is_dir() and not (place.is_file() and is_table(place)):
        found = "a file" if place.exists() else "nothing is there"
        raise DataError(
            f"{named_by} names {place}: {found}.",
            f"{LAYOUTS} An archive ({', '.join(SUFFIXES)}) is unpacked.",
        )


def _alphabet(data: str) -> "Alphabet":
    return "source" if data == "sample-source" else "target"


def _sample(data: str, progress: Stage | None) -> Path:
    from training.data.sample import VERSION, is_sample, write_sample

    alphabet = _alphabet(data)
    folder = cache_folder() / "sample" / f"{alphabet}-{VERSION}"
    if is_sample(folder) != alphabet:
        write_sample(folder, alphabet, progress)
    return folder


def _caltech101(progress: Stage | None) -> Path:
    named = os.environ.get("HOMEWORK_DATA")
    if named:
        return _place(expanded(named), HOMEWORK_DATA, progress)
    from training.data.download import fetch_caltech101

    return fetch_caltech101(cache_folder(), progress=progress)
