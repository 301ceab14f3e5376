"""How much a command says: --quiet, --verbose, and JSON for programs."""

import json
import subprocess
import sys

import pytest
from tiny import TINY

NAME = "scratch/baseline"


def test_quiet_prints_nothing_but_errors(homework):
    assert homework("run", NAME, "--quiet", "--render", "html").output == ""
    assert homework("run", NAME, "-q").output == ""
    failed = homework("run", "none", "-q")
    assert "none" in failed.message


def test_a_quiet_run_that_fails_still_says_so(homework, monkeypatch):
    def failing(*_, **__):
        raise RuntimeError("shapes differ")

    monkeypatch.setattr("training.executors.single.run_step", failing)
    answer = homework("run", NAME, "-q")
    assert answer.output == ""
    assert answer.message.startswith(f"1 experiment failed: {NAME}")


def test_verbose_prints_a_line_an_epoch(homework):
    command = ("run", NAME, *TINY, "--epochs", "3")
    plain = homework(*command, tiny=False)
    verbose = homework(*command, "--force", "-v", tiny=False)
    assert "epoch 2/3" not in plain.output
    lines = [line for line in verbose.output.splitlines() if "epoch " in line and "/3 " in line]
    assert [line.split("epoch ")[1].split()[0] for line in lines] == ["1/3", "2/3", "3/3"]
    assert all(line.startswith(f"[1/1] {NAME}") for line in lines)


GRID = [f"scratch/grid-{name}" for name in ("sgd-1e-3", "adam-1e-3", "rmsprop-1e-3")]


@pytest.mark.parametrize("jobs", [(), ("--jobs", "2", "--threads", "1")], ids=["alone", "beside"])
def test_a_finished_run_says_what_is_left(homework, monkeypatch, jobs):
    monkeypatch.setattr("training.cli.console.WORTH_SAYING", 1e-9)
    lines = homework("run", *GRID, *jobs).output.splitlines()
    said = [line.partition("about ")[2] for line in lines if " done " in line]
    assert len(said) == len(GRID)
    assert all(text.endswith(" left") for text in said[:-1])
    assert said[-1] == ""


def test_little_that_is_left_is_not_said(homework):
    assert " left" not in homework("run", *GRID).output


def test_both_at_once_is_a_mistake(homework):
    assert homework("run", NAME, "-q", "-v").result.exit_code == 2


def test_the_doctor_answers_programs(homework):
    found = json.loads(homework("doctor", "--json", tiny=False).output)
    python = next(finding for finding in found if finding["what"].startswith("Python"))
    assert python["ok"]
    assert python["needed"]


def test_status_without_options_answers_for_the_study_written_last(homework):
    assert "runs/reference: 0 of 29 done" in homework("status", tiny=False).output
    assert homework("run", NAME, "-q", "--study", "mine").error is None
    assert "runs/mine: 1 of 29 done" in homework("status", tiny=False).output
    rows = json.loads(homework("status", "--json", tiny=False).output)
    assert next(row for row in rows if row["id"] == NAME)["record"]["status"] == "done"
    assert "runs/quick: 0 of 29 done" in homework("status", "--preset", "quick", tiny=False).output


def test_the_command_can_be_called_as_a_module(tmp_path):
    command = [sys.executable, "-m", "training", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.startswith("homework, version ")
