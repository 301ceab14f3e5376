"""Audit a rendered report: recompute every number in it from the records."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from report.audit.authors_text import lint_study
from report.audit.read_html import RECORDS_META, Piece, read_pieces, read_records, unsourced
from report.audit.records import Problem, audit_records
from report.audit.verdict import Verdict
from report.errors import ReportError
from report.evidence import numbers
from report.evidence.load import load_study
from report.evidence.numbers import Number, Quantity
from report.evidence.recompute import Sources
from training.records import content_of

_ROUNDED = (
    numbers.percent, numbers.percentage, numbers.points, numbers.signed_points, numbers.decimal,
)  # fmt: skip

FORMATS: tuple[Callable[[Quantity], Number], ...] = (
    numbers.integer, numbers.plain, numbers.rate, numbers.p_value, numbers.duration,
    numbers.mebibytes, numbers.millions, numbers.times, numbers.flop, numbers.flop_per_second,
    numbers.joules,
    *(partial(rounded, digits=digits) for rounded in _ROUNDED for digits in range(5)),
)  # fmt: skip
"""Every way in which a report prints a value."""


def verify_report(report: Path, find_study: Callable[[str | None], Path | None]) -> Verdict:
    """Check a rendered report, HTML or PDF, and its records against each other.

    Args:
        report: `report.html` or `report.pdf`.
        find_study: Returns the folder of records to use, given the study's name if the
            report has it; None for those attached to the report.

    Raises:
        ReportError: The report can't be read or holds no numbers at all.
    """
    if _is_pdf(report):
        return _verify_pdf(report, find_study)
    html = _read(report)
    study = find_study(None)
    if study is None:
        raise ReportError(
            f"There are no records to check {report} against.", "Name them: --runs DIR"
        )
    return _verdict(report, study, read_pieces(html), read_records(html), [])


def verify_pages(report: Path, studies: Mapping[str, Path]) -> Verdict:
    """Check a page of several studies against their records.

    Args:
        studies: Their folders, by the names that the sources of their numbers begin with.

    Raises:
        ReportError: The report can't be read or holds no numbers at all.
    """
    html = _read(report)
    pieces = read_pieces(html)
    found = [
        *_differing(report, pieces, Sources(studies)),
        *_changed(read_records(html), _all_digests(studies)),
    ]
    for name, study in studies.items():
        found += (replace(problem, where=f"{name}/{problem.where}") for problem in _audited(study))
    n_numbers = sum(piece.kind == "number" for piece in pieces)
    return Verdict(None, n_numbers, tuple(found))


def _all_digests(studies: Mapping[str, Path]) -> dict[str, str]:
    from report.audit.manifest import record_digests

    return {
        f"{name}/{path}": digest
        for name, study in studies.items()
        for path, digest in record_digests(study).items()
    }


def _read(report: Path) -> str:
    try:
        return content_of(report).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't UTF-8 text"
        raise ReportError(
            f"Can't read the report {report}: {reason}.",
            "Render one: homework render --format html",
        ) from error


def _is_pdf(report: Path) -> bool:
    try:
        return b"%PDF-" in content_of(report)[:1024]
    except OSError:
        return False


def _verify_pdf(report: Path, find_study: Callable[[str | None], Path | None]) -> Verdict:
    from report.audit.compare_pdf_text import compare_pages
    from report.audit.manifest import unpack_records
    from report.audit.read_pdf import read_pdf

    pdf = read_pdf(report)
    manifest = pdf.manifest
    found = [
        Problem("text", f"page {n}", "something was drawn over this page") for n in pdf.annotated
    ]
    found += compare_pages(manifest.pieces, pdf.pages)
    study = find_study(manifest.study)
    if study is not None:
        return _verdict(report, study, manifest.pieces, manifest.records, found)
    if pdf.records is None:
        raise ReportError(
            f"No records are attached to {report}, and none were found.",
            "Name them: --runs DIR",
        )
    with tempfile.TemporaryDirectory() as folder:
        unpacked = unpack_records(pdf.records, Path(folder))
        verdict = _verdict(report, unpacked, manifest.pieces, manifest.records, found)
    return Verdict(None, verdict.n_numbers, verdict.problems)


def _verdict(
    report: Path,
    study: Path,
    pieces: Sequence[Piece],
    records: dict[str, str],
    found: Sequence[Problem],
) -> Verdict:
    from report.audit.manifest import record_digests

    problems = [
        *found,
        *_differing(report, pieces, Sources(study)),
        *_changed(records, record_digests(study)),
    ]
    n_numbers = sum(piece.kind == "number" for piece in pieces)
    return Verdict(study, n_numbers, (*problems, *_audited(study)))


def _differing(report: Path, pieces: Sequence[Piece], sources: Sources) -> Iterator[Problem]:
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


def _audited(study: Path) -> list[Problem]:
    try:
        view = load_study(study)
        return [*audit_records(view), *lint_study(view)]
    except ReportError as error:
        return [Problem("records", "", error.message)]


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


def _changed(records: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Problem]:
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
