"""The study file: a person's own title, data, list and overrides, in TOML."""

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from training.errors import StudyError
from training.folders import expanded
from training.lookup import unknown_name
from training.records import Experiment, Outline, Settings, StudyGrid, StudySection
from training.study.changed_tests import check_changes
from training.study.other_pictures import check_named, read_sets
from training.study.outline import read_outline
from training.study.own_sections import read_sections, sections_in
from training.study.places import header, lines_of
from training.study.recipe import check_names
from training.study.transforms import with_transforms

S = TypeVar("S", Settings, Experiment, StudySection)

HOMEWORK = "homework"
"""What a study file with sections of its own may extend."""

LIKE = "like"
"""In an experiment's table: the experiment whose fields it begins with."""

FROM = "from"
"""In an experiment's table: `best of` a grid, whose best member it takes fields from."""

RANK = "rank"
"""Beside `from`: 2 for the second best."""

ONLY_FOR, NOT_FOR = "only_for", "not_for"
"""Backbones with which an experiment is in the list, and with which it isn't."""

LIST_KEYS = (LIKE, FROM, RANK, ONLY_FOR, NOT_FOR)
"""Keys of an experiment's table that are no fields of `Experiment`."""

AT_MOST = "at_most"
"""Of a `batch_size`: the study's, but no more than this."""

NOT_IN_FILE = ("path", "text", "kept", "begun")
"""Fields of `StudyFile` that no study file says."""


class StudyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a study file may hold; every key is optional.

    Attributes:
        name: Of the study's folder below `runs/`.
        title: For the cover, as the next three.
        author: Who hands it in.
        course: What it is handed in for.
        abstract: A paragraph that opens the report.
        preset: The preset that its settings start from.
        data: Where the images come from.
        pictures: Name to `data` of further images, which experiments are tested on as well.
        extends: `homework`, so that sections of its own follow the homework's.
        settings: Overrides of `Settings`.
        sections: Section name to fields of `StudySection`; with any, the study has its own list.
        grids: Grid id to fields of `Experiment`, one to three of them with several values.
        experiments: Experiment id to fields of `Experiment`.
        report: How the report is arranged; None where the file doesn't say.
        path: Where it was read from.
        text: What was read.
        kept: Grids whose members are among the experiments already: of a study that is there.
        begun: Grids as the study's record has them: of those whose members are chosen from
            results, it knows some.
    """

    name: str = ""
    title: str = ""
    author: str = ""
    course: str = ""
    abstract: str = ""
    preset: str = ""
    data: str = ""
    pictures: dict[str, dict[str, Any]] = {}
    extends: str = ""
    settings: dict[str, Any] = {}
    sections: dict[str, dict[str, Any]] = {}
    grids: dict[str, dict[str, Any]] = {}
    experiments: dict[str, dict[str, Any]] = {}
    report: Outline | None = None
    path: str = ""
    text: str = ""
    kept: tuple[StudyGrid, ...] = ()
    begun: tuple[StudyGrid, ...] = ()

    @property
    def study_name(self) -> str:
        """The name of the study that this file describes, given no other on the command line."""
        return self.name or self.preset or "reference"

    @property
    def has_own_list(self) -> bool:
        """Whether its sections stand in the place of the homework's."""
        return bool(self.sections) and self.extends != HOMEWORK

    @property
    def study_sections(self) -> dict[str, StudySection]:
        """The study's sections by name; none where it has the homework's and no others."""
        return sections_in(self.sections, self.extends == HOMEWORK)

    def where(self, table: str, name: str = "", key: str = "") -> str:
        """Say where a table stands, or a key of it: file and line, as far as they are known."""
        named = header(table, name)
        if not self.path:
            return named
        lines = lines_of(self.text)
        place = (table, name) if name else (table,)
        line = lines.get((*place, key)) or lines.get(place)
        return f"{self.path}, line {line}, {named}" if line else f"{self.path}, {named}"


KEYS = tuple(name for name in StudyFile.__struct_fields__ if name not in NOT_IN_FILE)
"""What may stand at the top of a study file."""


