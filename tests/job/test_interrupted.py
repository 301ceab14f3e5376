"""Signals, locks, failed runs: through the command line, and held to an undisturbed run."""

import json
import os
import signal
import subprocess
import sys

import pytest
from timeless import timeless

from training.cli import main
from training.cli.console import ConsoleProgress
from training.locks import locked
from training.records import Metrics, StudyFolder, read
from training.stopping import StoppedError

NAME = "scratch/baseline"
STUDY = "runs/quick"
SMALL = ("--batch-size", "8")  # two batches an epoch


def contents(folder, name=NAME):
    """Return a run's files, JSON without what measures the machine."""
    found = {}
    for file in StudyFolder(folder).run(name, 0).iterdir():
        is_json = file.suffix == ".json"
        found[file.name] = timeless(json.loads(file.read_text())) if is_json else file.read_bytes()
    return found


def stop_at(monkeypatch, batch, *numbers):
    """Send this process signals during a batch of the next run."""
    seen = [0]
    original = ConsoleProgress.batch

    def sending(self, n_images):
        original(self, n_images)
        seen[0] += 1
        if seen[0] == batch:
            for number in numbers:
                os.kill(os.getpid(), number)

    monkeypatch.setattr(ConsoleProgress, "batch", sending)


@pytest.fixture
def whole(homework, tmp_path):
    assert homework("run", NAME, *SMALL, "--runs", "whole").error is None
    return contents(tmp_path / "whole" / "quick")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=str)
@pytest.mark.parametrize("batch", [1, 2])
def test_a_signal_keeps_the_batch(homework, tmp_path, whole, number, code, batch):
    before = signal.getsignal(number)
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, batch, number)
        with pytest.raises(StoppedError) as stopped:
            homework("run", NAME, *SMALL)
    assert (stopped.value.exit_code, stopped.value.at_once) == (code, False)
    assert signal.getsignal(number) is before
    run = StudyFolder(tmp_path / STUDY).run(NAME, 0)
    assert [path.name for path in run.iterdir()] == ["checkpoint"]
    answer = homework("run", NAME, *SMALL)
    assert answer.error is None, answer.output
    assert f"Resuming at epoch 1, batch {batch}" in answer.output
    assert contents(tmp_path / STUDY) == whole


def test_a_second_signal_stops_at_once_and_breaks_nothing(homework, tmp_path, whole):
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, 2, signal.SIGTERM, signal.SIGTERM)
        with pytest.raises(StoppedError) as stopped:
            homework("run", NAME, *SMALL)
    assert stopped.value.at_once
    run = StudyFolder(tmp_path / STUDY).run(NAME, 0)
    assert not run.exists() or list(run.rglob("*.json")) == []
    assert homework("run", NAME, *SMALL).error is None
    assert contents(tmp_path / STUDY) == whole


def test_the_command_says_how_to_go_on(monkeypatch, capsys):
    def stopped(**_):
        raise StoppedError(signal.SIGTERM)

    monkeypatch.setattr("training.cli.cli.main", stopped)
    monkeypatch.setattr("training.cli.ignore_signals", lambda: None)  # those of this process
    monkeypatch.setattr(sys, "argv", ["homework", "run-all", "--study", "my study"])
    with pytest.raises(SystemExit) as leave:
        main()
    assert leave.value.code == 143
    assert "homework run-all --study 'my study'" in capsys.readouterr().err


