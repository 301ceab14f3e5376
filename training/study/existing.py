"""A study that is there already: its settings stand, and what would change them is named."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from training.errors import StudyError
from training.folders import expanded
from training.records import (
    Experiment,
    Settings,
    StudyFolder,
    StudyRecord,
    StudySection,
    code_in,
    read_if_there,
)
from training.study.experiments import SECTIONS
from training.study.files import HOMEWORK, StudyFile
from training.study.grids import SAMPLER
from training.study.lists import experiment_list, homework_list, with_epochs
from training.study.presets import PRESETS
from training.study.resolve import build_study, check_name

SHOWN = 5
"""Changes that a message lists; of more, it says how many there are."""

SAME_IN_EXPERIMENTS = {"model": "backbone", "epochs": "epochs", "batch_size": "batch_size"}
"""Fields of experiments and the settings that they follow."""

LISTS = ("backbone", "learning_rates", "optimizers")
"""Settings that decide which experiments there are."""


def described_study(
    runs: Path,
    preset: str | None = None,
    file: StudyFile | None = None,
    overrides: Mapping[str, Any] | None = None,
    name: str | None = None,
    data: str | None = None,
    change: bool = False,
) -> StudyRecord:
    """Resolve a study as `build_study` does, but go on with the one called `name` if it is there.

    Its settings are then those of its record. A study file describes a study completely; so it is
    compared as a whole, anything else one by one.

    Args:
        runs: The folder of studies.
        change: Let preset, file, overrides and data change that study.

    Raises:
        StudyError: They would change it, and `change` is false; or see `build_study`.
        RecordError: The study's record can't be read.
    """
    kept = _kept(runs, name)
    file = _with_rounds(file, runs, name)
    if kept is None:
        return build_study(preset, file, overrides, name, data)
    data = kept.data if data and _same_place(data, kept.data) else data
    given = (preset, file, data, *(overrides or {}).values())
    if all(value is None for value in given):
        _again(kept)  # whether it can be built
        return kept
    before = kept if file else _again(kept)
    after = build_study(preset, file or as_file(kept), overrides, kept.name, data)
    changes = list(_changes(before, after))
    if not changes and file is None:
        return kept
    if not changes or change:
        return after  # with the words of a study file, which change no settings
    more = [f"{len(changes) - SHOWN} more"] if len(changes) > SHOWN else []
    raise StudyError(
        f"{runs / kept.name} has other settings: {', '.join([*changes[:SHOWN], *more])}.",
        "To go on with it as it is, leave these options, variables or the study file out. To "
        "change it and run again what that affects, add --change. For a study beside it, choose "
        "another --study.",
    )


def _kept(runs: Path, name: str | None) -> StudyRecord | None:
    """Return the record of a study that is there, under the name of its folder."""
    if name is None:
        return None
    check_name(name)
    record = read_if_there(StudyFolder(runs / name).study, StudyRecord)
    return None if record is None else msgspec.structs.replace(record, name=name)


def _with_rounds(file: StudyFile | None, runs: Path, name: str | None) -> StudyFile | None:
    """Return a study file with what the record of its study knows of grids chosen from results."""
    if file is None or not any(SAMPLER in fields for fields in file.grids.values()):
        return file
    known = _kept(runs, name or file.study_name)
    return file if known is None else msgspec.structs.replace(file, begun=known.grids)


def _again(kept: StudyRecord) -> StudyRecord:
    """Return a study as this version would build it: its list may be another than it was."""
    return build_study(None, as_file(kept), {}, kept.name)


def check_code(study: StudyRecord, has_file: bool, backbone: str | None) -> None:
    """Refuse to import code that only the record of a study names: records come from anybody.

    Args:
        has_file: Whether a study file was named; whoever does that trusts it.
        backbone: The network that was named.

    Raises:
        StudyError: The study has a `module:function` that the person hasn't named.
    """
    named = [code_in(given) for given in (study.settings, *study.experiments)]
    code = sorted({name for some in named for name in some} - {backbone})
    if code and not has_file:
        raise StudyError(
            f"The records of {study.name} name code, {code[0]}, which isn't imported unasked.",
            "If you trust it, name the study file beside it, with -f FILE, or, if it is the "
            f"backbone, --backbone {code[0]}.",
        )


def as_file(study: StudyRecord) -> StudyFile:
    """Return the study file that describes a study, given nothing beside it."""
    preset = PRESETS.get(study.preset)
    usual = preset.settings if preset else Settings()
    return StudyFile(
        name=study.name,
        title=study.title,
        author=study.author,
        course=study.course,
        abstract=study.abstract,
        preset=study.preset,
        data=study.data,
        pictures={each.name: {"data": each.data} for each in study.pictures or ()},
        settings=_different(study.settings, usual),
        report=study.report,
        **_own_list(study) if _has_own_list(study) else _changes_of_list(study),
    )


def _has_own_list(study: StudyRecord) -> bool:
    """Tell whether a study goes without some of the homework's sections or experiments."""
    names = [section.name for section in study.sections]
    if not names or names[: len(SECTIONS)] != list(SECTIONS):
        return bool(names)
    usual = {e.id for e in experiment_list(study.settings) if not e.extra}
    return not usual <= {e.id for e in study.experiments}


