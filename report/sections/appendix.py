"""The appendix: every experiment, its settings, its cost and how to run it again."""

from report.evidence.cost import time_of, total, trained
from report.evidence.load import StudyView
from report.evidence.numbers import duration
from report.evidence.sentences import Code, Parts, Quote, Sentence, parts, say
from report.findings.notices import notices
from report.sections import SECTIONS
from report.sections.view import SectionView
from report.tables.appendix import costs, environments, specifications
from report.tables.arithmetic import arithmetic
from report.tables.provenance import command_for, other_settings, provenance
from report.tables.speed import speeds


def build(view: StudyView) -> SectionView:
    """Make the appendix."""
    tables = {
        "specifications": specifications(view),
        "settings": other_settings(view),
        "provenance": provenance(view),
        "costs": costs(view),
        "arithmetic": arithmetic(view),
        "environments": environments(view),
        "speeds": speeds(view),
    }
    return SectionView(
        slug="appendix",
        title=SECTIONS["appendix"].title,
        notices=notices(view, view.listed),
        findings={"time": tuple(_time(view)), "caveats": tuple(_caveats(view))},
        facts={
            "command": _command(view),
            "again": parts(Code(command_for(view, "EXPERIMENT"))),
            "fingerprint": _fingerprint(view),
        },
        tables={name: table for name, table in tables.items() if table is not None},
    )


def _command(view: StudyView) -> Parts:
    return parts(Code(view.study.command or "homework run-all"))


def _fingerprint(view: StudyView) -> Parts:
    return parts(Code(view.dataset.fingerprint)) if view.dataset else parts("not known yet")


def _time(view: StudyView) -> list[Sentence]:
    """Sum the training time of all runs that trained."""
    spent = total(view, trained(view), time_of)
    if spent is None:
        return []
    return [say("Training took ", duration(spent), " in all, run after run.")]


def _caveats(view: StudyView) -> list[Sentence]:
    """Quote the caveats that records carry, each once, with the experiments that it is about."""
    about: dict[str, dict[str, None]] = {}
    quotes: dict[str, Quote] = {}
    with_records: dict[str, None] = {}
    for experiment in view.listed:
        for run in view.runs(experiment.id):
            with_records[experiment.id] = None
            for place, note in enumerate(run.metrics.notes):
                about.setdefault(note, {})[experiment.id] = None
                quotes.setdefault(note, run.quote(f"/notes/{place}"))
    return [
        say(*_named(list(ids), list(with_records)), ": ", quotes[note])
        for note, ids in about.items()
    ]


def _named(ids: list[str], everything: list[str]) -> Parts:
    """Name experiments; where they are most of all, name those that they don't include."""
    others = [name for name in everything if name not in ids]
    if len(ids) == 1 or len(others) > len(ids):
        return _listed(ids)
    return parts("All experiments", *(parts(" but ", *_listed(others)) if others else ()))


def _listed(ids: list[str]) -> Parts:
    names: list[Code | str] = []
    for name in ids:
        names += [", ", Code(name)] if names else [Code(name)]
    return parts(*names)
