"""Signals that come while the process is on its way out already."""

import signal

import pytest

from training import cli
from training.stopping import SIGNALS, StoppedError


def test_a_signal_during_the_last_message_changes_nothing(monkeypatch):
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def stopped(**_):
        raise StoppedError(signal.SIGTERM)

    def message(*_, **__):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(cli.cli, "main", stopped)
    monkeypatch.setattr(cli.click, "echo", message)
    try:
        with pytest.raises(SystemExit) as leave:
            cli.main()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert leave.value.code == 128 + signal.SIGTERM
