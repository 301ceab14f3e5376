"""`homework config`: what a study's settings are, and where each comes from."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from click.core import ParameterSource

from training.cli.options import SETTINGS, json_option, study_options
from training.records import StudyFolder, StudyRecord
from training.records.remote import with_urls

if TYPE_CHECKING:
    from training.study import StudyFile

WORDS = ("title", "author", "course", "abstract")


@click.command()
@study_options
@json_option
@click.pass_context
def config(ctx: click.Context, /, study: StudyRecord, folder: StudyFolder, as_json: bool) -> None:
    """Show every setting of a study and where it comes from.

    Flags override environment variables, which override the study file, which overrides the
    preset. The settings of a study that is there already, named by --study, are its own.

    \b
    Examples:
        homework config -f study.toml --epochs 5
        homework config --study example
        HOMEWORK_BATCH_SIZE=32 homework config --preset quick --json
    """
    from training.study import StudyFile, as_file, in_words, read_study_file

    path: Path | None = ctx.params["study_file"]
    if path is not None:
        rows = list(_rows(ctx, study, read_study_file(path), f"study file {path}"))
    elif ctx.params["study"] and folder.study.is_file():
        source = f"study {with_urls(str(folder.path))}"
        rows = list(_rows(ctx, study, as_file(study), source))
    else:
        rows = list(_rows(ctx, study, StudyFile(), ""))
    if as_json:
        plain = [{"setting": name, "value": value, "from": origin} for name, value, origin in rows]
        click.echo(msgspec.json.format(msgspec.json.encode(plain), indent=1).decode())
        return
    texts = [(name, in_words(value), origin) for name, value, origin in rows]
    widths = [max(len(row[i]) for row in texts) for i in range(2)]
    for name, value, origin in texts:
        click.echo(f"{name:{widths[0]}}  {value:{widths[1]}}  {origin}")


def _rows(
    ctx: click.Context, study: StudyRecord, file: "StudyFile", in_file: str
) -> list[tuple[str, Any, str]]:
    preset = f"preset {study.preset}"
    rows: list[tuple[str, Any, str]] = [
        ("preset", study.preset, _given(ctx, "preset") or (in_file if file.preset else "default")),
        ("study", study.name, _given(ctx, "study") or (in_file if file.name else preset)),
        ("data", study.data, _origin_of_data(ctx, study, in_file if file.data else preset)),
    ]
    rows += [
        (name, getattr(study, name), in_file if getattr(file, name) else preset) for name in WORDS
    ]
    for name, value in msgspec.to_builtins(study.settings).items():
        given = _given(ctx, name) if name in SETTINGS else ""
        rows.append((name, value, given or (in_file if name in file.settings else preset)))
    rows += [
        (f"{experiment_id}: {name}", value, in_file)
        for experiment_id, fields in [*file.grids.items(), *file.experiments.items()]
        for name, value in fields.items()
    ]
    return rows


def _origin_of_data(ctx: click.Context, study: StudyRecord, otherwise: str) -> str:
    origin = _given(ctx, "data") or otherwise
    folder = os.environ.get("HOMEWORK_DATA")
    if study.data == "caltech101" and folder:
        return f"{origin}; in {folder} (variable HOMEWORK_DATA)"
    return origin


def _given(ctx: click.Context, name: str) -> str:
    """Return the flag or variable that a value was given by, or nothing."""
    source = ctx.get_parameter_source(name)
    parameter = next(p for p in ctx.command.params if p.name == name)
    if source is ParameterSource.COMMANDLINE:
        return f"flag {parameter.opts[0]}"
    if source is ParameterSource.ENVIRONMENT:
        return f"variable {parameter.envvar}"
    return ""