def read_study_file(path: Path) -> StudyFile:
    """Read a study file; relative paths in it are taken from its folder.

    Raises:
        StudyError: The file is missing, isn't TOML, or holds an unknown key.
    """
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StudyError(
            f"Can't read the study file {path}: {reason}.",
            "`homework init` writes one to start from.",
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise StudyError(f"{path} is not valid TOML: {error}.") from error
    return study_file_of(raw, path, text)


def study_file_of(tables: Mapping[str, Any], path: Path, text: str = "") -> StudyFile:
    """Return the study file that these tables make.

    Args:
        tables: What TOML holds.
        path: Names the file in an error; relative paths are taken from its folder.
        text: What the file says, from which an error takes the line; empty for no lines.

    Raises:
        StudyError: An unknown key, or a value that can't be.
    """
    raw = dict(tables)
    for key in raw:
        if key not in KEYS:
            line = lines_of(text).get((key,))
            at = f", line {line}" if line else ""
            raise unknown_name(f"key in {path}{at}:", key, KEYS)
    table = raw.pop("report", None)
    if table is not None and not isinstance(table, dict):
        raise StudyError(f"In {path}: report must be a table.", "Write [report].")
    try:
        file = msgspec.convert({**raw, "path": str(path), "text": text}, StudyFile)
    except msgspec.ValidationError as error:
        raise StudyError(f"In {path}: {error}.") from error
    file = msgspec.structs.replace(file, sections=read_sections(file.sections, path, file.where))
    _check_tables(file)
    if table is not None:
        listed = tuple(file.study_sections.values())
        file = msgspec.structs.replace(file, report=read_outline(table, path, listed))
    if file.has_own_list and not file.name:
        file = msgspec.structs.replace(file, name=path.stem)
    return _with_absolute_paths(file, path.resolve().parent)


def _check_tables(file: StudyFile) -> None:
    if file.extends not in ("", HOMEWORK):
        raise unknown_name(f"study to extend in {file.path}:", file.extends, (HOMEWORK,))
    read_sets(file.pictures, file.where)
    convert_fields(file.settings, Settings, file, "settings")
    for experiment_id, fields in file.experiments.items():
        own = experiment_fields(fields, None, file.where("experiments", experiment_id))
        convert_fields(
            {"id": experiment_id, "question": "?"} | own,
            Experiment, file, "experiments", experiment_id, LIST_KEYS,
        )  # fmt: skip


def experiment_fields(
    fields: Mapping[str, Any], settings: Settings | None, where: str
) -> dict[str, Any]:
    """Return the fields of `Experiment` that a table holds, as they are under a study's settings.

    Raises:
        StudyError: `batch_size` is a table of something else than `at_most`.
    """
    own = {key: value for key, value in fields.items() if key not in LIST_KEYS}
    batch_size = own.get("batch_size")
    if isinstance(batch_size, dict):
        most = batch_size.get(AT_MOST)
        if list(batch_size) != [AT_MOST] or not isinstance(most, int) or most < 1:
            raise StudyError(
                f"In {where}: batch_size must be a number or {{ {AT_MOST} = 32 }}; found "
                f"{batch_size}."
            )
        own["batch_size"] = min(most, settings.batch_size) if settings else most
    return own


def convert_fields(
    fields: Mapping[str, Any],
    kind: type[S],
    file: StudyFile,
    table: str,
    name: str = "",
    more: tuple[str, ...] = (),
) -> S:
    """Turn a table's values into a record.

    Args:
        table: Names the table in an error, with `name`.
        more: Further keys that the table may hold, for the error of an unknown one.

    Raises:
        StudyError: An unknown field, or a value of the wrong kind.
    """
    valid: tuple[str, ...] = kind.__struct_fields__
    for key in fields:
        if key not in valid:
            line = file.where(table, name, key)
            raise unknown_name(f"field in {line}:", key, (*valid, *more))
    where = file.where(table, name)
    check_names(fields, where)
    check_changes(fields, where)
    check_named(fields, file.pictures, functools.partial(file.where, table, name))
    try:
        return msgspec.convert(with_transforms(fields, where), kind)
    except msgspec.ValidationError as error:
        key = str(error).rpartition("`$.")[2].rstrip("`").partition("[")[0]
        raise StudyError(f"In {file.where(table, name, key)}: {error}.") from error


def _with_absolute_paths(file: StudyFile, folder: Path) -> StudyFile:
    def absolute(value: Any, keywords: tuple[str, ...]) -> Any:
        if isinstance(value, list):
            return [absolute(each, keywords) for each in value]
        if not isinstance(value, str) or not value or value in keywords:
            return value
        return str(folder / expanded(value))

    def with_weights(tables: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {
            name: {
                key: absolute(value, ("none", "pretrained")) if key == "weights" else value
                for key, value in fields.items()
            }
            for name, fields in tables.items()
        }

    settings = dict(file.settings)
    if "weights" in settings:
        settings["weights"] = absolute(settings["weights"], ("imagenet", "sample"))
    groups = settings.get("groups")
    if isinstance(groups, str) and groups and (folder / Path(groups).expanduser()).is_file():
        settings["groups"] = absolute(groups, ())  # a file; else it is an expression

    def place(data: str) -> Any:
        keywords = ("caltech101", "sample")
        return data if data.startswith("torchvision:") else absolute(data, keywords)

    others = {name: {**each, "data": place(each["data"])} for name, each in file.pictures.items()}
    return msgspec.structs.replace(
        file,
        data=place(file.data),
        pictures=others,
        settings=settings,
        experiments=with_weights(file.experiments),
        grids=with_weights(file.grids),
    )
