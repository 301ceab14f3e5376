"""A run that becomes far slower than those before it says so, once."""

import time

from training.engine import loop
from training.planning import slower


def test_it_is_said_once_a_command(homework, monkeypatch):
    names = ("scratch/grid-sgd-1e-2", "scratch/grid-sgd-1e-3", "scratch/grid-sgd-1e-5")
    before = homework("run", names[0])
    assert "Slower" not in before.output
    evaluate = loop.evaluate

    def slowly(*arguments):
        time.sleep(0.6)
        return evaluate(*arguments)

    monkeypatch.setattr(loop, "evaluate", slowly)
    monkeypatch.setattr(slower, "LEAST_SECONDS", 0.5)
    monkeypatch.setattr(slower, "TIMES", 1.5)
    monkeypatch.setattr(slower.os, "getloadavg", lambda: (99.0, 0.0, 0.0))
    after = homework("run", *names[1:], "--epochs", "2", "--force")
    lines = [line for line in after.output.splitlines() if line.startswith("Slower than forecast")]
    assert len(lines) == 1
    assert "other programs are using the processor (load 99.0 on " in lines[0]
