"""The short form of `bench/faults.py`: kills and broken writes, then the same bytes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).parents[2] / "bench" / "faults.py"


@pytest.mark.slow
@pytest.mark.skipif(not HARNESS.exists(), reason="bench/ isn't part of a source distribution")
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_what_was_killed_or_broken_ends_with_the_same_bytes(tmp_path):
    done = subprocess.run(
        [sys.executable, str(HARNESS), "--small-grid", "--kills", "1", "--faults", "1",
         "--only", "middle of a write", "no space", "--keep", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"all +3 +3 +0", last), done.stdout
