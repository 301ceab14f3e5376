"""A study written in Python: the same tables as a study file's, read by the same reader."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Unpack

import msgspec

from training.errors import StudyError
from training.folders import expanded
from training.records import StudyRecord, write_bytes
from training.study.files import FROM, StudyFile, study_file_of
from training.study.python_tables import (
    ExperimentTable,
    GridTable,
    PicturesTable,
    Report,
    SectionTable,
    Settings,
    Text,
)
from training.study.resolve import build_study
from training.study.toml_text import toml_text

HERE = Path("the study")
"""How errors call a study that was read from no file; paths are taken from the current folder."""

NAME = "study"
"""Of a study with a list of its own that says none, as of one in a file `study.toml`."""


FROM_ = "from_"
"""How Python writes `from`, which it keeps to itself."""


class _Table:
    """A named table of a study file: its fields in the order in which they were given."""

    def __init__(self, name: str, fields: Mapping[str, object]) -> None:
        self.name = name
        self.given = dict(fields)

    @property
    def fields(self) -> dict[str, object]:
        """The fields by their names in a study file."""
        return {FROM if key == FROM_ else key: value for key, value in self.given.items()}

    def __repr__(self) -> str:
        said = [repr(self.name), *(f"{key}={value!r}" for key, value in self.given.items())]
        return f"{type(self).__name__}({', '.join(said)})"

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, type(self))
        return same and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), self.name))


class Pictures(_Table):
    """`[pictures.NAME]` of a study file: pictures that experiments are tested on as well.

    Args:
        name: As experiments call it in `test_on`.
        fields: The keys of `training.study.python_tables.PicturesTable`.
    """

    def __init__(self, name: str, /, **fields: Unpack[PicturesTable]) -> None:
        super().__init__(name, {**fields})


class Section(_Table):
    """`[sections.NAME]` of a study file.

    Args:
        name: The first part of its experiments' ids.
        fields: The keys of `training.study.python_tables.SectionTable`.
    """

    def __init__(self, name: str, /, **fields: Unpack[SectionTable]) -> None:
        super().__init__(name, {**fields})


class Grid(_Table):
    """`[grids."section/name"]` of a study file: experiments that differ in one to three fields.

    Args:
        id: `section/name`.
        fields: The keys of `training.study.python_tables.GridTable`. Their order is that of the
            values in its members' ids.
    """

    def __init__(self, id: str, /, **fields: Unpack[GridTable]) -> None:  # noqa: A002
        super().__init__(id, {**fields})


class Experiment(_Table):
    """`[experiments."section/name"]` of a study file.

    Args:
        id: `section/name`.
        fields: The keys of `training.study.python_tables.ExperimentTable`.
    """

    def __init__(self, id: str, /, **fields: Unpack[ExperimentTable]) -> None:  # noqa: A002
        super().__init__(id, {**fields})


KINDS: dict[str, type[_Table]] = {
    "pictures": Pictures,
    "sections": Section,
    "grids": Grid,
    "experiments": Experiment,
}
"""Tables with names, in the order in which a study file has them."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study, as a study file describes it; every argument is optional.

    Nothing is checked before it is used: by `record`, `write` or `run_study(study_file=…)`. Errors
    name tables and keys as those of a file.

    Args:
        name: Of the study's folder below `runs/`.
        title: For the cover, as the next three.
        author: Who hands it in.
        course: What it is handed in for.
        abstract: A paragraph that opens the report.
        preset: The preset that its settings start from.
        data: Where the images come from.
        pictures: Further images to test on.
        extends: `homework`, so that sections of its own follow the homework's.
        settings: What holds for all experiments.
        sections: With any, the study has a list of its own.
        grids: Experiments that differ in some fields.
        experiments: Single ones, new or changed.
        report: How the report is arranged.
    """

    name: str | None = None
    title: str | None = None
    author: str | None = None
    course: str | None = None
    abstract: str | None = None
    preset: Literal["reference", "quick"] | None = None
    data: Text | None = None
    pictures: Sequence[Pictures] = ()
    extends: Literal["homework"] | None = None
    settings: Settings = field(default_factory=Settings)
    sections: Sequence[Section] = ()
    grids: Sequence[Grid] = ()
    experiments: Sequence[Experiment] = ()
    report: Report | None = None

    def to_toml(self) -> str:
        """Return the study file that says the same.

        Raises:
            StudyError: Two tables of one name, or a value that TOML can't hold.
        """
        words = ("name", "title", "author", "course", "abstract", "preset", "data", "extends")
        tables: dict[str, Any] = {key: getattr(self, key) for key in words}
        tables["settings"] = self.settings or None
        for key, kind in KINDS.items():
            tables[key] = _by_name(key, kind, getattr(self, key)) or None
        tables["report"] = self.report
        return toml_text(tables)

    def file(self) -> StudyFile:
        """Return what a study file that says the same is read as.

        Raises:
            StudyError: What the reader of study files refuses.
        """
        file = study_file_of(tomllib.loads(self.to_toml()), HERE)
        return file if self.name else msgspec.structs.replace(file, name=_usual_name(file))

    def record(self) -> StudyRecord:
        """Return the study as it would be run: all settings and experiments. Nothing is run.

        Raises:
            StudyError: It can't be.
        """
        return build_study(None, self.file())

    def write(self, path: str | Path, overwrite: bool = False) -> Path:
        """Write the study file that says the same, and return its path.

        Args:
            overwrite: Also a file that says something else.

        Raises:
            StudyError: There is another file; the study can't be read; or a relative path in it
                would mean another place there.
        """
        place, text = expanded(path), self.to_toml()
        there = study_file_of(tomllib.loads(text), place)
        if _without_place(there) != _without_place(self.file()):
            raise StudyError(
                f"A relative path of the study would mean another place in {place}: it is taken "
                "from the study file’s folder.",
                f"Name whole paths, or write the file into {Path.cwd()}.",
            )
        self.record()
        if place.exists() and not overwrite and place.read_bytes() != text.encode():
            raise StudyError(
                f"{place} already exists.", "Choose another name, or pass overwrite=True."
            )
        write_bytes(place, text.encode())
        return place


def _by_name(key: str, kind: type[_Table], tables: Sequence[_Table]) -> dict[str, Any]:
    """Return tables by name, as TOML has them.

    Raises:
        StudyError: Two of one name.
        TypeError: One of another kind.
    """
    found: dict[str, Any] = {}
    for table in tables:
        if not isinstance(table, kind):
            raise TypeError(f"{key} of a study holds {kind.__name__}(…) only; found {table!r}.")
        if table.name in found:
            raise StudyError(
                f"In the study, {key}: “{table.name}” is there twice.", "Name each once."
            )
        found[table.name] = table.fields
    return found


def _usual_name(file: StudyFile) -> str:
    return NAME if file.has_own_list else ""


def _without_place(file: StudyFile) -> StudyFile:
    return msgspec.structs.replace(file, name="", path="", text="")
