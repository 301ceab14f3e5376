"""Verify a report: numbers, words and figures against records, records against themselves."""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from report.audit.authors_text import lint_study
from report.audit.check_numbers import changed_records, number_problems
from report.audit.manifest import digests_like
from report.audit.problems import Problem
from report.audit.read_html import Piece, read_pieces, read_records
from report.audit.records import audit_records
from report.audit.rendering import read_rendering
from report.audit.searches import unchecked_searches
from report.audit.verdict import Verdict
from report.errors import ReportError
from report.evidence.load import load_study
from report.evidence.recompute import Sources
from report.evidence.record_files import read_files
from report.verify.held import Held, held_against
from report.verify.html import compare_html, compare_page
from training.records import BESIDE, SCORES_NAME, content_of

if TYPE_CHECKING:
    from report.audit.read_pdf import ReportPdf


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
    pieces, rendering = read_pieces(html), read_rendering(html)
    found = list(number_problems(report, pieces, Sources(study)))
    compare = partial(compare_html, html, rendering, _named(found))
    held = held_against(study, rendering, "outlines", compare)
    records = read_records(html)
    found += changed_records(records, digests_like(records, read_files(study)))
    return _verdict(study, pieces, [*found, *held.problems, *_audited(study, held)], held)


def verify_pages(report: Path, studies: Mapping[str, Path], again: str) -> Verdict:
    """Check a page of several studies against their records.

    Args:
        studies: Their folders, by the names that the sources of their numbers begin with.
        again: The page that the records give.

    Raises:
        ReportError: The report can't be read or holds no numbers at all.
    """
    html = _read(report)
    pieces = read_pieces(html)
    found = list(number_problems(report, pieces, Sources(studies)))
    held = compare_page(html, again, read_rendering(html), _named(found))
    records = read_records(html)
    found += changed_records(records, _all_digests(records, studies))
    found += held.problems
    for name, study in studies.items():
        found += (
            replace(problem, where=f"{name}/{problem.where}") for problem in _audited(study, held)
        )
    return _verdict(None, pieces, found, held)


def _verify_pdf(report: Path, find_study: Callable[[str | None], Path | None]) -> Verdict:
    from report.audit.manifest import unpack_records
    from report.audit.read_pdf import read_pdf

    pdf = read_pdf(report)
    study = find_study(pdf.manifest.study)
    if study is not None:
        return _of_pdf(report, pdf, study)
    if pdf.records is None:
        raise ReportError(
            f"No records are attached to {report}, and none were found.",
            "Name them: --runs DIR",
        )
    with tempfile.TemporaryDirectory() as folder:
        unpacked = unpack_records(pdf.records, Path(folder))
        if lacking := _lacking(pdf.manifest.records, unpacked):
            raise ReportError(
                f"The {lacking} that {report} was made from are too large to be attached to it, "
                "and no other records were found.",
                "Name the folder of records: --runs DIR",
            )
        verdict = _of_pdf(report, pdf, unpacked)
    return replace(verdict, study=None)


def _lacking(records: Mapping[str, str], study: Path) -> str:
    """Say what with an entry a picture a report was made from and isn't at hand; else nothing."""
    words = {SCORES_NAME: "scores", **dict.fromkeys(BESIDE.values(), "answers to test pictures")}
    lacking = [
        word
        for file, word in words.items()
        if (named := [name for name in records if PurePosixPath(name).name == file])
        and not any((study / name).exists() for name in named)
    ]
    return " and ".join(dict.fromkeys(lacking))


def _of_pdf(report: Path, pdf: "ReportPdf", study: Path) -> Verdict:
    from report.verify.pdf import compare_pdf, page_problems

    manifest = pdf.manifest
    found = page_problems(pdf)
    found += number_problems(report, manifest.pieces, Sources(study))
    compare = partial(compare_pdf, pdf, _named(found))
    held = held_against(study, manifest.made, "text", compare)
    records = manifest.records
    found += changed_records(records, digests_like(records, read_files(study)))
    problems = [*found, *held.problems, *_audited(study, held)]
    return _verdict(study, manifest.pieces, problems, held)


def _verdict(
    study: Path | None, pieces: Sequence[Piece], problems: Sequence[Problem], held: Held
) -> Verdict:
    n_numbers = sum(piece.kind == "number" for piece in pieces)
    return Verdict(
        study,
        n_numbers,
        tuple(problems),
        held.n_sentences,
        held.n_tables,
        held.n_figures,
        tuple(held.not_checked),
    )


def _named(problems: Iterable[Problem]) -> frozenset[tuple[str, str]]:
    """Return section and source of every number that was found to be wrong."""
    return frozenset((problem.where, problem.source) for problem in problems)


def _audited(study: Path, held: Held) -> list[Problem]:
    """Audit the records, and add to what was found what of them can't be checked here."""
    try:
        view = load_study(study)
        held.not_checked += unchecked_searches(view)
        return [*audit_records(view), *lint_study(view)]
    except ReportError as error:
        return [Problem("records", "", error.message)]


def _all_digests(named: Mapping[str, str], studies: Mapping[str, Path]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, study in studies.items():
        own = [path for path in named if path.startswith(f"{name}/")]
        digests = digests_like(own, read_files(study))
        found |= {f"{name}/{path}": digest for path, digest in digests.items()}
    return found


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
