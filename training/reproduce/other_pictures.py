"""Tests on further data sets, held against the record only where the pictures are the same."""

import dataclasses

import msgspec

from training.records import Metrics, Predictions
from training.reproduce.recorded import RunRecords

Key = tuple[str, str]
"""Name and fingerprint of a further data set."""


def on_the_same_pictures(one: RunRecords, other: RunRecords) -> tuple[RunRecords, RunRecords]:
    """Return two runs without the tests on further pictures that only one of them has.

    Whoever makes a run again may not have those pictures, or may have others of the same name.
    """
    mine, theirs = _keys(one.metrics), _keys(other.metrics)
    if mine == theirs:
        return one, other
    return _with(one, mine & theirs), _with(other, mine & theirs)


def _keys(metrics: Metrics) -> set[Key]:
    return {(test.pictures, test.fingerprint) for test in metrics.other_tests or ()}


def _with(run: RunRecords, wanted: set[Key]) -> RunRecords:
    tests = tuple(t for t in run.metrics.other_tests or () if (t.pictures, t.fingerprint) in wanted)
    metrics = msgspec.structs.replace(run.metrics, other_tests=tests or msgspec.UNSET)
    return dataclasses.replace(run, metrics=metrics, predictions=_answers(run.predictions, wanted))


def _answers(record: Predictions | None, wanted: set[Key]) -> Predictions | None:
    if record is None:
        return None
    kept = tuple(a for a in record.others or () if (a.pictures, a.fingerprint) in wanted)
    return msgspec.structs.replace(record, others=kept or msgspec.UNSET)
