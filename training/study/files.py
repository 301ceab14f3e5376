"""The study file: a person's own title, data and overrides, in TOML."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from training.errors import StudyError
from training.folders import expanded
from training.lookup import unknown_name
from training.records import Experiment, Outline, Settings
from training.study.outline import read_outline
from training.study.recipe import check_names
from training.study.transforms import with_transforms

S = TypeVar("S", Settings, Experiment)


LIKE = "like"
"""In an experiment's table: the experiment whose fields it begins with."""


class StudyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a study file may hold; every key is optional.

    Attributes:
        settings: Overrides of `Settings`.
        experiments: Experiment id to overrides of `Experiment`; a new id needs a `model`.
        report: How the report is arranged; None where the file doesn't say.
    """

    name: str = ""
    title: str = ""
    author: str = ""
    course: str = ""
    abstract: str = ""
    preset: str = ""
    data: str = ""
    settings: dict[str, Any] = {}
    experiments: dict[str, dict[str, Any]] = {}
    report: Outline | None = None

    @property
    def study_name(self) -> str:
        """The name of the study that this file describes, given no other on the command line."""
        return self.name or self.preset or "reference"


def read_study_file(path: Path) -> StudyFile:
    """Read a study file; relative paths in it are taken from its folder.

    Raises:
        StudyError: The file is missing, isn't TOML, or holds an unknown key.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StudyError(
            f"Can't read the study file {path}: {reason}.",
            "`homework init` writes one to start from.",
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise StudyError(f"{path} is not valid TOML: {error}.") from error
    for key in raw:
        if key not in StudyFile.__struct_fields__:
            raise unknown_name(f"key in {path}:", key, StudyFile.__struct_fields__)
    table = raw.pop("report", None)
    if table is not None and not isinstance(table, dict):
        raise StudyError(f"In {path}: report must be a table.", "Write [report].")
    try:
        file = msgspec.convert(raw, StudyFile)
    except msgspec.ValidationError as error:
        raise StudyError(f"In {path}: {error}.") from error
    _check_tables(file, path)
    if table is not None:
        file = msgspec.structs.replace(file, report=read_outline(table, path))
    return _with_absolute_paths(file, path.resolve().parent)


def _check_tables(file: StudyFile, path: Path) -> None:
    convert_fields(file.settings, Settings, f"{path}, [settings]")
    for experiment_id, fields in file.experiments.items():
        where = f'{path}, [experiments."{experiment_id}"]'
        own = {key: value for key, value in fields.items() if key != LIKE}
        convert_fields({"id": experiment_id, "question": "?"} | own, Experiment, where)


def convert_fields(fields: Mapping[str, Any], kind: type[S], where: str) -> S:
    """Turn a table's values into a record.

    Args:
        where: Names the table in an error.

    Raises:
        StudyError: An unknown field, or a value of the wrong kind.
    """
    valid = kind.__struct_fields__
    for key in fields:
        if key not in valid:
            raise unknown_name(f"field in {where}:", key, valid)
    check_names(fields, where)
    try:
        return msgspec.convert(with_transforms(fields, where), kind)
    except msgspec.ValidationError as error:
        raise StudyError(f"In {where}: {error}.") from error


def _with_absolute_paths(file: StudyFile, folder: Path) -> StudyFile:
    def absolute(value: Any, keywords: tuple[str, ...]) -> Any:
        if not isinstance(value, str) or not value or value in keywords:
            return value
        return str(folder / expanded(value))

    settings = dict(file.settings)
    if "weights" in settings:
        settings["weights"] = absolute(settings["weights"], ("imagenet", "sample"))
    groups = settings.get("groups")
    if isinstance(groups, str) and groups and (folder / Path(groups).expanduser()).is_file():
        settings["groups"] = absolute(groups, ())  # a file; else it is an expression
    experiments = {
        name: {
            key: absolute(value, ("none", "pretrained")) if key == "weights" else value
            for key, value in fields.items()
        }
        for name, fields in file.experiments.items()
    }
    return msgspec.structs.replace(
        file,
        data=file.data
        if file.data.startswith("torchvision:")
        else absolute(file.data, ("caltech101", "sample")),
        settings=settings,
        experiments=experiments,
    )
