"""The files of a study's records, and digests of their content."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.records import RECORD_NAMES, chunks_of

MANY = 2000
"""Files of a study from which on an index is kept."""

RECORDS = frozenset(RECORD_NAMES)


@dataclass(frozen=True)
class Read:
    """What is known of a file's content.

    Attributes:
        digest: SHA-256; empty of a file that can't be read.
        is_ascii: Whether its content is.
    """

    digest: bytes
    is_ascii: bool


def record_files(study: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every record of a study, scores included, by its path in it, in order."""
    found = [*_records_in(study, ""), *_records_of_runs(study)]
    yield from sorted(found, key=lambda item: item[0].split("/"))


def _records_of_runs(study: Path) -> Iterator[tuple[str, os.stat_result]]:
    for section in _folders_in(study):
        for experiment in _folders_in(Path(section.path)):
            place = f"{section.name}/{experiment.name}"
            for run in _folders_in(Path(experiment.path)):
                if run.name.startswith("seed-"):
                    yield from _records_in(Path(run.path), f"{place}/{run.name}/")


def _folders_in(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.is_dir()]
    except OSError:
        return []


def _records_in(folder: Path, place: str) -> Iterator[tuple[str, os.stat_result]]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in RECORDS:
                with contextlib.suppress(OSError):
                    yield f"{place}{entry.name}", entry.stat()


def read_files(study: Path, indexed: bool = False) -> dict[str, Read]:
    """Return what is known of the content of every record of a study, by its path in it, in order.

    Args:
        study: The study's folder.
        indexed: Whether the index may vouch for files that haven't changed since it read them.
    """
    files = dict(record_files(study))
    if not indexed or len(files) < MANY:
        return {name: read_file(study / name) for name in files}
    from report.evidence.file_index import read_with_index

    return read_with_index(study, files)


def read_file(file: Path) -> Read:
    """Return the digest of a file that somebody else may have made."""
    digest, is_ascii = hashlib.sha256(), True
    try:
        for chunk in chunks_of(file):
            digest.update(chunk)
            is_ascii = is_ascii and chunk.isascii()
    except OSError:
        return Read(b"", is_ascii=True)
    return Read(digest.digest(), is_ascii)
