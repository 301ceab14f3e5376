"""Terminals of any width: nothing ends a command, no name is cut."""

import re

import pytest

NAME = "scratch/baseline"
COMMANDS = [
    ("status",), ("plan",), ("list",), ("config",), ("data", "check", "sample"), ("doctor",),
    ("--help",), ("run-all", "--help"), ("render", "--list-sections"),
]  # fmt: skip


@pytest.mark.parametrize("columns", ["20", "1000"])
def test_every_command_can_do_with_any_width(homework, monkeypatch, columns):
    assert homework("run", NAME).error is None
    monkeypatch.setenv("COLUMNS", columns)
    for command in COMMANDS:
        answer = homework(*command, tiny=command[0] in ("status", "plan", "list"))
        assert answer.error is None or isinstance(answer.error, SystemExit), (command, answer.error)
        assert answer.result.exit_code == 0, (command, answer.output)
        assert answer.output.strip()


@pytest.mark.parametrize("columns", [20, 60, 1000])
def test_a_run_names_its_results_in_full_on_any_terminal(homework, monkeypatch, columns):
    monkeypatch.setenv("FORCE_COLOR", "1")  # which makes a terminal of the output
    monkeypatch.setenv("COLUMNS", str(columns))
    answer = homework("run", NAME)
    assert answer.error is None, answer.output
    printed = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", answer.output)
    closing = [line for line in printed.splitlines() if NAME in line][-1]
    assert re.search(r"done\W+(validation )?[\d.]+%\W+(test )?[\d.]+%\W+\d+ of \d+", closing)
