"""Bars on a terminal, lines elsewhere: in a log, and in a notebook's cell."""

import io
import sys

import pytest

from training.cli import console
from training.cli.console import NOTEBOOK_VARIABLES, ConsoleProgress
from training.progress import EpochEnd, TimeLeft
from training.records import Metrics


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    for name in (*NOTEBOOK_VARIABLES, "NO_COLOR", "FORCE_COLOR", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def shown(monkeypatch):
    """Return what a terminal receives of a run of three epochs."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    with ConsoleProgress() as progress:
        progress.experiment(1, 1, "scratch/baseline", "")
        progress.epochs(3, 640)
        for epoch in range(1, 4):
            for _ in range(10):
                progress.batch(64)
                progress._bars.refresh()
            progress.epoch(EpochEnd(epoch, 3, 1.0, 0.5, 1.0, 0.5, 1000.0))
        progress.finished(Metrics(id="scratch/baseline", section="scratch", seed=0, status="done",
                                  spec=None, spec_hash="", dataset_fingerprint=""))  # fmt: skip
    return terminal.getvalue()


def test_a_terminal_has_bars(monkeypatch):
    assert "\x1b[" in shown(monkeypatch)


@pytest.mark.parametrize("name", NOTEBOOK_VARIABLES)
def test_a_notebook_has_one_line_a_run(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    text = shown(monkeypatch)
    assert "\x1b" not in text
    assert "\r" not in text
    assert len(text.strip().splitlines()) == 1
    assert "scratch/baseline" in text


@pytest.mark.parametrize(
    ("left", "said"),
    [(TimeLeft(600.0), "about 10 min left"),
     (TimeLeft(600.0, for_stand_ins=300.0), "about 10 min left"),
     (TimeLeft(600.0, for_stand_ins=301.0), "about 10 min left, most of it for stand-in weights"),
     (TimeLeft(0.0, besides_stand_ins=True), "a few seconds left, and stand-in weights to train")],
)  # fmt: skip
def test_stand_in_weights_are_named_where_most_of_the_time_goes_to_them(left, said):
    assert console._said(left) == said
