"""`homework list`, `status` and `schema`: reading commands that import no torch."""

import functools
from collections.abc import Iterable, Iterator, Mapping

import click
import msgspec

from training.cli.options import PICTURE_SETTINGS, json_option, study_options
from training.garbage import not_collecting
from training.planning.plan import Plan, Step, fingerprints_of
from training.planning.to_come import all_to_come, searches
from training.planning.under_way import UnderWay, under_way
from training.records import (
    KINDS,
    Dataset,
    Metrics,
    Settings,
    StudyFolder,
    StudyRecord,
    json_schema,
    read_if_there,
)
from training.records.remote import with_urls
from training.study.rounds import told_in_words

STUDY_FILE = "study-file"
"""The kind of schema that is of no record."""


@click.command("list")
@study_options
@json_option
def list_experiments(study: StudyRecord, folder: StudyFolder, as_json: bool) -> None:
    """List the experiments with their questions; extras run only with --extras or by name.

    \b
    Examples:
        homework list
        homework list -f study.toml --json
    """
    if as_json:
        print_json(study.experiments)
        return
    width = max(len(experiment.id) for experiment in study.experiments)
    for experiment in study.experiments:
        extra = "  (extra)" if experiment.extra else ""
        click.echo(f"{experiment.id:{width}}  {experiment.question}{extra}")
    for grid in study.grids:
        if grid.to_come:
            click.echo(f"{grid.id:{width}}  {told_in_words(grid)}")


@click.command()
@functools.partial(study_options, last=True)
@json_option
@not_collecting()
def status(study: StudyRecord, folder: StudyFolder, as_json: bool) -> None:
    """Show the results so far of the study that the options describe, or of the latest one.

    \b
    Examples:
        homework status
        homework status --preset quick
        homework status -f study.toml --json
    """
    from training.study import select

    planned, listed = planned_from(study, folder), select(study, ())
    steps, to_come = planned.steps(listed), all_to_come(planned, listed)
    begun = under_way(folder, ((step.experiment.id, step.seed) for step in steps))
    if as_json:
        print_json(
            [
                as_plain(step) | {"record": record, "under_way": _under_way_plain(found)}
                for step, record, found in _rows(folder, steps, begun)
            ]
        )
        return
    n_done = sum(step.state == "done" for step in steps)
    n_running = sum(found.running for found in begun.values())
    click.echo(
        with_urls(f"{folder.path}: {n_done} of {len(steps) + len(to_come)} done")
        + (f", {n_running} running" if n_running else "")
    )
    which = study.settings.which_run
    lines = (
        f"{_status_line(step, f'{step.experiment.id}{which(step.seed)}', record, found)}\n"
        for step, record, found in _rows(folder, steps, begun)
    )
    click.echo("".join(lines), nl=False)
    for grid in searches(planned, listed):
        if grid.to_come:
            click.echo(f"{'–':9} {grid.id}: {told_in_words(grid)}")


def _rows(
    folder: StudyFolder, steps: Iterable[Step], begun: Mapping[tuple[str, int], UnderWay]
) -> Iterator[tuple[Step, Metrics | None, UnderWay | None]]:
    """Yield what is known of each step, one record at a time."""
    for step in steps:
        name = step.experiment.id, step.seed
        yield step, read_if_there(folder.metrics(*name), Metrics), begun.get(name)


def _under_way_plain(begun: UnderWay | None) -> dict[str, object] | None:
    if begun is None:
        return None
    return {"running": begun.running, "epochs": len(begun.curves.epoch) if begun.curves else None}


def _status_line(step: Step, name: str, record: Metrics | None, begun: UnderWay | None) -> str:
    if begun is not None and begun.running:
        return _running_line(step, name, begun)
    if begun is not None and step.state != "done":
        return f"{'–':9} {name}: interrupted; it resumes from its checkpoint"
    if record is None:
        return f"{'–':9} {name}: {step.reason}"
    parts = [f"{record.status:9} {name}"]
    if step.state == "stale":
        parts.append(f"stale: {step.reason}")
    if record.validation is not None:
        parts.append(f"validation {record.validation.accuracy:.1%}")
    if record.test is not None:
        parts.append(f"test {record.test.accuracy:.1%}")
    parts += [f"{test.pictures} {test.accuracy:.1%}" for test in record.other_tests or ()]
    if record.error:
        parts.append(record.error.splitlines()[0])
    return "  ".join(parts)


def _running_line(step: Step, name: str, begun: UnderWay) -> str:
    line = f"{'running':9} {name}"
    if begun.curves is None or not begun.curves.epoch:
        return line
    of = f" of {step.spec.epochs}" if step.spec else ""
    accuracy = begun.curves.validation_accuracy[-1]
    return f"{line}  epoch {begun.curves.epoch[-1]}{of}  validation {accuracy:.1%}"


@click.command()
@click.argument("kind", type=click.Choice([*KINDS, STUDY_FILE]), required=False, metavar="[KIND]")
def schema(kind: str | None) -> None:
    """Print the JSON Schema of a kind of record, of all of them, or of study files.

    KIND is study, dataset, metrics, curves or predictions: the file's name without .json; or
    study-file, for editors. Each schema says what every field means and refuses fields that there
    aren't. Without KIND a file must be one of the five.

    \b
    Examples:
        homework schema metrics > metrics.schema.json
        homework schema > records.schema.json
        homework schema study-file > study-file.schema.json
    """
    if kind == STUDY_FILE:
        from training.study.file_schema import study_file_schema

        print_json(study_file_schema())
        return
    print_json(json_schema(kind))


def planned_from(study: StudyRecord, folder: StudyFolder) -> Plan:
    """Hold a study's list against its records, and against the data set that they name.

    Images that would be chosen otherwise than last time are taken for another data set.
    """
    dataset = read_if_there(folder.dataset, Dataset)
    known = read_if_there(folder.study, StudyRecord)
    if dataset and known and _chosen(known.settings) != _chosen(study.settings):
        return Plan(study, folder, "")
    if dataset is None:
        return Plan(study, folder)
    others = fingerprints_of(dataset)
    was = {each.name: each.data for each in known.pictures or ()} if known else {}
    moved = [each.name for each in study.pictures or () if was.get(each.name) != each.data]
    return Plan(study, folder, dataset.fingerprint, others | dict.fromkeys(moved, ""))


def _chosen(settings: Settings) -> list[object]:
    """Return what decides which images are used and how they are divided."""
    others = ("allow_unreadable", "duplicates")
    chosen = [getattr(settings, name) for name in PICTURE_SETTINGS if name not in others]
    return [*chosen, settings.duplicates == "drop-from-train"]


def as_plain(step: Step) -> dict[str, object]:
    """Return what `--json` says of a step."""
    return {
        "id": step.experiment.id,
        "seed": step.seed,
        "state": step.state,
        "reason": step.reason,
        "spec": step.spec,
    }


def print_json(value: object) -> None:
    """Print a value of records and plain things as JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=1).decode())