def _own_list(study: StudyRecord) -> dict[str, Any]:
    """Return what a study file says of a list of its own; what follows settings follows them."""
    backbone = study.settings.backbone
    return {
        "sections": {section.name: _without_name(section) for section in study.sections},
        "experiments": {e.id: _as_own(e, backbone) for e in study.experiments},
        "kept": study.grids,
    }


def _changes_of_list(study: StudyRecord) -> dict[str, Any]:
    """Return what a study file adds to the homework's list and changes in it."""
    homework = homework_list(study.settings)
    usual = {e.id: e for e in with_epochs(homework.experiments, study.settings.epochs)}
    return {
        "extends": HOMEWORK if study.sections else "",
        "sections": {
            section.name: _without_name(section)
            for section in study.sections
            if section != SECTIONS.get(section.name)
        },
        "experiments": {
            e.id: fields
            for e in study.experiments
            if (
                fields := _different(e, usual[e.id])
                if e.id in usual
                else _as_own(e, study.settings.backbone if e.section not in SECTIONS else "")
            )
        },
        "kept": tuple(grid for grid in study.grids if grid.id not in homework.grids),
    }


def _as_own(experiment: Experiment, backbone: str) -> dict[str, Any]:
    """Return an experiment's table; its network goes unsaid where it is the study's backbone."""
    fields: dict[str, Any] = msgspec.to_builtins(experiment)
    del fields["id"]
    fields.pop("model", None)
    return fields if experiment.model == backbone else {"model": experiment.model} | fields


def _without_name(section: StudySection) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(section)
    return {key: value for key, value in fields.items() if key != "name"}


def _different(record: Settings | Experiment, usual: msgspec.Struct) -> dict[str, Any]:
    """Return the fields that differ from the usual ones, as a study file would hold them."""
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    return {
        name: msgspec.to_builtins(value)
        for name, value in fields.items()
        if getattr(usual, name) != value
    }


def _same_place(one: str, other: str) -> bool:
    places = expanded(one), expanded(other)
    return all(place.exists() for place in places) and places[0].samefile(places[1])


def _changes(before: StudyRecord, after: StudyRecord) -> Iterator[str]:
    """Say in words what differs; words of the report don't count."""
    for name in ("preset", "data"):
        if getattr(before, name) != getattr(after, name):
            yield _change(name, getattr(before, name), getattr(after, name))
    yield from _changes_of_pictures(before, after)
    changed = set()
    for name in Settings.__struct_fields__:
        was, now = getattr(before.settings, name), getattr(after.settings, name)
        if was != now:
            changed.add(name)
            yield _change(name, was, now)
    yield from _changes_of_experiments(before, after, changed)


def _changes_of_pictures(before: StudyRecord, after: StudyRecord) -> Iterator[str]:
    """Say which further data sets are others; one that is new changes nothing that was there."""
    was, now = (
        {each.name: each.data for each in study.pictures or ()} for study in (before, after)
    )
    for name, data in was.items():
        if name in now and now[name] != data:
            yield _change(f"pictures.{name}, data", data, now[name])


def _changes_of_experiments(
    before: StudyRecord, after: StudyRecord, settings: set[str]
) -> Iterator[str]:
    """Say what differs in experiments beside what follows from these settings.

    Extras that this version has and an older one hadn't are no change.
    """
    was = {experiment.id: experiment for experiment in before.experiments}
    now = {experiment.id: experiment for experiment in after.experiments}
    if settings.isdisjoint(LISTS):
        usual = {e.id for e in experiment_list(after.settings) if e.extra}
        added = (name for name in now if name not in was and name not in usual)
        yield from (f"{name} isn't in its list" for name in added)
        yield from (f"{name} would be left out" for name in was if name not in now)
    for name in filter(now.__contains__, was):
        for field in Experiment.__struct_fields__:
            one, other = getattr(was[name], field), getattr(now[name], field)
            if one != other and SAME_IN_EXPERIMENTS.get(field) not in settings:
                yield _change(f"{name}, {field}", one, other)


def _change(name: str, was: object, now: object) -> str:
    return f"{name} {in_words(was)} (asked for: {in_words(now)})"


def in_words(value: object) -> str:
    """Return a setting's value for a person: no Python, and a word for what isn't set."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {in_words(of_it)}" for name, of_it in value.items())
    if isinstance(value, tuple | list):
        return ", ".join(map(in_words, value)) or "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    return "not set" if value is None or value == "" else str(value)
