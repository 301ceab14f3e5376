"""What was found out about very many runs, remembered between reports; see `once_a_run`.

It lies in the index of the study's files, see `file_index`, and is no more than that: what rests on
other bytes, or was found by another program, is found out again.
"""

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec

from report.evidence import record_files
from report.evidence.file_index import index_of, opened, ready, ready_table
from report.evidence.load import StudyView
from report.evidence.once import known_of
from report.evidence.run import Run

Known = dict[int, dict[str, Any]]
"""By seed and function."""

COLUMNS = ("experiment", "digest", "found")
"""An experiment, what its findings rest on, and these of each of its runs."""

_decoder = msgspec.msgpack.Decoder(Known)


def recall_runs(view: StudyView, made_by: str) -> None:
    """Give runs what an earlier report found out about them.

    Args:
        view: With the digests of its files.
        made_by: Stands for all that findings rest on beside the runs' own records.
    """
    place = index_of(view.folder.path)
    if len(view.files) < record_files.MANY or not place.is_file():
        return
    with contextlib.suppress(sqlite3.Error, OSError, msgspec.MsgspecError), opened(place) as index:
        for experiment, digest, found in index.execute(f"SELECT {', '.join(COLUMNS)} FROM runs"):
            current = view.digests.get(experiment)
            if current and digest == _key(made_by, current) and isinstance(found, bytes):
                known = _decoder.decode(found)
                for run in view.runs(experiment):
                    known_of(view, run).update(known.get(run.metrics.seed, {}))
                view.recalled[experiment] = _n_known(view, experiment)


def remember_runs(view: StudyView, made_by: str) -> None:
    """Keep what a report found out about its runs; those that rest on others' records not."""
    if len(view.files) < record_files.MANY:
        return
    place = index_of(view.folder.path)
    rows = list(_rows(view, made_by))
    if rows:
        with contextlib.suppress(sqlite3.Error, OSError):
            ready(place)
            with opened(place) as index, index:
                ready_table(index, "runs", COLUMNS)
                index.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", rows)


def _rows(view: StudyView, made_by: str) -> Iterator[tuple[str, bytes, bytes]]:
    for name in (experiment.id for experiment in view.study.experiments):
        if name in view.digests and _n_known(view, name) != view.recalled.get(name, 0):
            runs = view.runs(name)
            if not any(map(_rests_on_others, runs)):
                found = {run.metrics.seed: known_of(view, run) for run in runs}
                yield name, _key(made_by, view.digests[name]), msgspec.msgpack.encode(found)


def _n_known(view: StudyView, experiment_id: str) -> int:
    return sum(len(known_of(view, run)) for run in view.runs(experiment_id))


def _rests_on_others(run: Run) -> bool:
    return run.metrics.selected is not None or run.metrics.reused_from is not None


def _key(made_by: str, digest: bytes) -> bytes:
    return hashlib.sha256(made_by.encode() + digest).digest()[:16]
