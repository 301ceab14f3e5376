"""`homework run-all` and `homework run`."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import click

from training.byte_sizes import human_size
from training.cli.completion import experiments
from training.cli.options import (
    check_trusted_code,
    code_folders,
    device_option,
    precision_option,
    study_options,
    talk_options,
    where_options,
)
from training.cli.plan import show_plan
from training.errors import StudyError
from training.plurals import counted
from training.records import StudyFolder, StudyRecord
from training.run.run_options import LARGEST_KEPT_BYTES, RunOptions, Where

if TYPE_CHECKING:
    from training.cli.console import Talk

_render_option = click.option(
    "--render",
    "render_format",
    type=click.Choice(["html", "pdf", "both"]),
    help="Render the report afterwards.",
)
_checkpoint_option = click.option(
    "--checkpoint-every",
    "checkpoint_seconds",
    type=click.FloatRange(min=0),
    default=RunOptions.checkpoint_seconds,
    show_default=True,
    metavar="SECONDS",
    envvar="HOMEWORK_CHECKPOINT_SECONDS",
    show_envvar=True,
    help="Lose at most this many seconds of training; 0 saves after every batch.",
)
_deterministic_option = click.option(
    "--deterministic", is_flag=True, help="Make runs on CUDA reproducible; slower."
)
_keep_option = click.option(
    "--keep-weights/--no-keep-weights",
    default=None,
    help="Keep every tested network for `predict`, and train those again that weren't kept; or "
    "keep none.  [default: those of the first seed or fold, up to "
    f"{human_size(LARGEST_KEPT_BYTES)} each]",
)
_dry_option = click.option(
    "--dry-run", is_flag=True, help="Only show what would run, and why, like `homework plan`."
)
_log_option = click.option(
    "--log",
    "logs",
    type=click.Choice(["tensorboard", "mlflow", "wandb"]),
    multiple=True,
    help="Also log to TensorBoard, MLflow or Weights & Biases, after every epoch "
    "(docs/using-elsewhere.md).",
)
_force_option = click.option("--force", is_flag=True, help="Run again even if a record exists.")


def _run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what both commands know, in the order of their help; they receive `options`."""
    options = (
        study_options,
        device_option,
        _dry_option,
        where_options,
        _force_option,
        _checkpoint_option,
        _deterministic_option,
        precision_option,
        _keep_option,
        _log_option,
        _render_option,
        talk_options,
    )
    command = _collecting(command)
    for option in reversed(options):
        command = option(command)
    return command


def _collecting(command: Callable[..., Any]) -> Callable[..., Any]:
    """Hand a command what the options of a run say as one record, `options`."""

    @functools.wraps(command)
    def with_options(
        *,
        device: str,
        precision: str,
        deterministic: bool,
        force: bool,
        checkpoint_seconds: float,
        keep_weights: bool | None,
        logs: tuple[str, ...],
        executor: Literal["local", "ray"],
        jobs: int | None,
        threads: int | None,
        devices: int,
        address: str | None,
        gpus_per_run: float | None,
        **others: Any,
    ) -> Any:
        if executor != "ray" and (address or gpus_per_run):
            raise click.UsageError("--address and --gpus-per-run need --executor ray.")
        options = RunOptions(
            device=device,
            precision=precision,
            deterministic=deterministic,
            force=force,
            checkpoint_seconds=checkpoint_seconds,
            keep_weights=keep_weights,
            logs=logs,
            code_folders=code_folders(click.get_current_context()),
            where=Where(
                executor=executor,
                jobs=jobs,
                threads=threads,
                devices=devices,
                address=address,
                gpus_per_run=gpus_per_run,
            ),
        )
        return command(options=options, **others)

    return with_options


@click.command("run-all")
@_run_options
@click.pass_context
def run_all(
    ctx: click.Context,
    /,
    study: StudyRecord,
    folder: StudyFolder,
    render_format: str | None,
    dry_run: bool,
    talk: "Talk",
    options: RunOptions,
) -> None:
    """Run every experiment of the list that has no record yet.

    Nothing runs twice: changing a setting reruns only the affected experiments. Exit 1 if an
    experiment failed; the others still run.

    \b
    Examples:
        homework run-all --preset quick --render both
        homework run-all --device cuda --data ~/caltech101
        homework run-all --jobs 4
    """
    if dry_run:
        show_plan(study, folder, (), keep_weights=options.keep_weights)
        return
    _run(ctx, study, folder, (), render_format, talk, options)


@click.command()
@click.argument(
    "names",
    nargs=-1,
    required=True,
    metavar="SECTION|EXPERIMENT…",
    shell_complete=experiments,
)
@_run_options
@click.pass_context
def run(
    ctx: click.Context,
    /,
    names: tuple[str, ...],
    study: StudyRecord,
    folder: StudyFolder,
    render_format: str | None,
    dry_run: bool,
    talk: "Talk",
    options: RunOptions,
) -> None:
    """Run the experiments of a section or a group, or single experiments.

    Missing prerequisites run first. Exit 1 if an experiment failed.

    \b
    Examples:
        homework run transfer
        homework run scratch/baseline beyond --preset quick
    """
    if dry_run:
        show_plan(study, folder, names, keep_weights=options.keep_weights)
        return
    _run(ctx, study, folder, names, render_format, talk, options)


def _run(
    ctx: click.Context,
    study: StudyRecord,
    folder: StudyFolder,
    names: tuple[str, ...],
    render_format: str | None,
    talk: "Talk",
    options: RunOptions,
) -> None:
    from training.cli.console import ConsoleProgress
    from training.device.process_state import own_process
    from training.session import run_study
    from training.stopping import StopSignal
    from training.study import select

    experiments = select(study, names)
    check_trusted_code(ctx, study)
    own_process()
    stop = StopSignal()
    with stop.listening(), ConsoleProgress(talk=talk) as progress:
        outcome = run_study(study, folder, experiments, options, progress, stop)
    progress.summary(study, folder, outcome)
    if render_format is not None:
        _render(ctx, folder, render_format, quiet=talk == "quiet")
    if outcome.failed:
        failed = ", ".join(metrics.id for metrics in outcome.failed)
        n_failed = len(outcome.failed)
        raise StudyError(
            f"{counted(n_failed, 'experiment')} failed: {failed}.",
            "The reasons are above and in metrics.json; the others are done.",
        )


def _render(ctx: click.Context, folder: StudyFolder, render_format: str, quiet: bool) -> None:
    assert ctx.parent is not None
    group = ctx.parent.command
    assert isinstance(group, click.Group)
    command: Any = group.get_command(ctx, "render")
    ctx.invoke(
        command, runs=folder.path.parent, study=folder.name, formats=render_format, quiet=quiet
    )
