"""`homework render` and `verify`. What they need is imported when they run."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from report.verify import Verdict

_HELP = {
    "study": "The study's name, a folder below --runs.  [default: the one written last]",
    "formats": "What to write.  [default: both; with --only, what there is already]",
    "only": "Make only this section anew (and the summaries); may be given several times.",
    "output": "Where to write report.html and report.pdf.  [default: the study's folder]",
}


_runs_option = click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="The folder of records.",
)
_study_option = click.option("--study", metavar="NAME", help=_HELP["study"])


@click.command()
@_runs_option
@_study_option
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


@click.command()
@click.argument("report", required=False, type=click.Path(path_type=Path))
@_runs_option
@_study_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def verify(
    ctx: click.Context, report: Path | None, runs: Path, study: str | None, as_json: bool
) -> None:
    """Recompute every number of a rendered report from the records; exit 1 if one differs.

    REPORT is a report.html; by default the study's own. Records are held against themselves too:
    hashes, counts, best epochs, predictions, and every choice from a grid.

    \b
    Examples:
        homework verify
        homework verify submission/report.html --runs submission/runs --json
    """
    from report.verify import verify_report

    folder = _study_of(report, runs, study)
    verdict = verify_report(report or folder / "report.html", folder)
    _say_verdict(verdict, folder, as_json)
    ctx.exit(1 if verdict.problems else 0)


def _study_of(report: Path | None, runs: Path, study: str | None) -> Path:
    """Return the study of a report: the one it lies in, unless another is named."""
    from report.load import choose_study

    if report is not None and study is None and (report.parent / "study.json").is_file():
        return report.parent
    return choose_study(runs, study)


def _say_verdict(verdict: "Verdict", folder: Path, as_json: bool) -> None:
    if as_json:
        import msgspec

        problems = [msgspec.to_builtins(problem) for problem in verdict.problems]
        plain = {"study": str(folder), "n_numbers": verdict.n_numbers, "problems": problems}
        click.echo(msgspec.json.format(msgspec.json.encode(plain), indent=1).decode())
        return
    for problem in verdict.problems:
        click.echo(f"{problem.where}: “{problem.text}”: {problem.problem}")
        if problem.source:
            click.echo(f"    {problem.source}")
    n_problems = len(verdict.problems)
    outcome = f"{n_problems} can't be trusted" if n_problems else "all as the records say"
    click.echo(f"{verdict.n_numbers} numbers recomputed from {folder}: {outcome}.")


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
