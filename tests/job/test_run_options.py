"""What is typed, or given from Python, reaches the session as one record."""

import dataclasses
from pathlib import Path

import pytest

from training import run_study
from training.executors import Outcome
from training.run.run_options import RunOptions, Where

TYPED = (
    "--device", "cpu", "--precision", "bf16", "--deterministic", "--force", "--keep-weights",
    "--checkpoint-every", "7.5", "--log", "mlflow", "--log", "tensorboard", "--executor", "ray",
    "--jobs", "3", "--threads", "2", "--devices", "2", "--address", "auto", "--gpus-per-run", "0.5",
)  # fmt: skip


@pytest.fixture
def asked(monkeypatch):
    """Return the options that sessions are asked for, of which none is run."""
    found = []

    def session(study, folder, experiments, options, *others):
        found.append(options)
        return Outcome()

    monkeypatch.setattr("training.session.run_study", session)
    return found


@pytest.mark.parametrize("command", [("run", "scratch/baseline"), ("run-all",)])
def test_every_option_of_the_command(homework, asked, tmp_path, command):
    (tmp_path / "beside").mkdir()
    study = tmp_path / "beside" / "study.toml"
    study.touch()
    answer = homework(*command, "-f", str(study), "--backbone", "nets:build", *TYPED)
    assert answer.error is None, answer.output
    (options,) = asked
    assert options == RunOptions(
        device="cpu",
        precision="bf16",
        deterministic=True,
        force=True,
        checkpoint_seconds=7.5,
        keep_weights=True,
        logs=("mlflow", "tensorboard"),
        code_folders=(study.parent, tmp_path),
        where=Where(executor="ray", jobs=3, threads=2, devices=2, address="auto", gpus_per_run=0.5),
    )
    for given, usual in ((options, RunOptions()), (options.where, Where())):
        for field in dataclasses.fields(given):
            assert getattr(given, field.name) != getattr(usual, field.name), field.name


def test_without_options_they_are_those_of_the_record(homework, asked):
    assert homework("run", "scratch/baseline").error is None
    assert asked == [RunOptions()]


def test_from_python(asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("study.toml").touch()
    run_study(["scratch"], study_file="study.toml", device="cpu", force=True, keep_weights=True,
              jobs=2, progress=False)  # fmt: skip
    run_study(backbone="nets:build", progress=False)
    assert asked == [
        RunOptions(device="cpu", force=True, keep_weights=True, code_folders=(tmp_path,),
                   where=Where(jobs=2)),
        RunOptions(code_folders=(tmp_path,), where=Where(jobs=1)),
    ]  # fmt: skip
