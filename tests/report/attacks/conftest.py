"""Find the payloads; try every field only when asked to; count what was tried and blocked."""

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # behind the other folders with a `conftest`

EVERY = "HOMEWORK_EVERY_ATTACK"


def pytest_collection_modifyitems(items):
    import os

    skip = pytest.mark.skip(reason=f"every field of every record: set {EVERY}=1")
    for item in items:
        if item.get_closest_marker("every_attack") and not os.environ.get(EVERY):
            item.add_marker(skip)


def pytest_terminal_summary(terminalreporter):
    """Print the table that SECURITY.md shows."""
    tried, blocked = Counter(), Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            if "/attacks/" in report.nodeid and report.when == "call":
                name = report.nodeid.partition("::")[2].partition("[")[0]
                tried[name] += 1
                blocked[name] += outcome == "passed"
    for name in tried:
        terminalreporter.write_line(f"{name:58} tried {tried[name]:3}, blocked {blocked[name]:3}")


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch):
    """Save the time of drawing; the test of the PDF draws in a process of its own."""
    blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
    monkeypatch.setattr("report.figures.drawing_pool.draw", lambda *_: blank)
