"""The `homework` command. Subcommands load when they are called, so that help answers at once."""

import codecs
import contextlib
import importlib
import io
import os
import shlex
import sys

import click

from training import __version__
from training.byte_names import escape_for_stream
from training.cli.memory_limit import check_torch_loads, is_out_of_memory
from training.errors import HomeworkError
from training.folders import current_folder_last
from training.lookup import unknown_name
from training.stopping import StoppedError, ignore_signals
from training.system import check_system, let_threads_sleep

COMMANDS = {
    "run-all": ("training.cli.run:run_all", "Run every experiment that has no record yet."),
    "run": ("training.cli.run:run", "Run sections or experiments by name."),
    "config": ("training.cli.config:config", "Show every setting and where it comes from."),
    "list": ("training.cli.listing:list_experiments", "List the experiments and their questions."),
    "plan": ("training.cli.plan:plan", "Show what would run, what is done, and why."),
    "check": ("training.cli.check:check", "Say what a study file would run, and what can't work."),
    "status": ("training.cli.listing:status", "Show the results so far."),
    "render": ("report.cli:render", "Turn the records into a report (HTML, PDF)."),
    "verify": ("report.cli:verify", "Hold a whole report against its records."),
    "reproduce": (
        "training.cli.reproduce:reproduce",
        "Make recorded runs again; are they the same?",
    ),
    "serve": ("report.serve.cli:serve", "Show the report while experiments train."),
    "compare": ("report.comparison.cli:compare", "Show two studies side by side."),
    "grade": ("report.grading.cli:grade", "Check many studies at once, as a table."),
    "predict": (
        "training.cli.saved_network:predict",
        "Classify images with a saved network.",
    ),
    "export-model": (
        "training.cli.saved_network:export_model",
        "Export a saved network (ONNX, …).",
    ),
    "export": ("report.export.cli:export", "Write the records for other tools (CSV, MLflow, …)."),
    "data": ("training.cli.data:data", "Fetch, check or draw a data set."),
    "init": ("training.cli.init:init", "Write an annotated study file."),
    "doctor": ("training.cli.doctor:doctor", "Check that this machine has what homework needs."),
    "schema": ("training.cli.listing:schema", "Print the JSON Schema of the records, one a kind."),
}
"""Each command's implementation and its line in the help."""

LOADING_TORCH = {"run-all", "run", "check", "reproduce", "predict", "export-model"}
"""Commands that torch could end without a message where memory is limited."""


class LazyGroup(click.Group):
    """A group whose subcommands are imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        if name in LOADING_TORCH and not ctx.resilient_parsing:
            check_torch_loads()
        module, _, attribute = COMMANDS[name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            error = unknown_name("command", args[0], COMMANDS)
            raise click.UsageError(str(error), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="homework")
def cli() -> None:
    """Run a complete CNN study on an image data set and write the report.

    \b
    The whole job on the embedded sample, without network or GPU:
        homework run-all --preset quick --render both
    The homework itself, on Caltech-101:
        homework run-all --device cuda
        homework render --format pdf
    One section again:
        homework run transfer
        homework render --only transfer

    \b
    Exit codes:
        0    done
        1    failed; a message says why
        2    unknown command or option
        130  stopped by Ctrl-C (143: by SIGTERM); the same command resumes
    """


def main() -> None:
    """Run the command line; expected errors print one message and exit 1."""
    sys.path[:] = current_folder_last(sys.path)  # which `python -c` puts first
    let_threads_sleep()
    _escape_odd_names()
    try:
        check_system()
        code = cli.main(standalone_mode=False)  # what `ctx.exit` was given; else nothing
        if code:
            sys.exit(code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except HomeworkError as error:
        _say(*_with_urls(error))
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (MemoryError, ImportError, OSError) as error:
        if not is_out_of_memory(error):
            raise
        _say(
            "This machine ran out of memory.",
            "Close other programs, or choose a smaller --image-size, --batch-size or --width. "
            "Finished work is saved.",
        )
        sys.exit(1)
    except StoppedError as stopped:
        ignore_signals()
        click.echo(
            f"Stopped by {stopped.name}. Finished work is saved; an unfinished run resumes from "
            f"its checkpoint. To resume, repeat the command:\n"
            f"    {shlex.join(['homework', *sys.argv[1:]])}",
            err=True,
        )
        sys.exit(stopped.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo(
            "Interrupted. Finished experiments are saved; the same command resumes from there.",
            err=True,
        )
        sys.exit(130)


def _escape_odd_names() -> None:
    """Let names in any bytes be printed, escaped, rather than end the program."""
    codecs.register_error("escaped", escape_for_stream)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError, OSError):
                stream.reconfigure(errors="escaped")


def _with_urls(error: HomeworkError) -> tuple[str, str]:
    """Return message and hint; what they say of a mirror they say of its URL.

    Only what is wrong between the two speaks of both.
    """
    if "training.records.remote" not in sys.modules:  # so there is no mirror
        return error.message, error.hint
    from training.records.remote import RemoteError, with_urls

    if isinstance(error, RemoteError):
        return error.message, error.hint
    return with_urls(error.message), with_urls(error.hint)


def _say(message: str, hint: str) -> None:
    red = click.style("Error:", fg="red", bold=True)
    click.echo(f"{red} {message}", err=True, color=False if os.environ.get("NO_COLOR") else None)
    if hint:
        click.echo(hint, err=True)
