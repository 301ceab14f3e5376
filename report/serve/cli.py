"""`homework serve`."""

import webbrowser
from pathlib import Path

import click

from training.cli.runs_path import RunsPath


@click.command()
@click.option("--runs", type=RunsPath(remote=False), default=Path("runs"), show_default=True,
              help="The folder of records.")  # fmt: skip
@click.option("--study", metavar="NAME", help="[default: the one written last]")
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Where to listen; another than this lets other machines read it.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True)
@click.option("--open/--no-open", "open_after", default=False, help="Open a browser.")
def serve(runs: Path, study: str | None, host: str, port: int, open_after: bool) -> None:
    """Show the report in a browser while experiments train.

    The page grows with every record and shows the curves of what runs. Nothing is reloaded.

    \b
    Examples:
        homework serve --open
        homework serve --study quick --port 9000
    """
    from report.errors import ReportError
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
    app = make_app(StudyFolder(runs / name), tuple({*LOOPBACK, host}))
    address = f"http://{host}:{port}/"
    click.echo(f"{runs / name} at {address}  (Ctrl-C ends it)")
    if open_after:
        webbrowser.open(address)
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=1)
