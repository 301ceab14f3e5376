"""The appendix: where every record comes from, and the settings that other tables leave out."""

import shlex
from collections import Counter
from collections.abc import Iterator

import msgspec

from report.evidence.load import StudyView
from report.evidence.numbers import integer, plain
from report.evidence.once import once
from report.evidence.repeats import repeat_number, which_column
from report.evidence.run import Run
from report.evidence.sentences import Code, Name, Parts, listing, parts
from report.evidence.very_many import listed_in_tables, unlisted_note
from report.tables.cells import number_column, row
from report.tables.optimizer_options import options_in_words
from report.tables.views import Column, Row, Table
from training.records import OptimizerOptions, Spec
from training.records.spec_fields import SPEC_FIELDS

SHORT = 7
"""Digits shown of a hash; the records have all of them."""

FLAGS = {
    "--extras": True, "--no-extras": True, "--deterministic": True, "--change": False,
    "--dry-run": False, "--force": False, "--keep-weights": False, "--no-keep-weights": False,
    "--quiet": False, "-q": False, "--verbose": False, "-v": False,
}  # fmt: skip
"""Options of `homework run` without a value, and whether they decide what a record says."""

NOT_SETTINGS = ("--render", "--device")


def provenance(view: StudyView) -> Table:
    """Say of every record why it is there and what it was made from, one row a seed."""
    columns = (
        Column("Experiment"),
        number_column(which_column(view)),
        Column("Record"),
        Column("Why"),
        Column("Spec"),
        Column("Pictures"),
        Column("Where"),
        Column("Finished"),
    )
    keys = environment_keys(view)
    rows = tuple(_row(run, keys) for e in listed_in_tables(view) for run in view.runs(e.id))
    rows += tuple(
        row(parts(Code(e.id)), (), parts("not run yet"), *((),) * 5)
        for e in listed_in_tables(view)
        if not view.runs(e.id)
    )
    caption = parts(
        "Where every record comes from. Spec and pictures are the first digits of their "
        "fingerprints: equal digits stand for equal settings and equal pictures."
    )
    return Table("provenance", caption, columns, rows, unlisted_note(view))


def _row(run: Run, keys: dict[tuple[str | None, ...], str]) -> Row:
    metrics = run.metrics
    where = keys.get(environment_of(run), "")
    return row(
        parts(Code(run.id)),
        parts(plain(repeat_number(run))),
        _outcome(run),
        _why(run),
        parts(Code(metrics.spec_hash[:SHORT])) if metrics.spec_hash else (),
        parts(Code(metrics.dataset_fingerprint[:SHORT])) if metrics.dataset_fingerprint else (),
        parts(Name(where)) if where else (),
        parts(Name(metrics.finished_at[:10])) if metrics.finished_at else (),
    )


def _outcome(run: Run) -> Parts:
    if run.metrics.reused_from is not None:
        return parts("reused from ", Code(run.metrics.reused_from))
    return parts("ran" if run.metrics.status == "done" else run.metrics.status)


def _why(run: Run) -> Parts:
    """Say what an experiment was chosen from, or why there is no result."""
    if run.metrics.error:
        return parts(Name(run.metrics.error))
    selected = run.metrics.selected
    if selected is None:
        return ()
    rank = integer(run.number("/selected/rank"))
    pair_of = () if run.metrics.reused_from else ("with the pair of ", Code(selected.id), ", ")
    return parts(*pair_of, "rank ", rank, " of ", Code(selected.grid))


def environment_of(run: Run) -> tuple[str | None, ...]:
    """Return what makes two runs' surroundings the same; empty where none are recorded."""
    e = run.metrics.environment
    if e is None:
        return ()
    return (
        e.device_name, e.device, e.platform, e.python, e.torch, e.torchvision, e.homework,
        e.git_commit, str(e.n_threads), str(e.n_devices), str(e.n_machines),
    )  # fmt: skip


