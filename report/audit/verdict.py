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
        n_sentences: Sentences that are as the records give them; tables and figures likewise.
        not_checked: What nothing was held against, each as a phrase.
    """

    study: Path | None
    n_numbers: int
    problems: tuple[Problem, ...]
    n_sentences: int = 0
    n_tables: int = 0
    n_figures: int = 0
    not_checked: tuple[str, ...] = ()

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


def summary(verdict: Verdict, source: str) -> Iterator[str]:
    """Yield the lines that end a verdict: what was checked, the outcome, and what wasn't."""
    n_errors = len(verdict.errors)
    outcome = f"{counted(n_errors, 'error')} found" if n_errors else "no errors found"
    yield f"{_checked(verdict)} checked against {source}: {outcome}."
    for what in verdict.not_checked:
        yield f"Not checked: {what}."


def _checked(verdict: Verdict) -> str:
    counts = (
        (verdict.n_numbers, "number"),
        (verdict.n_sentences, "sentence"),
        (verdict.n_tables, "table"),
        (verdict.n_figures, "figure"),
    )
    return ", ".join(counted(n, what).replace(str(n), f"{n:,}", 1) for n, what in counts if n)


def verdict_json(verdict: Verdict) -> str:
    """Return a verdict as JSON, for programs."""
    plain = {
        "study": str(verdict.study) if verdict.study else None,
        "n_numbers": verdict.n_numbers,
        "n_sentences": verdict.n_sentences,
        "n_tables": verdict.n_tables,
        "n_figures": verdict.n_figures,
        "not_checked": verdict.not_checked,
        "problems": [msgspec.to_builtins(problem) for problem in verdict.problems],
    }
    return msgspec.json.format(msgspec.json.encode(plain), indent=1).decode()
