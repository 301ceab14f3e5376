"""Where a study's pictures are: a folder, the cache, a download, or drawn on the spot."""

import os
from pathlib import Path

from training.data.cache import Stage
from training.data.index import LAYOUTS
from training.data.layouts import TABLE
from training.errors import DataError
from training.folders import cache_folder, expanded


def locate(data: str, progress: Stage | None = None) -> Path:
    """Return the folder of a data set, or the CSV file that names its pictures.

    Args:
        data: `caltech101` (the folder in HOMEWORK_DATA, else the cache, else a download),
            `sample`, `sample-source`, `torchvision:NAME`, or the path of a folder or a CSV file.

    Raises:
        DataError: It isn't there and can't be had.
    """
    if data in ("sample", "sample-source"):
        return _sample(data, progress)
    if data == "caltech101":
        return _caltech101(progress)
    library, _, name = data.partition(":")
    if library == "torchvision" and name:
        from training.data.torchvision_sets import fetch_torchvision

        return fetch_torchvision(name, cache_folder() / "torchvision", progress)
    return _folder(expanded(data), "--data")


def _folder(folder: Path, named_by: str) -> Path:
    if not folder.is_dir() and not (folder.is_file() and folder.suffix.lower() == TABLE):
        found = "a file" if folder.exists() else "nothing there"
        raise DataError(f"{named_by} names {folder}: {found}.", LAYOUTS)
    return folder


def _sample(data: str, progress: Stage | None) -> Path:
    from training.data.sample import VERSION, Alphabet, is_sample, write_sample

    alphabet: Alphabet = "source" if data == "sample-source" else "target"
    folder = cache_folder() / "sample" / f"{alphabet}-{VERSION}"
    if is_sample(folder) != alphabet:
        write_sample(folder, alphabet, progress)
    return folder


def _caltech101(progress: Stage | None) -> Path:
    named = os.environ.get("HOMEWORK_DATA")
    if named:
        return _folder(expanded(named), "The variable HOMEWORK_DATA")
    from training.data.download import fetch_caltech101

    return fetch_caltech101(cache_folder(), progress=progress)
