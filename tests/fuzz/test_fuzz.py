"""The short form of `bench/fuzz`: damaged input ends in a result or in one of our errors."""

import importlib
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent.parent / "bench" / "fuzz"
sys.path.insert(0, str(FOLDER))

if not FOLDER.is_dir():
    pytest.skip("bench/fuzz isn't here", allow_module_level=True)

READERS = importlib.import_module("readers").READERS
attempt = importlib.import_module("work").attempt

SLOW = {"study of records": 15}
"""Cases of readers that take long."""

FOUND = {
    "study of records": [856],
    "archive": [570],
    "packed data": [154, 5358],
    "weights": [3, 8, 9, 27, 29],
    "attached records": [9, 12, 24, 55, 59],
    "report, PDF": [189, 238, 272],
}
"""Cases that once ended in another exception."""


@pytest.mark.parametrize("name", READERS)
def test_damaged_input_is_read_or_refused(name):
    tally = attempt(name, range(SLOW.get(name, 60)))
    assert tally.faults == {}
    assert tally.counts["refused"] > 0


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_once_is_refused(name):
    for case in FOUND[name]:
        assert attempt(name, range(case, case + 1)).faults == {}, case


def test_what_is_not_allowed_is_found(monkeypatch):
    def faulty(content, folder):
        if len(content) % 2:
            raise KeyError("not ours")

    reader = importlib.import_module("readers").Reader(lambda: [b"abcd"], faulty)
    monkeypatch.setitem(READERS, "faulty", reader)
    tally = attempt("faulty", range(40))
    assert tally.counts["crash"] == len(tally.faults) > 0
    assert "KeyError" in next(iter(tally.faults.values()))
