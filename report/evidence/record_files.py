"""The files of a study's records, and digests of their content."""

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    for name in _names_in(f"{study}"):
        if name in RECORDS:
            yield from _states(f"{study}", "", (name,))
            continue
        for experiment in _names_in(f"{study}/{name}"):
            for run in _names_in(f"{study}/{name}/{experiment}"):
                if run.startswith("seed-"):
                    place = f"{name}/{experiment}/{run}/"
                    yield from _states(f"{study}", place, _names_in(f"{study}/{place}"))


def _names_in(folder: str) -> list[str]:
    """Return the sorted names in a folder; none if it isn't one, or can't be read."""
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - very many are asked for
    except OSError:
        return []


def _states(study: str, place: str, names: Iterable[str]) -> Iterator[tuple[str, os.stat_result]]:
    for name in names:
        if name in RECORDS:
            with contextlib.suppress(OSError):
                yield f"{place}{name}", os.stat(f"{study}/{place}{name}")  # noqa: PTH116


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


def by_experiment(files: Mapping[str, Read]) -> dict[str, bytes]:
    """Return a digest of the records of each experiment's runs, from those of all files."""
    found: dict[str, Any] = {}
    for name, read in files.items():
        section, _, rest = name.partition("/")
        experiment = f"{section}/{rest.partition('/')[0]}"
        of_runs = found.setdefault(experiment, hashlib.sha256())
        of_runs.update(f"{name}\0".encode("utf-8", "surrogateescape") + read.digest)
    return {experiment: of_runs.digest() for experiment, of_runs in found.items()}


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
