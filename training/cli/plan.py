"""`homework plan`: what would run, why, and how long it would take."""

import math
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from training.byte_sizes import human_size
from training.cli.completion import experiments
from training.cli.listing import as_plain, planned_from, print_json
from training.cli.options import (
    check_trusted_code,
    code_folders,
    device_option,
    devices_option,
    json_option,
    precision_option,
    study_options,
)
from training.durations import duration
from training.planning.plan import PENDING, Plan, Step
from training.planning.to_come import all_to_come
from training.records import StudyFolder, StudyRecord, read_if_there
from training.run.run_options import LARGEST_KEPT_BYTES, RunOptions, Where

if TYPE_CHECKING:
    from training.forecast import Forecast

Timing = Callable[[Plan, list[Step]], "Forecast"]


@click.command()
@click.argument("names", nargs=-1, metavar="[SECTION|EXPERIMENT]…", shell_complete=experiments)
@study_options
@click.option(
    "--time", "timed", is_flag=True, help="Estimate how long it would take on this machine."
)
@device_option
@precision_option
@devices_option
@json_option
@click.pass_context
def plan(
    ctx: click.Context,
    /,
    names: tuple[str, ...],
    study: StudyRecord,
    folder: StudyFolder,
    timed: bool,
    device: str,
    precision: str,
    devices: int,
    as_json: bool,
) -> None:
    """Show what would run, what is done, and why, for the study that the options describe.

    With --time, a few batches of each kind of run are trained. Only decoded images are written, to
    the cache folder, where runs find them.

    \b
    Examples:
        homework plan --preset quick
        homework plan transfer -f study.toml --epochs 5
        homework plan --data ~/caltech101 --time
        homework plan --time --devices 2
    """
    if timed:
        check_trusted_code(ctx, study)
        folders = code_folders(ctx)
        options = RunOptions(
            device=device,
            precision=precision,
            code_folders=folders,
            where=Where(devices=devices),
        )
        show_plan(study, folder, names, as_json, timing_by(options))
    elif (device, precision) != ("auto", "auto") or _is_given(ctx, "devices"):
        raise click.UsageError("--device, --precision and --devices need --time.")
    else:
        show_plan(study, folder, names, as_json)


def _is_given(ctx: click.Context, name: str) -> bool:
    """Tell whether an option stands on the command line, not in a variable that is set for runs."""
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


def show_plan(
    study: StudyRecord,
    folder: StudyFolder,
    names: tuple[str, ...],
    as_json: bool = False,
    timing: Timing | None = None,
    keep_weights: bool | None = None,
) -> None:
    """Print what running some experiments would do; no names stand for the whole list.

    Args:
        timing: Says what the steps would take.
        keep_weights: See `RunOptions.keep_weights`.

    Raises:
        DataError: Something would run, or other images are named than before, and they aren't
            there; said behind the steps.
    """
    from training.data.locate import check_located
    from training.data.others_ahead import others_in_words
    from training.study import select

    planned = planned_from(study, folder)
    listed = planned.with_dependencies(select(study, names))
    steps = [*planned.steps(listed), *all_to_come(planned, listed)]
    if keep_weights:
        steps = planned.to_keep_networks(steps)
    _print_steps(study, planned, steps, as_json, timing, keep_weights)
    known = read_if_there(folder.study, StudyRecord)
    other_images = known is not None and known.data != study.data
    if other_images or any(step.state in PENDING for step in steps):
        check_located(study.data)
        for line in others_in_words(study):
            click.echo(line, err=as_json)


def _print_steps(
    study: StudyRecord,
    planned: Plan,
    steps: list[Step],
    as_json: bool,
    timing: Timing | None,
    keep_weights: bool | None,
) -> None:
    is_pending = any(step.state in PENDING for step in steps)
    forecast = timing(planned, steps) if timing and is_pending else None
    for problem in forecast.problems if forecast else ():
        click.echo(f"Can't time {problem}", err=True)
    seconds = forecast.seconds if forecast else [0.0] * len(steps)
    if as_json:
        known = forecast.memory.each if forecast else {}
        added = [
            {"seconds": each, "device_bytes": known.get(step.experiment.id)} if timing else {}
            for step, each in zip(steps, seconds, strict=True)
        ]
        print_json([as_plain(step) | more for step, more in zip(steps, added, strict=True)])
        return
    of_stand_ins = forecast.stand_ins if forecast else [0.0] * len(steps)
    listed = {experiment.id for experiment in study.experiments}
    to_come: dict[str, float] = {}
    lines = []
    for step, taken, before in zip(steps, seconds, of_stand_ins, strict=True):
        if step.experiment.id not in listed:  # one line for all members that aren't chosen yet
            grid = step.experiment.id.rpartition("-")[0]
            line = f"{step.state:8} {grid}: {step.reason}"
            to_come[line] = to_come.get(line, 0.0) + (taken or 0.0)
            continue
        seed = study.settings.which_run(step.seed)
        taking = f", about {duration(taken)}{_first(before)}" if taken else ""
        lines.append(f"{step.state:8} {step.experiment.id}{seed}: {step.reason}{taking}")
    for line, taken in to_come.items():
        lines.append(line + (f", about {duration(taken)}" if taken else ""))
    click.echo("".join(f"{line}\n" for line in lines), nl=False)
    if any(step.experiment.test and step.state in PENDING for step in steps):
        click.echo(_networks(keep_weights, "fold" if study.settings.folds else "seed"))
    counts = Counter(step.state for step in steps)
    click.echo(", ".join(f"{n} {state}" for state, n in counts.items()) or "nothing to do")
    if forecast is not None and forecast.total:
        _say_total(forecast)


def _first(seconds: float) -> str:
    """Say what part of the seconds goes to training stand-in weights."""
    return f", {duration(seconds)} of it for training stand-in weights" if seconds else ""


def _networks(keep_weights: bool | None, of_which: str) -> str:
    """Say which networks would be kept.

    Args:
        of_which: What the runs of an experiment differ by: `seed` or `fold`.
    """
    if keep_weights is None:
        return (
            f"networks that are tested are kept, of the first {of_which} and up to "
            f"{human_size(LARGEST_KEPT_BYTES)} each (--keep-weights keeps all, "
            "--no-keep-weights none)"
        )
    return "networks that are tested are kept" if keep_weights else "no networks are kept"


def timing_by(options: RunOptions) -> Timing:
    """Return what times a few batches of each kind of run, with a bar on the error stream."""

    def timing(planned: Plan, steps: list[Step]) -> "Forecast":
        from training.cli.console import ConsoleProgress
        from training.device.process_state import own_process
        from training.forecast import forecast_study

        own_process()
        with ConsoleProgress(on_stderr=True) as progress:
            return forecast_study(planned, steps, options, progress)

    return timing


def _say_total(forecast: "Forecast") -> None:
    n = forecast.n_devices
    if forecast.memory.largest:
        unknown = forecast.memory.unknown
        each = f" on each of the {n} devices" if n > 1 else ""
        besides = f"; not known of {', '.join(unknown)}" if unknown else ""
        click.echo(
            f"{forecast.memory.experiment} takes most memory, about "
            f"{human_size(forecast.memory.largest)}{each} for weights, a training step and "
            f"evaluation, besides Python and the images{besides}"
        )
    beside = " and runs that couldn't be timed" if forecast.problems else ""
    devices = f"{n} devices ({forecast.device})" if n > 1 else forecast.device
    click.echo(
        f"about {duration(forecast.total)} on {devices} in {forecast.precision}, one run "
        f"after another{_first(math.fsum(forecast.stand_ins))}, not counting downloads{beside}"
    )
