"""Have some of a submission's runs made again: `homework reproduce`, in a process of its own.

This package reads records and never imports torch; and a network that takes all the memory, or ends
its process, ends no grading.
"""

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from report.audit.problems import Problem
from report.grading.submissions import Submission

SAID = {"same": "the same", "within rounding": "within rounding", "different": "not the same"}


class Difference(msgspec.Struct, frozen=True):
    """See `training.reproduce.compare.Difference`; the fields that are read here."""

    file: str
    field: str
    recorded: Any
    again: Any
    epoch: int | None


class Answer(msgspec.Struct, frozen=True):
    """See `training.reproduce.answers.Answer`; the fields that are read here."""

    id: str
    seed: int
    verdict: str
    trained: bool
    reason: str
    differences: list[Difference]


class _Answers(msgspec.Struct, frozen=True):
    answers: list[Answer]


@dataclass(frozen=True)
class Reproduced:
    """What making runs of a submission again gave.

    Attributes:
        said: For a table: how many came out how; “not checked” if none was made again.
        problems: What came out differently.
        not_checked: Why runs couldn't be made again, each as a phrase.
    """

    said: str
    problems: tuple[Problem, ...] = ()
    not_checked: tuple[str, ...] = ()


def reproduce(
    submission: Submission, minutes: float, data: str | None, say: Callable[[str], None]
) -> Reproduced:
    """Make a few runs of a submission again, those attached to its report if it has no records.

    Args:
        minutes: What all of them may take together.
        data: Where the images are, if elsewhere than the study says.
        say: Told each line of progress.
    """
    place = submission.study or next(iter(submission.reports), None)
    if place is None:
        return Reproduced("")
    command = [sys.executable, "-P", "-m", "training", "reproduce", str(place.resolve()), "--json"]
    command += ["--minutes", f"{minutes:g}", *(["--data", data] if data else [])]
    answers, last = _answers(command, say)
    if answers is None:
        return Reproduced("not checked", (), (f"its runs, made again: {last}",))
    counts = Counter(answer.verdict for answer in answers)
    said = ", ".join(f"{counts[name]} {text}" for name, text in SAID.items() if counts[name])
    return Reproduced(
        said or "not checked",
        tuple(problem for answer in answers for problem in _problems(answer)),
        tuple(_not_checked(answers)),
    )


def _answers(command: list[str], say: Callable[[str], None]) -> tuple[list[Answer] | None, str]:
    """Return the answers; None and the reason where the command ended without any."""
    errors: list[str] = []
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stderr is not None
        for line in process.stderr:
            errors.append(line.strip())
            say(line.rstrip())
        code = process.wait()
        output.seek(0)
        try:
            return msgspec.json.decode(output.read(), type=_Answers).answers, ""
        except msgspec.MsgspecError:
            pass
    reasons = [line.removeprefix("Error: ") for line in errors if line.startswith("Error: ")]
    return None, reasons[-1] if reasons else f"it ended with {code}"


def _problems(answer: Answer) -> list[Problem]:
    if answer.verdict != "different":
        return []
    run = f"{answer.id}/seed-{answer.seed}"
    return [
        Problem(
            f"{run}/{found.file}",
            str(found.recorded),
            f"made again, {found.field or found.file}{_epoch(found)} is {found.again}",
        )
        for found in answer.differences
    ]


def _epoch(found: Difference) -> str:
    return f" of epoch {found.epoch}" if found.epoch else ""


def _not_checked(answers: list[Answer]) -> list[str]:
    """Return each reason once, with the runs that it holds for."""
    names: dict[str, list[str]] = {}
    for answer in answers:
        if answer.verdict == "not checked":
            names.setdefault(answer.reason, []).append(answer.id)
    return [
        f"{ids[0]}{f' and {len(ids) - 1} more' if len(ids) > 1 else ''}, made again: {reason}"
        for reason, ids in names.items()
    ]
