"""`homework grade`."""

import csv
import io
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from report.grading.grade import Grade

COLUMNS = ("submission", "author", "done", "best test accuracy", "numbers", "verdict")


@click.command()
@click.argument("places", nargs=-1, required=True, metavar="DIR…", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON with every problem.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, one line per submission.")
@click.pass_context
def grade(ctx: click.Context, places: tuple[Path, ...], as_json: bool, as_csv: bool) -> None:
    """Check many studies at once; exit 1 if one of them can't be trusted.

    Every study below each DIR is one submission, and so is a single report.pdf with its records
    attached. Zip and tar archives are unpacked; of other kinds it is said. Reports are checked as
    by `homework verify`, records for contradictions. Records that two submissions share, down to
    their running times, are named: running a study twice gives the same curves, but not the same
    times. One whose records are all another's, or the shipped example's, can't be trusted.

    \b
    Examples:
        homework grade submissions/
        homework grade alice/runs/quick bob/report.pdf
        homework grade submissions/ --csv > grades.csv
    """
    from report.grading.grade import grade as judge
    from report.grading.grade import mark_copies, without_examples
    from report.grading.known_examples import NAME
    from report.grading.submissions import find_submissions

    judged = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        found = find_submissions(
            places, Path(scratch), lambda file: _say(f"{file}: neither a report nor an archive")
        )
        submissions = without_examples(found, lambda item: _say(f"{item.name}: {NAME}"))
        for n, submission in enumerate(submissions, 1):
            _progress(f"{n} of {len(submissions)}: {submission.name}")
            judged.append(judge(submission))
    _progress("")
    grades = mark_copies(
        [found for found, _ in judged],
        [digests for _, digests in judged],
        [submission.owner for submission in submissions],
    )
    if as_json:
        _print_json(grades)
    elif as_csv:
        click.echo(_csv(grades), nl=False)
    else:
        _print_table(grades)
    ctx.exit(1 if any(found.errors for found in grades) else 0)


def _say(passed_over: str) -> None:
    click.echo(f"Passed over: {passed_over}.", err=True)


def _progress(what: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[2K{what}", nl=False, err=True)


def _plain(found: "Grade") -> dict[str, Any]:
    import msgspec

    return {**msgspec.to_builtins(found), "verdict": found.verdict}


def _print_json(grades: Sequence["Grade"]) -> None:
    import msgspec

    content = msgspec.json.encode([_plain(found) for found in grades])
    click.echo(msgspec.json.format(content, indent=1).decode())


def _csv(grades: Sequence["Grade"]) -> str:
    stream = io.StringIO()
    rows = [
        {
            **_plain(found),
            "problems": len(found.problems),
            "errors": len(found.errors),
            "not_checked": "; ".join(found.not_checked),
        }
        for found in grades
    ]
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _harmless(value) for key, value in row.items()} for row in rows)
    return stream.getvalue()


def _harmless(value: Any) -> Any:
    """Keep a spreadsheet from taking text for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def _print_table(grades: Sequence["Grade"]) -> None:
    from report.evidence.sentences import counted

    rows = [COLUMNS, *(_cells(found) for found in grades)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
    for found in grades:
        for problem in found.problems:
            label = "warning: " if problem.severity == "warning" else ""
            said = f" “{problem.text}”:" if problem.text else ""
            click.echo(f"{found.name}: {label}{problem.where}:{said} {problem.problem}")
        for what in found.not_checked:
            click.echo(f"{found.name}: not checked: {what}")
        if found.n_copied and not found.is_copy:
            click.echo(
                f"{found.name}: {_copies(found.n_copied)} of {found.copied_from}, "
                "running times included"
            )
    n_bad = sum(bool(found.errors) for found in grades)
    click.echo(f"{counted(len(grades), 'submission')}, {n_bad} with errors.")


def _copies(n: int) -> str:
    return "1 record is identical to one" if n == 1 else f"{n} records are identical to those"


def _cells(found: "Grade") -> tuple[str, ...]:
    best = ""
    if found.accuracy is not None and found.low is not None and found.high is not None:
        interval = f"{100 * found.low:.1f} to {100 * found.high:.1f}"
        best = f"{100 * found.accuracy:.1f} % ({interval}) {found.best}"
    done = f"{found.n_done} of {found.n_experiments}" if found.n_experiments else ""
    return (found.name, found.author, done, best, str(found.n_numbers), found.verdict)
