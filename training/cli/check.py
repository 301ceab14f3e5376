"""`homework check`: what a study file would run, and what can't work, before anything runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from training.byte_sizes import human_size
from training.cli.listing import planned_from, print_json
from training.cli.options import device_option, json_option, precision_option
from training.cli.plan import timing_by
from training.cli.runs_path import RunsPath
from training.durations import duration
from training.errors import DataError
from training.planning.plan import PENDING, Plan, Step
from training.plurals import counted
from training.records import StudyFolder, StudyRecord, matches_group
from training.run.run_options import RunOptions

if TYPE_CHECKING:
    from training.feasible import Feasible
    from training.forecast import Forecast


@dataclass(frozen=True)
class Checked:
    """What was found.

    Attributes:
        problems: What can't work.
        notes: What works, but may not be meant.
    """

    study: StudyRecord
    steps: list[Step]
    problems: list[str]
    notes: list[str]
    feasible: "Feasible"
    forecast: "Forecast | None"


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default=Path("study.toml"))
@click.option("--data", metavar="DIR", help="Images, in place of those that the file names.")
@click.option(
    "--runs", type=RunsPath(), default=Path("runs"), show_default=True,
    help="Where records are saved: what is done there doesn't count.",
)  # fmt: skip
@click.option(
    "--time/--no-time", "timed", default=True, show_default=True,
    help="Time a few batches of each kind of run, as `homework plan --time` does.",
)  # fmt: skip
@device_option
@precision_option
@json_option
@click.pass_context
def check(
    ctx: click.Context,
    /,
    file: Path,
    data: str | None,
    runs: Path,
    timed: bool,
    device: str,
    precision: str,
    as_json: bool,
) -> None:
    """Say what a study file would run, how long, how large, and what can't work.

    Nothing runs; only decoded images are written, to the cache folder. Code of your own that the
    file names is run to be timed. Exit 1 if something can't work.

    \b
    Examples:
        homework check study.toml
        homework check study.toml --no-time
    """
    from training.study import build_study, read_study_file

    study = build_study(None, read_study_file(file), {}, None, data)
    planned = planned_from(study, StudyFolder(runs / study.name))
    options = RunOptions(device=device, precision=precision, code_folders=(file.resolve().parent,))
    found = _look(planned, options, timed)
    if as_json:
        print_json(_plain(found))
    else:
        for line in _lines(found, file):
            click.echo(line)
    if found.problems:
        ctx.exit(1)


def _look(planned: Plan, options: RunOptions, timed: bool) -> Checked:
    from training.data.locate import check_located
    from training.feasible import feasible
    from training.study import select

    study = planned.study
    steps = planned.steps(planned.with_dependencies(select(study, ())))
    works = feasible(planned, steps, options.code_folders)
    problems = [f"{_some(each.experiments)}: {each.reason}" for each in works.obstacles]
    try:
        check_located(study.data)
    except DataError as error:
        problems.append(str(error))
    is_pending = any(step.state in PENDING for step in steps)
    forecast = None
    if timed and is_pending and not problems:
        forecast = timing_by(options)(planned, steps)
        problems += forecast.problems
    return Checked(study, steps, problems, list(_notes(study)), works, forecast)


def _some(names: tuple[str, ...]) -> str:
    """Name experiments, of many the first two."""
    if len(names) < 4:
        return ", ".join(names)
    return f"{', '.join(names[:2])} and {len(names) - 2} more"


def _notes(study: StudyRecord) -> Iterator[str]:
    """Say what could be run and may still not be meant."""
    if not any(experiment.test for experiment in study.experiments):
        yield "no experiment is tested: add test = true to those that the report is to compare"
    for section in study.sections:
        its = any(experiment.section == section.name for experiment in study.experiments)
        if not its and not section.grids and section.kind != "text":
            yield f"section {section.name} has no experiments"
    chosen = {e.choice.grid for e in study.experiments if e.choice is not None}
    for grid in study.grids:
        if grid.id not in chosen:
            yield f'nothing is chosen from {grid.id}: add an experiment, from = "best of {grid.id}"'


def _lines(found: Checked, file: Path) -> Iterator[str]:
    yield from _sections(found)
    pending = [step for step in found.steps if step.state in PENDING]
    trained = sum(step.experiment.role == "train" for step in pending)
    n_done = sum(step.state == "done" for step in found.steps)
    seeds = found.study.settings.seeds
    yield (
        f"{counted(trained, 'run')} to train, {counted(len(pending) - trained, 'run')} to take over"
        + (f", {n_done} done" if n_done else "")
        + (f", with {seeds} seeds" if seeds > 1 else "")
    )
    if found.forecast is not None:
        yield (
            f"about {duration(found.forecast.total)} on {found.forecast.device} in "
            f"{found.forecast.precision}, one run after another, not counting downloads"
        )
    yield from _sizes(found)
    for note in found.notes:
        yield f"note: {note}"
    for problem in found.problems:
        yield f"can't work: {problem}"
    yield (
        f"{file}: {counted(len(found.problems), 'thing')} can't work"
        if found.problems
        else (f"{file}: nothing was found that can't work")
    )


def _sections(found: Checked) -> Iterator[str]:
    rows = []
    for name in dict.fromkeys(step.experiment.section for step in found.steps):
        experiments = {
            s.experiment.id: s.experiment for s in found.steps if s.experiment.section == name
        }
        grids = {g.id for g in found.study.grids if g.id.partition("/")[0] == name}
        of_grids = sum(any(matches_group(e, grid) for grid in grids) for e in experiments)
        tested = sum(e.test for e in experiments.values())
        what = counted(len(experiments), "experiment")
        what += f", {of_grids} of a grid" if of_grids else ""
        rows.append((name, what + (f", {tested} tested" if tested else "")))
    width = max((len(name) for name, _ in rows), default=0)
    yield from (f"{name:{width}}  {what}" for name, what in rows)


def _sizes(found: Checked) -> Iterator[str]:
    works = found.feasible
    if works.n_kept:
        yield (
            f"about {human_size(works.kept_bytes)} of networks that are kept "
            f"({works.n_kept} tested), and some kilobytes of records a run"
        )
    if found.forecast is not None:
        from training.feasible import pixel_bytes

        n_bytes = pixel_bytes(_image_sizes(found), found.forecast.n_images)
        yield f"about {human_size(n_bytes)} of decoded images in the cache folder"


def _image_sizes(found: Checked) -> set[int]:
    usual = found.study.settings.image_size
    return {usual, *(step.experiment.image_size or usual for step in found.steps)}


def _plain(found: Checked) -> dict[str, Any]:
    """Return what `--json` says."""
    forecast = found.forecast
    return {
        "study": found.study.name,
        "to_run": [step.experiment.id for step in found.steps if step.state in PENDING],
        "n_seeds": found.study.settings.seeds,
        "seconds": forecast.total if forecast else None,
        "kept_network_bytes": found.feasible.kept_bytes,
        "problems": found.problems,
        "notes": found.notes,
    }
