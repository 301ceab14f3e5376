"""`homework render`. What it needs is imported when it runs, so that help answers at once."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

_HELP = {
    "study": "The study's name, a folder below --runs.  [default: the one written last]",
    "formats": "What to write.  [default: both; with --only, what there is already]",
    "only": "Make only this section anew (and the summaries); may be given several times.",
    "output": "Where to write report.html and report.pdf.  [default: the study's folder]",
}


@click.command()
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder of records.",
)
@click.option("--study", metavar="NAME", help=_HELP["study"])
@click.option(
    "--format", "formats", type=click.Choice(["html", "pdf", "both"]), help=_HELP["formats"]
)
@click.option("--only", multiple=True, metavar="SECTION", help=_HELP["only"])
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR", help=_HELP["output"])
@click.option("--open", "open_after", is_flag=True, help="Open the report when it is written.")
@click.option("--list-sections", is_flag=True, help="Print the sections' names and leave.")
def render(
    runs: Path,
    study: str | None,
    formats: str | None,
    only: tuple[str, ...],
    output: Path | None,
    open_after: bool,
    list_sections: bool,
) -> None:
    """Turn the records into a report (HTML, PDF).

    Needs the records alone: no data set, no GPU, no network.

    \b
    Examples:
        homework render --format pdf
        homework render --only transfer --open
    """
    if list_sections:
        _list_sections()
        return
    from report.build import FORMATS, build_report, existing_formats
    from report.load import choose_study

    folder = choose_study(runs, study)
    output = output or folder
    if formats is None:
        chosen = (existing_formats(output) if only else ()) or FORMATS
    else:
        chosen = tuple(name for name in FORMATS if formats in (name, "both"))
    with _Progress() as progress:
        outcome = build_report(folder, output, chosen, only, progress)
    for remark in outcome.remarks:
        click.echo(remark, err=True)
    for file in outcome.files:
        click.echo(file)
    if open_after:
        click.launch(str(outcome.files[0].resolve()))


def _list_sections() -> None:
    from report.sections import SECTIONS

    width = max(map(len, SECTIONS))
    for slug, entry in SECTIONS.items():
        click.echo(f"{slug:{width}}  {entry.title}")


class _Progress:
    """One line that says what is being done, on a terminal, once it takes over two seconds."""

    def __init__(self, patience_seconds: float = 2.0) -> None:
        self._start = time.monotonic() + patience_seconds
        self._shown = False

    def __call__(self, what: str) -> None:
        if sys.stderr.isatty() and time.monotonic() >= self._start:
            click.echo(f"\r\x1b[2K{what} …", nl=False, err=True)
            self._shown = True

    def __enter__(self) -> Callable[[str], None]:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            click.echo("\r\x1b[2K", nl=False, err=True)
