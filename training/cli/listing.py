"""`homework list`, `plan`, `status` and `schema`: reading commands that import no torch."""

import functools
from collections import Counter

import click
import msgspec

from training.cli.options import json_option, study_options
from training.plan import Plan, Step
from training.records import (
    Dataset,
    Metrics,
    StudyFolder,
    StudyRecord,
    json_schema,
    read_if_there,
)


@click.command("list")
@study_options
@json_option
def list_experiments(study: StudyRecord, folder: StudyFolder, as_json: bool) -> None:
    """List the experiments with their questions; extras run only when asked for.

    \b
    Examples:
        homework list
        homework list -f study.toml --json
    """
    if as_json:
        _print_json(study.experiments)
        return
    width = max(len(experiment.id) for experiment in study.experiments)
    for experiment in study.experiments:
        extra = "  (extra)" if experiment.extra else ""
        click.echo(f"{experiment.id:{width}}  {experiment.question}{extra}")


@click.command()
@click.argument("names", nargs=-1, metavar="[SECTION|EXPERIMENT]…")
@study_options
@json_option
def plan(names: tuple[str, ...], study: StudyRecord, folder: StudyFolder, as_json: bool) -> None:
    """Show what would run, what is done, and why, for the study that the options describe.

    \b
    Examples:
        homework plan --preset quick
        homework plan transfer -f study.toml --epochs 5
    """
    show_plan(study, folder, names, as_json)


def show_plan(
    study: StudyRecord, folder: StudyFolder, names: tuple[str, ...], as_json: bool = False
) -> None:
    """Print what running some experiments would do; no names stand for the whole list."""
    from training.study import select

    planned = _plan(study, folder)
    steps = planned.steps(planned.with_dependencies(select(study, names)))
    if as_json:
        _print_json([_as_json(step) for step in steps])
        return
    for step in steps:
        seed = f" (seed {step.seed})" if study.settings.seeds > 1 else ""
        click.echo(f"{step.state:8} {step.experiment.id}{seed}: {step.reason}")
    counts = Counter(step.state for step in steps)
    click.echo(", ".join(f"{n} {state}" for state, n in counts.items()) or "nothing to do")


@click.command()
@functools.partial(study_options, last=True)
@json_option
def status(study: StudyRecord, folder: StudyFolder, as_json: bool) -> None:
    """Show what the records say so far: of the study written last, or that the options describe.

    \b
    Examples:
        homework status
        homework status --preset quick
        homework status -f study.toml --json
    """
    from training.study import select

    steps = _plan(study, folder).steps(select(study, ()))
    rows = [
        (step, read_if_there(folder.metrics(step.experiment.id, step.seed), Metrics))
        for step in steps
    ]
    if as_json:
        _print_json([_as_json(step) | {"record": record} for step, record in rows])
        return
    click.echo(f"{folder.path}: {sum(step.state == 'done' for step in steps)} of {len(steps)} done")
    for step, record in rows:
        click.echo(_status_line(step, record))


def _status_line(step: Step, record: Metrics | None) -> str:
    if record is None:
        return f"{'–':9} {step.experiment.id}: {step.reason}"
    parts = [f"{record.status:9} {step.experiment.id}"]
    if step.state == "stale":
        parts.append(f"stale: {step.reason}")
    if record.validation is not None:
        parts.append(f"validation {record.validation.accuracy:.1%}")
    if record.test is not None:
        parts.append(f"test {record.test.accuracy:.1%}")
    if record.error:
        parts.append(record.error.splitlines()[0])
    return "  ".join(parts)


@click.command()
def schema() -> None:
    """Print the JSON Schema of every record file.

    \b
    Examples:
        homework schema > records.schema.json
    """
    _print_json(json_schema())


def _plan(study: StudyRecord, folder: StudyFolder) -> Plan:
    dataset = read_if_there(folder.dataset, Dataset)
    return Plan(study, folder, dataset.fingerprint if dataset else None)


def _as_json(step: Step) -> dict[str, object]:
    return {
        "id": step.experiment.id,
        "seed": step.seed,
        "state": step.state,
        "reason": step.reason,
        "spec": step.spec,
    }


def _print_json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=1).decode())
