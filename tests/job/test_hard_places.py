"""Devices that vanish, memory that ends, folders that can't be written, clocks that jump."""

import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_interrupted import NAME, contents, holder
from tiny import TINY

from training.cli import main
from training.executors import single as executors
from training.locks import locked
from training.records import Metrics, StudyFolder, read

STUDY = "runs/quick"
LIST = ("scratch/grid-sgd-1e-3", "scratch/grid-adam-1e-3", "scratch/grid-rmsprop-1e-3")


def failing_at(monkeypatch, experiment_id, error):
    original = executors.run_step

    def failing(step, *others):
        if step.experiment.id == experiment_id:
            raise error
        return original(step, *others)

    monkeypatch.setattr(executors, "run_step", failing)


def statuses(tmp_path):
    folder = StudyFolder(tmp_path / STUDY)
    files = {name: folder.metrics(name, 0) for name in LIST}
    return [read(file, Metrics).status if file.exists() else None for file in files.values()]


LOST = [
    "CUDA error: unspecified launch failure\nCUDA kernel errors might be reported elsewhere",
    "CUDA error: device-side assert triggered",
    "CUDA driver error: an illegal memory access was encountered",
    "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
]


@pytest.mark.parametrize("said", LOST)
def test_a_device_that_disappears_ends_the_list_with_one_message(
    homework, tmp_path, monkeypatch, said
):
    with monkeypatch.context() as patch:
        failing_at(patch, LIST[1], RuntimeError(said))
        answer = homework("run", *LIST)
    assert answer.result.exit_code == 1
    first_line = said.splitlines()[0]
    assert f"failed while {LIST[1]} was running: {first_line}." in answer.message
    assert "nvidia-smi" in answer.message
    assert statuses(tmp_path) == ["done", "failed", None]
    assert homework("run", *LIST).error is None
    assert statuses(tmp_path) == ["done", "done", "done"]


@pytest.mark.parametrize(
    "error", [RuntimeError("CUDA error: out of memory"), RuntimeError("shapes differ"),
              MemoryError()], ids=str,
)  # fmt: skip
def test_other_failures_let_the_list_go_on(homework, tmp_path, monkeypatch, error):
    failing_at(monkeypatch, LIST[1], error)
    answer = homework("run", *LIST)
    assert answer.message.startswith(f"1 experiment failed: {LIST[1]}")
    assert statuses(tmp_path) == ["done", "failed", "done"]
    if isinstance(error, MemoryError):
        reason = read(StudyFolder(tmp_path / STUDY).metrics(LIST[1], 0), Metrics).error
        assert reason == "This machine ran out of memory."


def test_memory_that_ends_elsewhere_is_one_message(homework, monkeypatch, capsys):
    def failing(*_, **__):
        raise MemoryError

    monkeypatch.setattr("training.session.prepare", failing)
    monkeypatch.setattr(sys, "argv", ["homework", "run", LIST[0], *TINY])
    with pytest.raises(SystemExit) as leave:
        main()
    assert leave.value.code == 1
    assert "ran out of memory" in capsys.readouterr().err


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks_will_do(homework, tmp_path, monkeypatch, number):
    fcntl = pytest.importorskip("fcntl")

    def missing(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", missing)
    answer = homework("run", LIST[0])
    assert answer.error is None, answer.output
    assert statuses(tmp_path)[0] == "done"
    assert not list(tmp_path.rglob("*.soft"))


WITHOUT_LOCKS = """
import errno, fcntl
def missing(*_):
    raise OSError(errno.ENOLCK, "No locks available")
fcntl.flock = missing
"""


@pytest.mark.parametrize("dies", [False, True])
def test_without_locks_too_one_process_waits_for_another(tmp_path, monkeypatch, dies):
    fcntl = pytest.importorskip("fcntl")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(WITHOUT_LOCKS)
    places = [str(tmp_path / "site"), *(place for place in sys.path if place)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))
    waited = []
    lock = tmp_path / "locks" / "a.lock"
    with holder(lock, 600 if dies else 1.5) as process:
        if dies:
            process.kill()
            process.wait()

        def missing(*_):
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr(fcntl, "flock", missing)
        with locked(lock, waited.append):
            assert process.wait() is not None
    assert bool(waited) is not dies
    assert all(f"process {process.pid}" in name for name in waited)


def without_privileges():
    """Return what to put before a command so that permissions hold for it, also for root."""
    if os.name != "posix":
        pytest.skip("permissions of another kind")
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and there is no setpriv")
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]


def test_a_read_only_runs_folder_is_one_message_and_stays_as_it_is(homework, tmp_path):
    prefix = without_privileges()
    assert homework("run", LIST[0]).error is None
    study = tmp_path / STUDY
    before = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    folders = [study.parent, study, *(path for path in study.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        said = subprocess.run(
            [*prefix, sys.executable, "-c", "from training.cli import main; main()",
             "run", LIST[1], *TINY],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        after = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert said.returncode == 1, said.stderr
    assert "Traceback" not in said.stderr
    assert "Can't write runs/quick" in said.stderr
    assert "Permission denied" in said.stderr
    assert "--runs" in said.stderr
    assert after == before
    assert homework("run", LIST[1]).error is None


def test_a_cache_in_the_home_folder_is_no_folder_called_tilde(homework, tmp_path, monkeypatch):
    example = Path(__file__).parents[2] / "runs" / "example"
    shutil.copytree(example, tmp_path / "runs" / "example")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setenv("HOMEWORK_CACHE", "~/x")
    monkeypatch.setattr("report.figures.drawing_pool.draw", lambda *_: "<svg/>")  # saves time
    monkeypatch.setattr("report.figures.drawing_pool.helpers", lambda: 0)
    answer = homework("render", "--format", "html")
    assert answer.error is None, answer.output
    assert {path.name for path in (tmp_path / "home" / "x").iterdir()} == {"figures", "reports"}
    assert not (tmp_path / "~").exists()


def test_a_clock_that_jumps_back_changes_nothing(homework, tmp_path, monkeypatch):
    assert homework("run", NAME, "--runs", "steady").error is None
    start = time.time()
    jumps = iter(range(10**9))
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: start - 3600 * next(jumps))
        assert homework("run", NAME).error is None
    file = StudyFolder(tmp_path / STUDY).metrics(NAME, 0)
    record = read(file, Metrics)
    assert record.train_seconds > 0
    assert record.images_per_second > 0
    assert contents(tmp_path / STUDY) == contents(tmp_path / "steady" / "quick")
    before = file.stat().st_mtime_ns
    assert homework("run", NAME).error is None
    assert file.stat().st_mtime_ns == before


def test_a_class_with_one_picture_is_named_before_anything_runs(homework, tmp_path):
    from PIL import Image

    for name, n in {"ant": 6, "bee": 1}.items():
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(n):
            picture = Image.new("RGB", (40, 30), (i * 30, 90, 10))
            picture.save(tmp_path / "pictures" / name / f"{i}.png")
    answer = homework("run", LIST[0], "--data", "pictures")
    assert answer.result.exit_code == 1
    assert "bee" in answer.message
    assert "at least 3 images" in answer.message
    assert not list(tmp_path.rglob("metrics.json"))
