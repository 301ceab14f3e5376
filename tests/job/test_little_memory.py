"""A limit on memory that torch can't be loaded within is one message, not an abort."""

import subprocess
import sys

import pytest

resource = pytest.importorskip("resource")

HOMEWORK = "from training.cli import main; main()"


def limited(folder, n_bytes, *arguments):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))

    command = [sys.executable, "-c", HOMEWORK, *arguments]
    answer = subprocess.run(
        command, cwd=folder, preexec_fn=limit, capture_output=True, text=True, timeout=120
    )
    if answer.returncode == 0:
        pytest.skip("a build of torch so small loads within that")
    return answer


@pytest.mark.parametrize("n_bytes", [600 * 10**6, 15 * 10**8])
def test_a_limit_too_low_for_torch_is_said_in_one_message(tmp_path, n_bytes):
    answer = limited(tmp_path, n_bytes, "run", "scratch/baseline", "--preset", "quick")
    assert answer.returncode == 1
    assert answer.stdout == ""
    size = "600 MB" if n_bytes < 10**9 else "1.5 GB"
    assert f"This process may use only {size} of memory (ulimit -v)" in answer.stderr
    assert "ulimit -v unlimited" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert len(answer.stderr.splitlines()) == 2


def test_the_doctor_says_so_and_looks_at_the_rest(tmp_path):
    answer = limited(tmp_path, 15 * 10**8, "doctor")
    assert answer.returncode == 1
    assert "MISS  This process may use only 1.5 GB of memory (ulimit -v)" in answer.stdout
    assert "PDF" in answer.stdout
    assert "Traceback" not in answer.stderr
