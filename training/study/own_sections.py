"""The `[sections]` tables of a study file: its own questions, and a person's words on them."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from training.errors import StudyError
from training.lookup import unknown_name
from training.records import StudySection
from training.study.experiments import SECTIONS
from training.study.outline import TAKEN, section_text

DATA = "data"
"""The report's section on the pictures, which shows a study's experiments of this name."""

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")

TEXTS = {"before_file": "before", "after_file": "after"}
"""Keys that name a Markdown file, and the field that its text becomes."""

KEYS = (*(n for n in StudySection.__struct_fields__ if n not in ("name", "pictures")), *TEXTS)

Where = Callable[[str, str, str], str]


def read_sections(
    tables: Mapping[str, Mapping[str, Any]], path: Path, where: Where
) -> dict[str, dict[str, Any]]:
    """Check sections, and put the texts of the files that they name in their place.

    Args:
        path: The study file; paths start from its folder.
        where: Says where a key of a table stands.

    Raises:
        StudyError: A name that can't be a section's, an unknown key, a wrong value, or a file that
            can't be read.
    """
    return {name: _section(name, fields, path, where) for name, fields in tables.items()}


def _section(name: str, fields: Mapping[str, Any], path: Path, where: Where) -> dict[str, Any]:
    at = where("sections", name, "")
    if not NAME.fullmatch(name):
        raise StudyError(
            f"In {at}: “{name}” can't name a section.",
            "Use lower-case letters, digits, “-” and “_”.",
        )
    if name in TAKEN and name != DATA:
        raise StudyError(f"In {at}: every report has a section “{name}”.", "Choose another name.")
    for key in fields:
        if key not in KEYS:
            raise unknown_name(f"key in {where('sections', name, key)}:", key, KEYS)
    filled = {key: value for key, value in fields.items() if key not in TEXTS}
    pictures: dict[str, str] = {}
    for key, field in TEXTS.items():
        if field in fields and key in fields:
            raise StudyError(f"In {at}: {field} and {key} can't both be.", "Remove one of them.")
        if field in fields or key in fields:
            place = where("sections", name, field if field in fields else key)
            filled[field], found = section_text(fields.get(field), fields.get(key), path, place)
            pictures |= found
    if pictures:
        filled["pictures"] = pictures
    try:
        msgspec.convert({"name": name, "title": "?"} | filled, StudySection)
    except msgspec.ValidationError as error:
        key = str(error).rpartition("`$.")[2].rstrip("`").partition("[")[0]
        raise StudyError(f"In {where('sections', name, key)}: {error}.") from error
    return filled


def sections_in(tables: Mapping[str, Mapping[str, Any]], extends: bool) -> dict[str, StudySection]:
    """Return the sections of a study file by name, in order; none where it has the homework's.

    Args:
        tables: As `read_sections` returns them.
        extends: They follow the homework's; a table of the name of one of those changes its words.
    """
    found = dict(SECTIONS) if extends else {}
    for name, fields in tables.items():
        known = found.get(name)
        usual = {"name": name, "title": name.replace("-", " ").replace("_", " ").capitalize()}
        start = msgspec.to_builtins(known) if known else usual
        found[name] = msgspec.convert(start | dict(fields), StudySection)
    return found
