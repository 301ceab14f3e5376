"""`homework render` and `verify`. What they need is imported when they run."""

import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from training.cli.runs_path import RunsPath

if TYPE_CHECKING:
    from report.audit.verdict import Verdict
    from report.writing.theme import Paper

_HELP = {
    "study": "The study's name, a folder below --runs.  [default: the one written last]",
    "formats": "What to write.  [default: both; with --only, what there is already]",
    "only": "Make only this section anew (and the summaries); may be given several times.",
    "templates": "Templates of your own, named as the program's (docs/customising.md).",
    "trust": "Let them do whatever Python can. Only for templates that are your own.",
    "paper": "What the pages are cut for.",
    "words": "Title, author, course, abstract and [report] from this file, not study.json.",
    "output": "Where to write report.html and report.pdf.  [default: the study's folder]",
}


_runs_option = click.option(
    "--runs",
    type=RunsPath(),
    default=Path("runs"),
    show_default=True,
    help="The folder of records, or a URL.",
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
@click.option(
    "--study-file", "-f", type=click.Path(path_type=Path, dir_okay=False), help=_HELP["words"]
)
@click.option(
    "--paper",
    type=click.Choice(["a4", "letter"]),
    default="a4",
    show_default=True,
    help=_HELP["paper"],
)
@click.option(
    "--templates",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    metavar="DIR",
    help=_HELP["templates"],
)
@click.option("--trust-templates", is_flag=True, help=_HELP["trust"])
@click.option("--open", "open_after", is_flag=True, help="Open the report when it is written.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@click.option("--list-sections", is_flag=True, help="Print the sections' names and leave.")
def render(
    runs: Path,
    study: str | None,
    formats: str | None,
    only: tuple[str, ...],
    output: Path | None,
    study_file: Path | None,
    paper: "Paper",
    templates: Path | None,
    trust_templates: bool,
    open_after: bool,
    quiet: bool,
    list_sections: bool,
) -> None:
    """Turn the records into a report (HTML, PDF).

    Needs the records alone: no data set, no GPU, no network.

    \b
    Examples:
        homework render --format pdf
        homework render --only transfer --open
        homework render -f study.toml --paper letter
    """
    if list_sections:
        _list_sections()
        return
    from report.assemble import FORMATS
    from report.build import build_report, existing_formats
    from report.evidence.load import choose_study
    from report.writing.theme import Theme
    from training.study import read_study_file

    words = read_study_file(study_file) if study_file else None
    folder = choose_study(runs, study or (words.study_name if words else None))
    output = output or folder
    if formats is None:
        chosen = (existing_formats(output) if only else ()) or FORMATS
    else:
        chosen = tuple(name for name in FORMATS if formats in (name, "both"))
    with _Progress(patience_seconds=math.inf if quiet else 2.0) as progress:
        theme = Theme(templates, trust_templates, paper)
        outcome = build_report(folder, output, chosen, only, progress, theme, words)
    if not quiet:
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

    REPORT is a report.html or report.pdf; by default the study's own. Of a PDF the pages are read
    too and held against its manifest. Without records at hand, those attached to the PDF are used.
    Records are held against themselves as well: hashes, counts, best epochs, predictions, and
    every choice from a grid.

    \b
    Examples:
        homework verify
        homework verify submission/report.pdf
        homework verify submission/report.html --runs submission/runs --json
    """
    from report.audit.verify import verify_report

    named = study is not None or ctx.get_parameter_source("runs") != ParameterSource.DEFAULT

    def find_study(name: str | None) -> Path | None:
        return _study_of(report, runs, study, named, name)

    if report is None:
        report = _last_report(_study_of(None, runs, study, named, None))
    verdict = verify_report(report, find_study)
    _say_verdict(verdict, as_json)
    ctx.exit(1 if verdict.errors else 0)


def _last_report(folder: Path | None) -> Path:
    assert folder is not None
    html, pdf = folder / "report.html", folder / "report.pdf"
    return pdf if pdf.is_file() and not html.is_file() else html


def _study_of(
    report: Path | None, runs: Path, study: str | None, named: bool, in_report: str | None
) -> Path | None:
    """Return the study of a report: the one named, that it lies in, or that its manifest names.

    None where a PDF names a study that isn't at hand, so that its attached records serve.
    """
    from report.evidence.load import choose_study
    from training.records import find_studies

    if report is not None and study is None and (report.parent / "study.json").is_file():
        return report.parent
    if in_report is None or named:
        return choose_study(runs, study)
    return find_studies(runs).get(in_report)


def _say_verdict(verdict: "Verdict", as_json: bool) -> None:
    from report.audit.verdict import say_problems, verdict_json

    if as_json:
        click.echo(verdict_json(verdict))
        return
    for line in say_problems(verdict):
        click.echo(line)
    n_problems = len(verdict.errors)
    outcome = f"{n_problems} can't be trusted" if n_problems else "all as the records say"
    source = verdict.study or "the records attached to the report"
    click.echo(f"{verdict.n_numbers} numbers recomputed from {source}: {outcome}.")
    if verdict.study is None:
        click.echo(
            "This shows whether report and attached records agree, not that the records are "
            "genuine. To hold it against a study of yours: --runs DIR"
        )


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