HOLD = """
import sys, time
from pathlib import Path
from training.locks import locked
with locked(Path(sys.argv[1]), print):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holder(path, seconds):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_waits_and_says_for_whom(homework, tmp_path):
    lock = StudyFolder(tmp_path / STUDY).lock(f"{NAME}/seed-0")
    with holder(lock, 1.5) as process:
        answer = homework("run", NAME, *SMALL)
        assert process.wait() == 0
    assert f"Waiting for process {process.pid} on " in answer.output
    assert f"which is running {NAME}" in answer.output
    assert answer.error is None


def test_a_dead_processes_lock_is_taken_over(homework, tmp_path):
    lock = StudyFolder(tmp_path / STUDY).lock(f"{NAME}/seed-0")
    with holder(lock, 600) as process:
        process.kill()
        process.wait()
    assert lock.with_suffix(".holder").exists()
    answer = homework("run", NAME, *SMALL)
    assert "Waiting" not in answer.output
    assert answer.error is None


def test_what_another_process_did_meanwhile_is_skipped(homework, tmp_path, monkeypatch):
    """The other process finishes the run while this one waits for its lock."""
    import contextlib

    from training.executors import single as executors

    assert homework("run", NAME, "--runs", "others", *SMALL).error is None
    done = tmp_path / "others" / "quick" / NAME

    @contextlib.contextmanager
    def late(path, waiting):
        if "seed-0" in path.name:
            waiting("process 7 on elsewhere")
            (tmp_path / STUDY / "scratch").mkdir(parents=True)
            done.rename(tmp_path / STUDY / NAME)
        with locked(path, waiting):
            yield

    monkeypatch.setattr(executors, "locked", late)
    answer = homework("run", NAME, *SMALL)
    assert "Waiting for process 7 on elsewhere" in answer.output
    assert f"{NAME} was finished by another process" in answer.output
    assert "Nothing to do" in answer.output


def failing(*_):
    raise RuntimeError("the device is gone")


def test_a_failed_repetition_keeps_the_older_records(homework, tmp_path):
    homework("run", NAME, *SMALL)
    run = StudyFolder(tmp_path / STUDY).run(NAME, 0)
    before = {file.name: file.read_bytes() for file in run.iterdir()}
    assert set(before) == {"metrics.json", "curves.json", "predictions.json", "scores.npy",
                           "model.pt"}  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.run.one_run.prepare_model", failing)
        answer = homework("run", NAME, *SMALL, "--force")
    assert answer.result.exit_code == 1
    assert "the device is gone" in answer.output
    assert "Keeping the older record of scratch/baseline" in answer.output
    assert {file.name: file.read_bytes() for file in run.iterdir()} == before


def test_a_failed_run_of_other_settings_leaves_no_older_curves(homework, tmp_path):
    homework("run", NAME, *SMALL)
    (tmp_path / "s.toml").write_text(f'[experiments."{NAME}"]\nlearning_rate = 2e-3\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.run.one_run.prepare_model", failing)
        assert homework("run", NAME, "-f", "s.toml").result.exit_code == 1
    folder = StudyFolder(tmp_path / STUDY)
    record = read(folder.metrics(NAME, 0), Metrics)
    assert (record.status, record.error) == ("failed", "RuntimeError: the device is gone")
    assert [file.name for file in folder.run(NAME, 0).iterdir()] == ["metrics.json"]


def test_adding_and_reordering_experiments_changes_no_result(homework, tmp_path, whole):
    (tmp_path / "s.toml").write_text(
        '[experiments."scratch/another"]\nmodel = "resnet18"\naugmentation = "one-of-three"\n'
        "epochs = 1\nlearning_rate = 1e-3\n"
    )
    names = ("beyond/resnet18", "scratch/another", "scratch/grid-adam-1e-3", NAME)
    answer = homework("run", *names, "-f", "s.toml", "--runs", "more", *SMALL)
    assert answer.error is None, answer.output
    assert contents(tmp_path / "more" / "quick") == whole
    for name in names[:1]:
        homework("run", name, "--runs", "alone", *SMALL)
        alone = contents(tmp_path / "alone" / "quick", name)
        assert alone == contents(tmp_path / "more" / "quick", name)


def test_a_batch_that_doesnt_fit_is_split_and_the_record_says_so(homework, tmp_path, monkeypatch):
    import torch

    from training.engine import out_of_memory

    original = out_of_memory.add_gradients

    def small(module, inputs, labels, parts=1, *others, **named):
        if len(inputs) / parts > 8:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return original(module, inputs, labels, parts, *others, **named)

    monkeypatch.setattr(out_of_memory, "add_gradients", small)
    names = ("scratch/baseline", "beyond/resnet18")
    answer = homework("run", *names)
    assert answer.error is None, answer.output
    folder = StudyFolder(tmp_path / STUDY)
    plain, normalised = (read(folder.metrics(name, 0), Metrics) for name in names)
    assert plain.status == normalised.status == "done"
    assert plain.batch_parts > 1
    text = " ".join(plain.notes)
    assert f"it went through in {plain.batch_parts} parts" in text
    assert "Batch normalisation" not in text
    assert "Batch normalisation took its statistics from the parts" in " ".join(normalised.notes)


def test_what_a_killed_process_was_writing_is_swept_up(homework, tmp_path, whole):
    run = StudyFolder(tmp_path / STUDY).run(NAME, 0)
    run.mkdir(parents=True)
    written = ("metrics.json", "curves.json", "predictions.json", "running.json", "weights.pt",
               "model.pt", "scores.npy")  # fmt: skip
    for name in written:
        (run / f".{name}.abcdef-1-abcdefgh").write_bytes(b'{"half":')
    assert homework("run", NAME, *SMALL).error is None
    assert contents(tmp_path / STUDY) == whole
