"""`homework check`: what a study file would run, and what can't work, before anything runs."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from training.byte_sizes import human_size
from training.cli.listing import planned_from, print_json
from training.cli.options import (
    check_trusted_code,
    code_folders,
    device_option,
    json_option,
    precision_option,
    study_options,
)
from training.cli.plan import timing_by
from training.durations import duration
from training.errors import DataError
from training.planning.plan import PENDING, Plan, Step
from training.planning.to_come import all_to_come
from training.plurals import counted
from training.records import StudyFolder, StudyRecord, matches_group
from training.run.run_options import RunOptions
from training.study.other_pictures import unused_sets
from training.study.rounds import told_in_words

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


def _of_file(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a study file be named without -f."""

    @functools.wraps(command)
    def with_file(*, file: Path | None, **others: Any) -> Any:
        if file is not None:
            others["study_file"] = click.get_current_context().params["study_file"] = file
        return command(**others)

    a_file = click.Path(path_type=Path, dir_okay=False)
    return click.argument("file", type=a_file, required=False)(with_file)


@click.command()
@_of_file
@study_options
@click.option(
    "--time/--no-time", "timed", default=True, show_default=True,
    help="Time a few batches of each kind of run, as `homework plan --time` does.",
)  # fmt: skip
@device_option
@precision_option
@json_option
def check(
    study: StudyRecord,
    folder: StudyFolder,
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
        homework check study.toml --data ~/flowers --no-time
    """
    ctx = click.get_current_context()
    check_trusted_code(ctx, study)
    options = RunOptions(device=device, precision=precision, code_folders=code_folders(ctx))
    found = _look(planned_from(study, folder), options, timed)
    if as_json:
        print_json(_plain(found))
    else:
        for line in _lines(found, str(ctx.params["study_file"] or study.name)):
            click.echo(line)
    if found.problems:
        ctx.exit(1)


def _look(planned: Plan, options: RunOptions, timed: bool) -> Checked:
    from training.data.locate import check_located
    from training.data.others_ahead import others_in_words
    from training.feasible import feasible
    from training.study import select

    study = planned.study
    listed = planned.with_dependencies(select(study, ()))
    steps = [*planned.steps(listed), *all_to_come(planned, listed)]
    works = feasible(planned, steps, options.code_folders)
    problems = [f"{_some(each.experiments)}: {each.reason}" for each in works.obstacles]
    notes = list(_notes(study))
    try:
        check_located(study.data)
        notes += others_in_words(study)
    except DataError as error:
        problems.append(str(error))
    is_pending = any(step.state in PENDING for step in steps)
    forecast = None
    if timed and is_pending and not problems:
        forecast = timing_by(options)(planned, steps)
        problems += forecast.problems
    return Checked(study, steps, problems, notes, works, forecast)


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
    for name in unused_sets(study):
        yield f'nothing is tested on the pictures “{name}”: add test_on = ["{name}"] somewhere'
    chosen = {e.choice.grid for e in study.experiments if e.choice is not None}
    for grid in study.grids:
        if grid.id not in chosen:
            yield f'nothing is chosen from {grid.id}: add an experiment, from = "best of {grid.id}"'


def _lines(found: Checked, name: str) -> Iterator[str]:
    yield from _sections(found)
    pending = [step for step in found.steps if step.state in PENDING]
    trained = sum(step.experiment.role == "train" for step in pending)
    n_done = sum(step.state == "done" for step in found.steps)
    settings = found.study.settings
    seeds = settings.seeds
    yield (
        f"{counted(trained, 'run')} to train, {counted(len(pending) - trained, 'run')} to take over"
        + (f", {n_done} done" if n_done else "")
        + (f", with {seeds} seeds" if seeds > 1 else "")
        + (f", over {settings.folds} folds" if settings.folds else "")
    )
    if found.forecast is not None:
        yield (
            f"about {duration(found.forecast.total)} on {found.forecast.device} in "
            f"{found.forecast.precision}, one run after another, not counting downloads"
        )
    for grid in found.study.grids:
        if grid.search is not None and grid.to_come:
            yield f"{grid.id}: {told_in_words(grid)}, in rounds of {grid.search.per_round}"
    yield from _sizes(found)
    for note in found.notes:
        yield f"note: {note}"
    for problem in found.problems:
        yield f"can't work: {problem}"
    n = counted(len(found.problems), "thing")
    yield f"{name}: {n} can't work" if found.problems else f"{name}: nothing was found amiss"


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
        "n_folds": found.study.settings.folds,
        "seconds": forecast.total if forecast else None,
        "kept_network_bytes": found.feasible.kept_bytes,
        "problems": found.problems,
        "notes": found.notes,
    }
