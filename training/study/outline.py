"""The `[report]` table of a study file: order, what is left out, sections of one's own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from training.byte_sizes import human_size
from training.errors import StudyError
from training.folders import expanded
from training.lookup import unknown_name
from training.records import Outline, StudySection
from training.study.experiments import SECTIONS
from training.study.pictures import pictures_of

FIRST_SECTIONS = ("introduction", "data", "preprocessing")
LAST_SECTIONS = (
    "mistakes",
    "conclusion",
    "references",
    "background",
    "details",
    "appendix",
)
"""Sections that every report has, before and after those of its study."""

TAKEN = (*FIRST_SECTIONS, *LAST_SECTIONS, "figures")
"""What a study's own section can't be called, but for `data`: the report's section of this name
shows its experiments."""

HEATMAPS = SECTIONS["heatmaps"]
"""The homework's section on both of its grids, which has no experiments of its own."""


def shown_sections(sections: Sequence[StudySection] = ()) -> dict[str, StudySection]:
    """Return a study's sections that the report has one each for, by name and in its order.

    Args:
        sections: The study's own; empty for the homework's.
    """
    # The report's section on the data shows the experiments of a section of that name.
    listed = sections or SECTIONS.values()
    return {section.name: section for section in listed if section.name not in TAKEN}


def report_sections(sections: Sequence[StudySection] = ()) -> tuple[str, ...]:
    """Return the names of a report's sections in their usual order.

    `homework render --list-sections` prints them.

    Args:
        sections: The study's own; empty for the homework's.
    """
    return (*FIRST_SECTIONS, *shown_sections(sections), *LAST_SECTIONS)


REPORT_SECTIONS = report_sections()
"""The homework's."""

LARGEST_FILE_BYTES = 1_000_000
EXTRA_KEYS = ("title", "after", "markdown", "file")


def read_outline(
    table: Mapping[str, Any], path: Path, sections: Sequence[StudySection] = ()
) -> Outline:
    """Read the `[report]` table of a study file, and the Markdown files that it names.

    Args:
        path: The study file; `file` is taken from its folder.
        sections: The study's own; empty for the homework's.

    Raises:
        StudyError: An unknown key or section, a wrong value, or a file that can't be read.
    """
    where = f"{path}, [report]"
    _check_keys(table, Outline.__struct_fields__, where)
    extras = table.get("extra", [])
    if not isinstance(extras, list) or not all(isinstance(item, dict) for item in extras):
        raise StudyError(f"In {where}: extra must be a list of tables.", "Write [[report.extra]].")
    filled = [_with_text(item, number, path) for number, item in enumerate(extras, 1)]
    try:
        outline = msgspec.convert({**table, "extra": filled}, Outline)
    except msgspec.ValidationError as error:
        raise StudyError(f"In {where}: {error}.") from error
    check_outline(outline, where, sections)
    return outline


def check_outline(outline: Outline, where: str, sections: Sequence[StudySection] = ()) -> None:
    """Hold an outline to the sections that there are.

    Args:
        where: Names the table in an error.
        sections: The study's own; empty for the homework's.

    Raises:
        StudyError: An unknown section, one named twice, a title that is missing, or nothing left;
            or a section of the study has the name of one that every report has.
    """
    for section in sections:
        if section.name in TAKEN and section.name != "data":
            raise StudyError(
                f"In {where}: the study has a section “{section.name}”, and so has every report.",
                "Give it another name.",
            )
    known = report_sections(sections)
    for key in ("sections", "leave_out"):
        names: tuple[str, ...] = getattr(outline, key)
        for name in names:
            _check_section(name, f"{where}, {key}", known)
        for name in names:
            if names.count(name) > 1:
                raise StudyError(f"In {where}: {key} names “{name}” twice.", "Name it once.")
    for name in outline.sections:
        if name in outline.leave_out:
            raise StudyError(
                f"In {where}: “{name}” is in sections and in leave_out.", "Remove it from one."
            )
    for extra in outline.extra:
        if not extra.title.strip():
            raise StudyError(f"In {where}, extra: a section has no title.", 'Add title = "…".')
        _check_section(extra.after, f"{where}, extra “{extra.title}”, after", known)
    if not outline.extra and len(outline.leave_out) == len(known):
        raise StudyError(f"In {where}: leave_out leaves nothing of the report.")


def _check_section(name: str, where: str, known: Sequence[str]) -> None:
    if name not in known:
        raise unknown_name(f"section in {where}:", name, known)


def _check_keys(table: Mapping[str, Any], valid: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in valid:
            raise unknown_name(f"key in {where}:", key, valid)


def _with_text(extra: Mapping[str, Any], number: int, path: Path) -> dict[str, Any]:
    """Return an extra section's table with its text and pictures in place of their files."""
    where = f"{path}, [[report.extra]] number {number}"
    _check_keys(extra, EXTRA_KEYS, where)
    if ("markdown" in extra) == ("file" in extra):
        raise StudyError(
            f"In {where}: it needs exactly one text.",
            'Write either markdown = "…" or file = "notes.md".',
        )
    if "title" not in extra:
        raise StudyError(f"In {where}: it has no title.", 'Add title = "…".')
    rest = {key: value for key, value in extra.items() if key != "file"}
    text, pictures = section_text(extra.get("markdown"), extra.get("file"), path, where)
    return rest | {"markdown": text, "pictures": pictures}


def section_text(markdown: Any, file: Any, path: Path, where: str) -> tuple[Any, dict[str, str]]:
    """Return a person's Markdown, given or in a file, and the pictures beside it.

    Args:
        markdown: The text; None where there is a `file`. What isn't text is returned as it is.
        path: The study file; `file` is taken from its folder.
        where: Names the text in an error.

    Raises:
        StudyError: The file or a picture can't be read.
    """
    root = path.resolve().parent
    if file is None:
        found = pictures_of(markdown, root, root, where) if isinstance(markdown, str) else {}
        return markdown, found
    if not isinstance(file, str):
        raise StudyError(f"In {where}: file must be text.", 'Write file = "notes.md".')
    place = root / expanded(file)
    text = _read_text(place, where)
    return text, pictures_of(text, place.parent, root, where)


def _read_text(file: Path, where: str) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST_FILE_BYTES + 1)
        if len(content) > LARGEST_FILE_BYTES:
            raise StudyError(f"In {where}: {file} is larger than {human_size(LARGEST_FILE_BYTES)}.")
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn’t UTF-8 text"
        raise StudyError(
            f"In {where}: can’t read {file}: {reason}.",
            "A path in a study file is taken from the folder that the study file is in.",
        ) from error
