"""The homework's sections; `homework.toml` beside this module is its whole list."""

import tomllib
from pathlib import Path

import msgspec

from training.records import StudyRecord, StudySection

HOMEWORK_FILE = Path(__file__).with_name("homework.toml")
"""The homework as a study file."""

SECTIONS: dict[str, StudySection] = {
    name: msgspec.convert({"name": name} | fields, StudySection)
    for name, fields in tomllib.loads(HOMEWORK_FILE.read_text(encoding="utf-8"))["sections"].items()
}
"""The homework's sections."""


def sections_of(study: StudyRecord) -> dict[str, StudySection]:
    """Return a study's sections by name: its own, or, where it lists none, the homework's."""
    return {section.name: section for section in study.sections} or SECTIONS