def in_each_environment(view: StudyView) -> list[Run]:
    """Return the first of the runs whose records share what they say of their surroundings."""
    found: dict[int, Run] = {}
    for run in view.all_runs():
        found.setdefault(id(run.metrics.environment), run)
    return list(found.values())


def environment_keys(view: StudyView) -> dict[tuple[str | None, ...], str]:
    """Return a short name for every distinct place where runs happened: A, B, …"""
    distinct = dict.fromkeys(environment_of(run) for run in in_each_environment(view))
    distinct.pop((), None)
    return {environment: _letters(i) for i, environment in enumerate(distinct)}


def _letters(i: int) -> str:
    return (_letters(i // 26 - 1) if i >= 26 else "") + chr(ord("A") + i % 26)


def other_settings(view: StudyView) -> Table | None:
    """List the fields of the runs' specs that the table of experiments doesn't show."""
    specs = [run.metrics.spec for run in view.all_runs() if run.metrics.spec is not None]
    if not specs:
        return None
    rows = [
        r
        for field, how in SPEC_FIELDS.items()
        if not how.in_list
        for r in _setting_rows(view, field, specs)
    ]
    columns = (Column("Setting"), Column("Value"), Column("Holds for"))
    caption = parts("What else was set: with the table of experiments this is every setting.")
    return Table("other-settings", caption, columns, tuple(rows), unlisted_note(view))


LATER = {known.name: known.default for known in msgspec.structs.fields(Spec) if not known.required}
"""Fields that records leave out at their default; where all runs have it, they aren't listed."""


def _setting_rows(view: StudyView, field: str, specs: list[Spec]) -> Iterator[Row]:
    values = [getattr(spec, field) for spec in specs]
    distinct = set(values)
    if field in LATER and distinct == {LATER[field]}:
        return
    numbers = Counter(map(repr, values)) if len(distinct) > 1 else Counter({repr(values[0]): 1})
    ordered = sorted(numbers, key=lambda value: numbers[value])
    by_value: dict[str, list[Run]] = {}
    for run in _listed(view):
        by_value.setdefault(repr(getattr(run.metrics.spec, field)), []).append(run)
    for written in ordered:
        members = by_value.get(written)
        if not members:
            continue
        value = _value(members[0], field)
        if not value and len(ordered) == 1:
            return
        ids = dict.fromkeys(run.id for run in members)
        holds = (
            parts("all experiments")
            if len(ordered) == 1
            else parts("all others")
            if written == ordered[-1]
            else listing(Code(i) for i in ids)
        )
        yield row(parts(SPEC_FIELDS[field].label), value or parts("none"), holds)


@once
def _listed(view: StudyView) -> list[Run]:
    """Return the runs with a spec of the experiments that tables list."""
    listed = {experiment.id for experiment in listed_in_tables(view)}
    return [run for run in view.all_runs() if run.id in listed and run.metrics.spec is not None]


def _value(run: Run, field: str) -> Parts:
    value = getattr(run.metrics.spec, field)
    if value is None or value in ((), ""):
        return ()
    if isinstance(value, str):
        return parts(Name(value[:16] if field == "weights_digest" else value))
    if isinstance(value, OptimizerOptions):
        return options_in_words(value, run.number, f"/spec/{field}")
    if isinstance(value, tuple):
        return listing(plain(run.number(f"/spec/{field}/{i}")) for i in range(len(value)))
    return parts(plain(run.number(f"/spec/{field}")))


def command_for(view: StudyView, experiment: str) -> str:
    """Return the command that runs an experiment again with this study's settings."""
    try:
        words = shlex.split(view.study.command)
    except ValueError:
        words = []
    kept: list[str] = []
    rest = iter(words[1:])
    for word in rest:
        if not word.startswith("-") or word in FLAGS:
            kept += [word] if FLAGS.get(word) else []
            continue
        value = [] if "=" in word else [next(rest, "")]
        if word.partition("=")[0] not in NOT_SETTINGS:
            kept += [word, *value]
    return shlex.join(["homework", "run", experiment, *kept, "--force"])
