"""A limit on memory that torch can't be loaded within is one message, not an abort."""

import subprocess
import sys

import pytest

resource = pytest.importorskip("resource")

HOMEWORK = "from training.cli import main; main()"


@pytest.mark.parametrize("n_bytes", [600 * 10**6, 15 * 10**8])
def test_a_limit_too_low_for_torch_is_said_in_one_message(tmp_path, n_bytes):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))

    command = [sys.executable, "-c", HOMEWORK, "run", "scratch/baseline", "--preset", "quick"]
    answer = subprocess.run(
        command, cwd=tmp_path, preexec_fn=limit, capture_output=True, text=True, timeout=120
    )
    if answer.returncode == 0:
        pytest.skip("a build of torch so small loads within that")
    assert answer.returncode == 1
    assert answer.stdout == ""
    size = "600 MB" if n_bytes < 10**9 else "1.5 GB"
    assert f"This process may use only {size} of memory (ulimit -v)" in answer.stderr
    assert "ulimit -v unlimited" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert len(answer.stderr.splitlines()) == 2
