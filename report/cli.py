"""`homework render` and `verify`. What they need is imported when they run."""

import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from training.cli.completion import own_sections, report_sections, studies
from training.cli.runs_path import RunsPath

if TYPE_CHECKING:
    from report.audit.rendering import Detail
    from report.audit.verdict import Verdict
    from report.writing.theme import Paper

_HELP = {
    "study": "Name of a study below --runs.  [default: the most recent]",
    "formats": "Formats to write; docx and md are unverified copies to edit, and need "
    "pip install 'cnn-homework[docx]'.  [default: both; with --only, those already there]",
    "only": "Rebuild only this section (and the summaries); can be repeated.",
    "templates": "Folder of your own templates, named like the program's (docs/customising.md).",
    "trust": "Use --templates without a sandbox. Only for templates that you trust.",
    "paper": "Page size of the PDF and of a printed HTML report.",
    "detail": "brief: the first page, the figures behind the answers and the table of tests, four "
    "pages; full: every section.",
    "words": "Take title, author, course, abstract and [report] from this file, not study.json; "
    "its settings change nothing here. Its name chooses the study, unless --study does.",
    "output": "Folder for report.html and report.pdf.  [default: the study's folder]",
}


_runs_option = click.option(
    "--runs",
    type=RunsPath(),
    default=Path("runs"),
    show_default=True,
    help="Folder of records, or a URL.",
)
_study_option = click.option("--study", metavar="NAME", help=_HELP["study"], shell_complete=studies)


@click.command()
@_runs_option
@_study_option
@click.option(
    "--format",
    "formats",
    type=click.Choice(["html", "pdf", "both", "docx", "md"]),
    help=_HELP["formats"],
)
@click.option(
    "--only", multiple=True, metavar="SECTION", help=_HELP["only"],
    shell_complete=report_sections,
)  # fmt: skip
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
    "--detail",
    type=click.Choice(["brief", "full"]),
    default="full",
    show_default=True,
    help=_HELP["detail"],
)
@click.option(
    "--templates",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    metavar="DIR",
    help=_HELP["templates"],
)
@click.option("--trust-templates", is_flag=True, help=_HELP["trust"])
@click.option("--open", "open_after", is_flag=True, help="Open the report once it is written.")
@click.option("--quiet", "-q", is_flag=True, help="Print only errors.")
@click.option("--list-sections", is_flag=True, help="List the sections and exit.")
def render(
    runs: Path,
    study: str | None,
    formats: str | None,
    only: tuple[str, ...],
    output: Path | None,
    study_file: Path | None,
    paper: "Paper",
    detail: "Detail",
    templates: Path | None,
    trust_templates: bool,
    open_after: bool,
    quiet: bool,
    list_sections: bool,
) -> None:
    """Turn the records into a report (HTML, PDF).

    Needs only the records: no data set, no GPU, no network.

    \b
    Examples:
        homework render --format pdf
        homework render --only transfer --open
        homework render --detail brief --format pdf
        homework render -f study.toml --paper letter
        homework render --format docx
    """
    if list_sections:
        _list_sections(runs, study, study_file)
        return
    from report.assemble import FORMATS
    from report.build import build_report, existing_formats
    from report.evidence.choose import choose_described, choose_study
    from report.export.editable import EDITABLE, write_editable
    from report.writing.theme import Theme
    from training.study import read_study_file

    words = read_study_file(study_file) if study_file else None
    remark = ""
    if words is not None and study_file is not None and study is None:
        folder, remark = choose_described(runs, words, study_file)
    else:
        folder = choose_study(runs, study)
    output = output or folder
    editable = next((name for name in EDITABLE if name == formats), None)
    if editable and only:
        raise click.UsageError(f"A copy in {editable} is always whole; leave out --only.")
    if formats is None:
        chosen = (existing_formats(output) if only else ()) or FORMATS
    else:
        chosen = tuple(name for name in FORMATS if formats in (name, "both"))
    with _Progress(patience_seconds=math.inf if quiet else 2.0) as progress:
        theme = Theme(templates, trust_templates, paper)
        if editable:
            outcome = write_editable(folder, output, editable, progress, theme, words, detail)
        else:
            outcome = build_report(folder, output, chosen, only, progress, theme, words, detail)
    if not quiet:
        for line in filter(None, (remark, *outcome.remarks)):
            click.echo(line, err=True)
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
    """Hold a rendered report against the records; exit 1 if anything differs.

    REPORT is a report.html or report.pdf; by default the study's own. It is made again from the
    records, and every number, sentence, table and figure compared. If the records aren't available,
    those attached to a PDF are used. What can't be checked, such as the author's own text, is
    named. The records themselves are checked for contradictions: hashes, counts, best epochs,
    predictions, and every choice from a grid.

    \b
    Examples:
        homework verify
        homework verify submission/report.pdf
        homework verify submission/report.html --runs submission/runs --json
    """
    from report.verify.report import verify_report

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
    """Return a report's study: the one asked for, its own folder, or the one its manifest names.

    None if a PDF names a study that isn't available; its attached records are used instead.
    """
    from report.evidence.choose import choose_study
    from training.records import find_studies

    if report is not None and study is None and (report.parent / "study.json").is_file():
        return report.parent
    if in_report is None or named:
        return choose_study(runs, study)
    return find_studies(runs).get(in_report)


def _say_verdict(verdict: "Verdict", as_json: bool) -> None:
    from report.audit.verdict import say_problems, summary, verdict_json
    from training.records.remote import with_urls

    if as_json:
        click.echo(verdict_json(verdict))
        return
    for line in say_problems(verdict):
        click.echo(line)
    source = verdict.study or "the records attached to the report"
    for line in summary(verdict, with_urls(str(source))):
        click.echo(line)
    if verdict.study is None:
        click.echo(
            "This checks the report against the records attached to it, not whether those are "
            "genuine. To check it against records of your own: --runs DIR"
        )


def _list_sections(runs: Path, study: str | None, file: Path | None) -> None:
    """Print the sections that a study's report has; the homework's where there is no study."""
    from report.sections import sections_for

    sections = sections_for(own_sections(runs, study, file))
    width = max(map(len, sections))
    for slug, entry in sections.items():
        click.echo(f"{slug:{width}}  {entry.title}")


class _Progress:
    """Shows the current step on one line of a terminal, after the first two seconds."""

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
