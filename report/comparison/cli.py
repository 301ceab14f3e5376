"""`homework compare`."""

from pathlib import Path

import click

from training.cli.completion import studies_or_folders
from training.cli.runs_path import RunsPath


@click.command()
@click.argument("a", type=click.Path(path_type=Path), shell_complete=studies_or_folders)
@click.argument("b", type=click.Path(path_type=Path), shell_complete=studies_or_folders)
@click.option(
    "--format", "formats", type=click.Choice(["html", "pdf", "both"]), default="html",
    show_default=True, help="Formats to write.",
)  # fmt: skip
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), default=Path(),
    help="Folder for comparison.html and comparison.pdf.  [default: the current folder]",
)  # fmt: skip
@click.option("--runs", type=RunsPath(), default=Path("runs"), show_default=True,
              help="Folder of A and B if they are names; may be a URL.")  # fmt: skip
@click.option("--check", is_flag=True, help="Hold an existing comparison against the records.")
@click.option("--json", "as_json", is_flag=True, help="Print the result of --check as JSON.")
@click.pass_context
def compare(
    ctx: click.Context,
    a: Path,
    b: Path,
    formats: str,
    output: Path,
    runs: Path,
    check: bool,
    as_json: bool,
) -> None:
    """Show two studies side by side: two seeds, two settings, two students.

    A and B are folders of records, or names below --runs. Test accuracies are compared image by
    image if both were tested on the same images, and not at all if their classes differ. With
    --check, exit 1 if a number of the comparison or a record is wrong.

    \b
    Examples:
        homework compare quick quick-seed-1
        homework compare alice/runs/quick bob/runs/quick --format both --output compared
        homework compare alice/runs/quick bob/runs/quick --output compared --check
    """
    from report.comparison.page import NAME, compare_studies
    from training.records import write_bytes

    folders = _folder(a, runs), _folder(b, runs)
    if check:
        _check(ctx, output / f"{NAME}.html", folders, as_json)
        return
    if formats != "pdf":
        write_bytes(output / f"{NAME}.html", compare_studies(*folders, indexed=True).encode())
        click.echo(output / f"{NAME}.html")
    if formats != "html":
        from report.pdf.write import write_pdf

        write_bytes(
            output / f"{NAME}.pdf", write_pdf(compare_studies(*folders, paper=True, indexed=True))
        )
        click.echo(output / f"{NAME}.pdf")


def _folder(place: Path, runs: Path) -> Path:
    from report.evidence.choose import choose_study

    if (place / "study.json").is_file():
        return place
    return choose_study(runs, str(place))


def _check(ctx: click.Context, report: Path, folders: tuple[Path, Path], as_json: bool) -> None:
    from report.audit.verdict import say_problems, summary, verdict_json
    from report.comparison.page import compare_studies
    from report.comparison.pairs import SIDES
    from report.verify.report import verify_pages

    studies = dict(zip(SIDES, folders, strict=True))
    verdict = verify_pages(report, studies, compare_studies(*folders))
    lines = [verdict_json(verdict)] if as_json else list(say_problems(verdict))
    if not as_json:
        lines += summary(verdict, "the records of both studies")
    click.echo("\n".join(lines))
    ctx.exit(1 if verdict.errors else 0)
