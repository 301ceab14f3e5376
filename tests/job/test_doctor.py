"""`homework doctor`: what is there, and what will be needed."""

import re
from pathlib import Path

import pytest

GB = 10**9


@pytest.mark.parametrize(
    ("free", "mark", "mend"),
    [(8 * GB, "ok  ", ""), (4.6 * GB, "ok  ", ""), (4.59 * GB, "note", "--batch-size 64"),
     (1.3 * GB, "note", "--batch-size 64"), (1.29 * GB, "note", "--image-size 64")],
)  # fmt: skip
def test_the_doctor_says_what_memory_there_is_and_what_is_needed(
    homework, monkeypatch, free, mark, mend
):
    monkeypatch.setattr("training.cli.doctor.memory_bytes", lambda: (free, 16 * GB))
    lines = homework("doctor", tiny=False).output.splitlines()
    at = next(i for i, line in enumerate(lines) if "memory: " in line)
    assert lines[at].startswith(mark)
    assert lines[at].endswith("free of 16 GB; preset quick takes 1.3 GB, reference 4.6 GB")
    assert mend in lines[at + 1]


def test_the_doctor_says_what_room_there_is_and_what_is_needed(homework, monkeypatch):
    free = {"cache": 1.2 * GB, "runs": 2 * GB}

    def usage(folder):
        name = "runs" if Path(folder) == Path.cwd() else "cache"
        return type("Usage", (), {"free": free[name]})

    monkeypatch.setattr("training.cli.doctor.shutil.disk_usage", usage)
    said = homework("doctor", tiny=False).output
    assert re.search(r"note  1.2 GB free for the cache in .*; .* takes 1.3 GB\n +set HOME", said)
    assert re.search(r"ok    2 GB free for runs in .*; Caltech-101 at 224 px takes 2 GB\n", said)
