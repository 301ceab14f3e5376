"""Further data sets that a study file names, `[pictures.NAME]`, and who is tested on them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from training.errors import StudyError
from training.lookup import unknown_name
from training.records import Experiment, PictureSet, StudyRecord

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
KEYS = ("data",)
"""What a table `[pictures.NAME]` may hold."""

Where = Callable[..., str]
"""Says where a table of the study file stands, or a key of it."""


def read_sets(tables: Mapping[str, Mapping[str, Any]], where: Where) -> None:
    """Refuse tables of further data sets that say nothing, or something unknown.

    Raises:
        StudyError: One does; the message says in which line.
    """
    for name, table in tables.items():
        at = where("pictures", name)
        if not NAME.fullmatch(name):
            raise StudyError(
                f"In {at}: “{name}” can’t name pictures.",
                "Write a word of lower-case letters, digits, “-” and “_”, such as "
                "[pictures.sketches].",
            )
        for key in table:
            if key not in KEYS:
                raise unknown_name(f"key in {where('pictures', name, key)}:", key, KEYS)
        data = table.get("data")
        if not isinstance(data, str) or not data.strip():
            raise StudyError(
                f"In {at}: it doesn’t say where its pictures are.",
                'Add data = "FOLDER", as the study’s own images are named.',
            )


def check_named(fields: Mapping[str, Any], known: Iterable[str], where: Where) -> None:
    """Refuse `test_on` that names what the study file doesn't describe.

    Args:
        fields: Of an experiment's table.
        where: Says where a key of the table stands.

    Raises:
        StudyError: With the nearest right word.
    """
    given, valid = fields.get("test_on"), list(known)
    for name in given if isinstance(given, list | tuple) else ():
        if not isinstance(name, str):
            continue
        if not valid:
            raise StudyError(
                f"In {where('test_on')}: test_on names “{name}”, but the study file describes no "
                "further pictures.",
                f'Add [pictures.{name}] with data = "FOLDER".',
            )
        if name not in valid:
            raise unknown_name(f"pictures in {where('test_on')}, test_on:", name, valid)
        if list(given or ()).count(name) > 1:
            raise StudyError(f"In {where('test_on')}: test_on has {name!r} twice.", "Name it once.")


def check_tested(experiments: Iterable[Experiment]) -> None:
    """Refuse `test_on` of experiments that aren't tested.

    Raises:
        StudyError: One has it.
    """
    for experiment in experiments:
        if experiment.test_on and not experiment.test:
            raise StudyError(
                f"{experiment.id}: test_on names further pictures, but it isn't tested.",
                "Add test = true, or leave test_on out.",
            )


def sets_of(study: StudyRecord) -> tuple[PictureSet, ...]:
    """Return the further data sets that a study tests on, in the order of its file."""
    named = {name for experiment in study.experiments for name in experiment.test_on}
    return tuple(each for each in study.pictures or () if each.name in named)


def unused_sets(study: StudyRecord) -> Sequence[str]:
    """Return the names of the further data sets that no experiment is tested on."""
    used = {each.name for each in sets_of(study)}
    return [each.name for each in study.pictures or () if each.name not in used]
