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
REPRODUCED = "runs made again"

MINUTES = 10.0
"""What making runs of one submission again may take."""


@click.command()
@click.argument("places", nargs=-1, required=True, metavar="DIR…", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON with every problem.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, one line per submission.")
@click.option(
    "--reproduce",
    "again",
    is_flag=True,
    help="Also make a few runs of each submission again, drawn by lot, see `homework reproduce`.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="With --reproduce: what the runs of one submission may take.  [default: 10]",
)
@click.option(
    "--data",
    metavar="DIR",
    help="With --reproduce: where the images are.  [default: where each study says]",
)
@click.pass_context
def grade(
    ctx: click.Context,
    places: tuple[Path, ...],
    as_json: bool,
    as_csv: bool,
    again: bool,
    minutes: float | None,
    data: str | None,
) -> None:
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
        homework grade submissions/ --reproduce --minutes 5 --data ~/caltech101
    """
    if not again and (minutes is not None or data is not None):
        raise click.UsageError("--minutes and --data need --reproduce.")
    from report.grading.grade import grade as judge
    from report.grading.grade import mark_copies, with_reproduced, without_examples
    from report.grading.known_examples import NAME
    from report.grading.reproduced import reproduce
    from report.grading.submissions import find_submissions

    judged = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        handed_in = find_submissions(
            places, Path(scratch), lambda file: _say(f"{file}: neither a report nor an archive")
        )
        submissions = without_examples(handed_in, lambda item: _say(f"{item.name}: {NAME}"))
        for n, submission in enumerate(submissions, 1):
            _progress(f"{n} of {len(submissions)}: {submission.name}")
            found, digests = judge(submission)
            if again:
                _progress("")
                _say_line(f"{n} of {len(submissions)}: {submission.name}, runs made again")
                limit = MINUTES if minutes is None else minutes
                made = reproduce(submission, limit, data, _say_line)
                found = with_reproduced(found, made)
            judged.append((found, digests))
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
        _print_table(grades, again)
    ctx.exit(1 if any(found.errors for found in grades) else 0)


def _say(passed_over: str) -> None:
    click.echo(f"Passed over: {passed_over}.", err=True)


def _say_line(line: str) -> None:
    click.echo(line, err=True)


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


def _print_table(grades: Sequence["Grade"], again: bool) -> None:
    from report.evidence.sentences import counted

    columns = (*COLUMNS, REPRODUCED) if again else COLUMNS
    rows = [columns, *(_cells(found)[: len(columns)] for found in grades)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
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
    return (
        found.name,
        found.author,
        done,
        best,
        str(found.n_numbers),
        found.verdict,
        found.reproduced,
    )
