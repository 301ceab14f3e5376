"""What an audit or a linter can find."""

from dataclasses import dataclass
from typing import Literal

from report.evidence.run import Run


@dataclass(frozen=True)
class Problem:
    """Something that can't be true.

    Attributes:
        where: A section of the report, or a record.
        text: What is printed or recorded there.
        problem: What is wrong with it.
        source: Where the value should come from.
        severity: A `warning` rests on what a person's free text seems to mean.
    """

    where: str
    text: str
    problem: str
    source: str = ""
    severity: Literal["error", "warning"] = "error"


def wrong(run: Run, text: str, problem: str, pointer: str) -> Problem:
    """Return a problem of a run's `metrics.json`, at a JSON pointer in it."""
    file = f"{run.path}/metrics.json"
    return Problem(file, text, problem, f"{file}#{pointer}")
