"""`homework compare`."""

from pathlib import Path

import click

from training.cli.runs_path import RunsPath


@click.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option(
    "--format", "formats", type=click.Choice(["html", "pdf", "both"]), default="html",
    show_default=True, help="What to write.",
)  # fmt: skip
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), default=Path(),
    help="Where to write comparison.html and comparison.pdf.  [default: here]",
)  # fmt: skip
@click.option("--runs", type=RunsPath(), default=Path("runs"), show_default=True,
              help="Where A and B are, when they are names; may be a URL.")  # fmt: skip
@click.option("--check", is_flag=True, help="Recompute the numbers of what was written before.")
@click.option("--json", "as_json", is_flag=True, help="Print what --check finds as JSON.")
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

    A and B are folders of records, or names below --runs. Test accuracies are compared picture by
    picture where both were tested on the same ones. With --check, exit 1 if a number of the
    comparison can't be trusted.

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
        write_bytes(output / f"{NAME}.html", compare_studies(*folders).encode())
        click.echo(output / f"{NAME}.html")
    if formats != "html":
        from report.pdf.write import write_pdf

        write_bytes(output / f"{NAME}.pdf", write_pdf(compare_studies(*folders, paper=True)))
        click.echo(output / f"{NAME}.pdf")


def _folder(place: Path, runs: Path) -> Path:
    from report.evidence.load import choose_study

    if (place / "study.json").is_file():
        return place
    return choose_study(runs, str(place))


def _check(ctx: click.Context, report: Path, folders: tuple[Path, Path], as_json: bool) -> None:
    from report.audit.verdict import say_problems, verdict_json
    from report.audit.verify import verify_pages
    from report.comparison.pairs import SIDES

    verdict = verify_pages(report, dict(zip(SIDES, folders, strict=True)))
    lines = [verdict_json(verdict)] if as_json else list(say_problems(verdict))
    if not as_json:
        outcome = f"{len(verdict.errors)} can't be trusted" if verdict.errors else "all as they say"
        lines.append(
            f"{verdict.n_numbers} numbers recomputed from both studies’ records: {outcome}."
        )
    click.echo("\n".join(lines))
    ctx.exit(1 if verdict.errors else 0)
