"""Where settings come from: flag over variable over study file over preset."""

import json
import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from training.cli import cli

FILE = """
title = "Mine"
[settings]
epochs = 7
batch_size = 24
seed = 3
[experiments."scratch/baseline"]
epochs = 2
"""


def config(*arguments):
    result = CliRunner().invoke(cli, ["config", "--json", *map(str, arguments)])
    assert result.exit_code == 0, result.exception
    return {row["setting"]: (row["value"], row["from"]) for row in json.loads(result.output)}


@pytest.fixture
def file(tmp_path):
    (tmp_path / "study.toml").write_text(FILE)
    return tmp_path / "study.toml"


def test_a_flag_wins_over_a_variable_that_over_the_file_that_over_the_preset(file, monkeypatch):
    monkeypatch.setenv("HOMEWORK_EPOCHS", "5")
    monkeypatch.setenv("HOMEWORK_BATCH_SIZE", "12")
    found = config("--preset", "quick", "-f", file, "--epochs", 4)
    assert found["epochs"] == (4, "flag --epochs")
    assert found["batch_size"] == (12, "variable HOMEWORK_BATCH_SIZE")
    assert found["seed"] == (3, f"study file {file}")
    assert found["image_size"] == (96, "preset quick")
    assert found["preset"] == ("quick", "flag --preset")
    assert found["title"] == ("Mine", f"study file {file}")
    assert found["scratch/baseline: epochs"] == (2, f"study file {file}")


def test_a_variable_that_says_where_caltech101_is_shows(monkeypatch):
    monkeypatch.setenv("HOMEWORK_DATA", "/pictures")
    place = "preset reference; in /pictures (variable HOMEWORK_DATA)"
    assert config()["data"] == ("caltech101", place)
    assert config("--preset", "quick")["data"] == ("sample", "preset quick")


def test_what_is_shown_is_what_runs(file, monkeypatch, tmp_path):
    monkeypatch.setenv("HOMEWORK_EPOCHS", "5")
    monkeypatch.setenv("HOMEWORK_PRESET", "quick")
    arguments = ["list", "-f", str(file), "--json"]
    listed = {e["id"]: e for e in json.loads(CliRunner().invoke(cli, arguments).output)}
    assert listed["scratch/best"]["epochs"] == config("-f", file)["epochs"][0] == 5


def test_a_dry_run_trains_nothing_and_says_what_would_run(tmp_path):
    arguments = ["run", "scratch", "--preset", "quick", "--runs", str(tmp_path), "--dry-run"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0
    assert "scratch/baseline" in result.output
    assert "10 to do" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("run", "scratch", "--dry-run"), ("plan",)])
def test_images_that_are_not_there_are_told_behind_what_would_run(tmp_path, command, monkeypatch):
    options = ["--runs", str(tmp_path), "--preset", "quick", "--data"]
    answer = CliRunner().invoke(cli, [*command, *options, str(tmp_path / "nope")])
    assert answer.exit_code == 1
    assert "to do" in answer.output
    assert f"--data names {tmp_path / 'nope'}: nothing is there." in str(answer.exception)
    monkeypatch.setenv("HOMEWORK_DATA", str(tmp_path / "away"))
    answer = CliRunner().invoke(cli, [*command, *options, "caltech101"])
    assert f"HOMEWORK_DATA names {tmp_path / 'away'}" in str(answer.exception)
    assert CliRunner().invoke(cli, [*command, *options, str(tmp_path)]).exit_code == 0


def test_a_person_reads_no_python(file):
    printed = CliRunner().invoke(cli, ["config", "-f", str(file)]).output
    rows = {line.split("  ")[0]: line for line in printed.splitlines()}
    assert " sgd, adam, rmsprop " in rows["optimizers"]
    assert " 0.01, 0.001, 1e-05 " in rows["learning_rates"]
    assert " not set " in rows["max_per_class"]
    assert " not set " in rows["classes"]
    assert " off " in rows["extras"]
    assert not {"None", "(", "[", "False", "'"} & set(re.findall(r"None|False|[(\['']", printed))


def test_the_shell_completes_commands():
    program = "import sys; sys.argv[0] = 'homework'; from training.cli import main; main()"
    command = [sys.executable, "-c", program]
    variables = {"_HOMEWORK_COMPLETE": "bash_complete", "COMP_WORDS": "homework ver",
                 "COMP_CWORD": "1"}  # fmt: skip
    done = subprocess.run(
        command, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "plain,verify"
