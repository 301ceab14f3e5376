"""What an audit found, for a person and for a program."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from report.audit.records import Problem
from report.evidence.sentences import counted


@dataclass(frozen=True)
class Verdict:
    """What an audit found.

    Attributes:
        study: The folder of records that the numbers were recomputed from; None for those
            attached to the report itself.
        n_numbers: Numbers of the report that were recomputed.
        problems: What differs, and warnings.
    """

    study: Path | None
    n_numbers: int
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Empty for a report that can be trusted."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def say_problems(verdict: Verdict) -> Iterator[str]:
    """Yield lines that tell a person what is wrong."""
    for problem in verdict.problems:
        said = f" “{problem.text}”:" if problem.text else ""
        label = "warning: " if problem.severity == "warning" else ""
        yield f"{label}{problem.where}:{said} {problem.problem}"
        if problem.source:
            yield f"    {problem.source}"


def summary(verdict: Verdict, source: str) -> str:
    """Return the line that ends a verdict: how many numbers were recomputed, and the outcome."""
    n_numbers, n_errors = counted(verdict.n_numbers, "number"), len(verdict.errors)
    outcome = f"{counted(n_errors, 'error')} found" if n_errors else "no errors found"
    return f"{n_numbers} recomputed from {source}: {outcome}."


def verdict_json(verdict: Verdict) -> str:
    """Return a verdict as JSON, for programs."""
    plain = {
        "study": str(verdict.study) if verdict.study else None,
        "n_numbers": verdict.n_numbers,
        "problems": [msgspec.to_builtins(problem) for problem in verdict.problems],
    }
    return msgspec.json.format(msgspec.json.encode(plain), indent=1).decode()
