"""Recompute every number of a report from the records."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from report.audit.problems import Problem
from report.audit.read_html import RECORDS_META, Piece, unsourced
from report.errors import ReportError
from report.evidence import numbers
from report.evidence.numbers import Number, Quantity
from report.evidence.recompute import Sources

_ROUNDED = (
    numbers.percent, numbers.percentage, numbers.points, numbers.signed_points, numbers.decimal,
)  # fmt: skip

FORMATS: tuple[Callable[[Quantity], Number], ...] = (
    numbers.integer, numbers.plain, numbers.rate, numbers.p_value, numbers.duration,
    numbers.mebibytes, numbers.millions, numbers.times, numbers.flop, numbers.flop_per_second,
    numbers.joules, numbers.milliseconds,
    *(partial(rounded, digits=digits) for rounded in _ROUNDED for digits in range(5)),
)  # fmt: skip
"""Every way in which a report prints a value."""


def number_problems(report: Path, pieces: Sequence[Piece], sources: Sources) -> Iterator[Problem]:
    """Yield what is wrong with the numbers and quotes of a report.

    Raises:
        ReportError: It has no number at all.
    """
    claims = [piece for piece in pieces if piece.kind == "number"]
    if not claims:
        raise ReportError(
            f"{report} has no number with a source.", "Name a report made by homework."
        )
    for claim in claims:
        yield from check_claim(claim, sources)
    for piece in pieces:
        if piece.kind == "quote":
            yield from _check_quote(piece, sources)
    yield from _without_source(pieces)


def check_claim(claim: Piece, sources: Sources) -> Iterator[Problem]:
    """Recompute one printed number; yield what is wrong with it."""
    where = claim.section or "front matter"
    try:
        value = sources.recompute(claim.source)
    except ReportError as error:
        yield Problem(where, claim.text, error.message, claim.source)
        return
    if repr(value) != claim.value:
        problem = f"the report has {claim.value}, the records now give {value!r}"
        yield Problem(where, claim.text, problem, claim.source)
    elif not is_printed_as(value, claim.text):
        problem = f"the report shows {claim.text.strip()}, the record says {value!r}"
        yield Problem(where, claim.text, problem, claim.source)


def _check_quote(quote: Piece, sources: Sources) -> Iterator[Problem]:
    """Yield what is wrong where a record doesn't say what the report quotes."""
    where = quote.section or "front matter"
    try:
        said = sources.recompute(quote.source)
    except ReportError as error:
        yield Problem(where, quote.text, error.message, quote.source)
        return
    if not isinstance(said, str) or said.split() != quote.text.split():
        yield Problem(where, quote.text, f"the record says {said!r}", quote.source)


def _without_source(pieces: Sequence[Piece]) -> Iterator[Problem]:
    for piece, digits in unsourced(pieces):
        where = piece.section or "front matter"
        yield Problem(where, digits, "this number has no source")


def changed_records(records: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Problem]:
    """Yield each record that isn't the one the report was made from.

    Args:
        records: Digests that the report names, by path.
        now: Those of the records at hand.
    """
    if not records:
        problem = f"the report doesn't name the records it was made from ({RECORDS_META})"
        yield Problem("front matter", "", problem)
        return
    for path in sorted(records.keys() | now.keys()):
        if path not in now:
            yield Problem(path, "", "the record is missing; the report was made from it")
        elif path not in records:
            yield Problem(path, "", "the record has been added since the report was made")
        elif records[path] != now[path]:
            yield Problem(path, "", "the record has changed since the report was made")


def is_printed_as(value: object, text: str) -> bool:
    """Tell whether any format of the report prints a value as this text."""
    for form in FORMATS:
        try:
            if form(Quantity(value, "")).text.split() == text.split():
                return True
        except (TypeError, ValueError, ArithmeticError):
            continue
    return False
