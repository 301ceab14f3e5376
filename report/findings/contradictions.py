"""What can't all be true: records against themselves, a person's text against the records."""

from report.audit.authors_text import lint_study
from report.audit.problems import Problem
from report.audit.records import audit_runs
from report.evidence.load import StudyView
from report.evidence.once import once, once_a_run
from report.evidence.run import Run
from report.evidence.sentences import Code, Sentence, listing, say
from training.records import Experiment

SHOWN = 5
"""Contradictions that are spelt out; the others are counted."""


def contradiction_notices(
    view: StudyView, experiments: list[Experiment] | None = None
) -> list[Sentence]:
    """Say where records, or a person's text, contradict what was measured.

    Args:
        experiments: Those of a section; None for the whole study and its texts.
    """
    found = _problems(view)
    if experiments is not None:
        of_these = [p for e in experiments for p in found.get(e.id, ())] if found else []
        return _told(of_these, "Records contradict themselves")
    everywhere = [problem for problems in found.values() for problem in problems]
    return _told(everywhere, "Records contradict themselves") + _told(
        _linted(view), "The author’s text contradicts the records", not view.other_words
    )


@once
def _linted(view: StudyView) -> list[Problem]:
    return lint_study(view)


@once
def _problems(view: StudyView) -> dict[str, list[Problem]]:
    """Return what is wrong with runs, by their experiments."""
    found: dict[str, list[Problem]] = {}
    for run in view.all_runs():
        if not _is_sound(view, run):
            found.setdefault(run.id, []).extend(audit_runs(view, [run]))
    return found


@once_a_run
def _is_sound(view: StudyView, run: Run) -> bool:
    """Tell whether a run's records don't contradict themselves, each other, or their sources."""
    return not audit_runs(view, [run])


def _told(problems: list[Problem], what: str, verifiable: bool = True) -> list[Sentence]:
    """Say some problems and where to find all of them, or all where `verify` can't know them."""
    if not problems:
        return []
    named = [
        say(Code(problem.where), f" has “{problem.text}”, but {problem.problem}").parts
        for problem in (problems[:SHOWN] if verifiable else problems)
    ]
    if not verifiable:
        return [say(f"{what}: ", listing(named, "; and "), ".", strength="gap")]
    rest = " There are more of them." if len(problems) > SHOWN else ""
    return [
        say(f"{what}: ", listing(named, "; and "), f".{rest} ", Code("homework verify"),
            " lists them.", strength="gap")
    ]  # fmt: skip


def contradiction_remarks(view: StudyView) -> list[str]:
    """Say on the terminal what the report's banners say."""
    return [str(sentence) for sentence in contradiction_notices(view)]
