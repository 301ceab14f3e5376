"""What can't all be true: records against themselves, a person's text against the records."""

import weakref
from collections.abc import Iterable

from report.audit.authors_text import lint_study
from report.audit.problems import Problem
from report.audit.records import audit_runs
from report.evidence.load import StudyView
from report.evidence.once import once
from report.evidence.run import Run
from report.evidence.sentences import Code, Sentence, listing, say
from training.records import Experiment

SHOWN = 5
"""Contradictions that are spelt out; the others are counted."""

_known: "weakref.WeakKeyDictionary[StudyView, dict[int, list[Problem]]]" = (
    weakref.WeakKeyDictionary()
)
"""Of every run that a view holds, by `id`: each section asks for its own, the first for all."""


def contradiction_notices(
    view: StudyView, experiments: list[Experiment] | None = None
) -> list[Sentence]:
    """Say where records, or a person's text, contradict what was measured.

    Args:
        experiments: Those of a section; None for the whole study and its texts.
    """
    if experiments is None:
        return _told(_problems(view, view.all_runs()), "Records contradict themselves") + _told(
            _linted(view), "The author’s text contradicts the records", not view.other_words
        )
    runs = [run for experiment in experiments for run in view.runs(experiment.id)]
    return _told(_problems(view, runs), "Records contradict themselves")


@once
def _linted(view: StudyView) -> list[Problem]:
    return lint_study(view)


def _problems(view: StudyView, runs: Iterable[Run]) -> list[Problem]:
    """Check runs that a view holds, each once."""
    known = _known.setdefault(view, {})
    found: list[Problem] = []
    for run in runs:
        if id(run) not in known:
            known[id(run)] = audit_runs(view, [run])
        found += known[id(run)]
    return found


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
