"""Audit a rendered report: recompute every number in it from the records."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from report import numbers
from report.audit import Problem, audit_records
from report.claims import Claim, read_claims
from report.errors import ReportError
from report.load import load_study
from report.numbers import Number, Quantity
from report.sources import Sources


@dataclass(frozen=True)
class Verdict:
    """What an audit found.

    Attributes:
        n_numbers: Numbers of the report that were recomputed.
        problems: Empty for a report that can be trusted.
    """

    n_numbers: int
    problems: tuple[Problem, ...]


_ROUNDED = (
    numbers.percent, numbers.percentage, numbers.points, numbers.signed_points, numbers.decimal,
)  # fmt: skip

FORMATS: tuple[Callable[[Quantity], Number], ...] = (
    numbers.integer, numbers.plain, numbers.rate, numbers.p_value, numbers.duration,
    numbers.mebibytes, numbers.millions, numbers.times,
    *(partial(rounded, digits=digits) for rounded in _ROUNDED for digits in range(5)),
)  # fmt: skip
"""Every way in which a report prints a value."""


def verify_report(report: Path, study: Path) -> Verdict:
    """Hold a rendered HTML report, and the records below it, to what they claim.

    Args:
        report: `report.html`.
        study: `runs/<study>`.

    Raises:
        ReportError: The report can't be read or holds no numbers at all.
    """
    try:
        html = report.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't UTF-8 text"
        raise ReportError(
            f"Can't read the report {report}: {reason}.", "Make one: homework render --format html"
        ) from error
    claims = read_claims(html)
    if not claims:
        raise ReportError(
            f"{report} holds no number with a source.", "Name a report.html that homework made."
        )
    sources = Sources(study)
    found = [problem for claim in claims for problem in check_claim(claim, sources)]
    return Verdict(len(claims), (*found, *audit_records(load_study(study))))


def check_claim(claim: Claim, sources: Sources) -> Iterator[Problem]:
    """Recompute one printed number; yield what is wrong with it."""
    where = claim.section or "front matter"
    try:
        value = sources.recompute(claim.source)
    except ReportError as error:
        yield Problem(where, claim.text, error.message, claim.source)
        return
    if repr(value) != claim.value:
        problem = f"the records now give {value!r}, not {claim.value}"
        yield Problem(where, claim.text, problem, claim.source)
    elif not is_printed_as(value, claim.text):
        problem = f"the records give {value!r}, which isn't printed like that"
        yield Problem(where, claim.text, problem, claim.source)


def is_printed_as(value: object, text: str) -> bool:
    """Tell whether any format of the report prints a value as this text."""
    for form in FORMATS:
        try:
            if form(Quantity(value, "")).text.split() == text.split():
                return True
        except (TypeError, ValueError, ArithmeticError):
            continue
    return False
