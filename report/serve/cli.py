"""`homework serve`."""

import contextlib
import webbrowser
from pathlib import Path

import click

from training.cli.completion import studies
from training.cli.runs_path import RunsPath

_HELP = {
    "study": "Name of a study below --runs.  [default: the most recent]",
    "host": "Address to listen on; any other lets other machines read the report.",
}


@click.command()
@click.option("--runs", type=RunsPath(remote=False), default=Path("runs"), show_default=True,
              help="Folder of records.")  # fmt: skip
@click.option("--study", metavar="NAME", help=_HELP["study"], shell_complete=studies)
@click.option("--host", default="127.0.0.1", show_default=True, help=_HELP["host"])
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True,
              help="Port to listen on; 0 takes a free one.")  # fmt: skip
@click.option("--open/--no-open", "open_after", default=False, help="Open a browser.")
def serve(runs: Path, study: str | None, host: str, port: int, open_after: bool) -> None:
    """Show the report in a browser while experiments train.

    The page grows with every record and shows the curves of running experiments, without reloading.

    \b
    Examples:
        homework serve --open
        homework serve --study quick --port 9000
    """
    from report.errors import ReportError
    from report.serve.listen import listen
    from training.records import StudyFolder, find_studies

    try:
        import uvicorn

        from report.serve.app import LOOPBACK, make_app
    except ImportError as error:
        raise ReportError(
            f"homework serve needs the package {error.name}, which isn't installed.",
            "Install it: pip install 'cnn-homework[serve]'",
        ) from error

    name = study or next(iter(find_studies(runs)), "reference")
    listeners = listen(host, port)
    app = make_app(StudyFolder(runs / name), tuple({*LOOPBACK, host}))
    port = listeners[0].getsockname()[1]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    click.echo(f"Serving {runs / name} at {address} (press Ctrl-C to stop)")
    if open_after:
        webbrowser.open(address)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=listeners)
