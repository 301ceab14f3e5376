"""Make a report from a study's records, all of it or some sections of it."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from report.cover import Cover, make_cover
from report.errors import ReportError, unknown
from report.figures.drawing import Drawing
from report.figures.studio import Studio, fill
from report.figures.style import Lettering
from report.fragments import Fragment, Memory, recall, remember
from report.load import StudyView, load_study
from report.look import Look, look_remarks
from report.outline import outline, view_of
from report.render import DEFAULT, render_page, render_section
from report.staleness import everything_hash, records_hash
from training.records import write_bytes
from training.study import StudyFile, check_outline, retell

Format = Literal["html", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "pdf")

LETTERING: Mapping[Format, Lettering] = {"html": "outlines", "pdf": "text"}
"""A page on screen can't count on fonts; a PDF holds its own, and is laid out sooner with them."""

ALWAYS = ("introduction", "conclusion", "appendix")
"""Sections that sum up the others, and are therefore made anew with any of them."""


@dataclass(frozen=True)
class Outcome:
    """What a render wrote.

    Attributes:
        files: The report files.
        remarks: Sentences that a person must know about them.
    """

    files: list[Path]
    remarks: list[str]


def build_report(
    study: Path,
    output: Path,
    formats: Sequence[Format] = FORMATS,
    only: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
    look: Look = DEFAULT,
    words: StudyFile | None = None,
) -> Outcome:
    """Write `report.html` and `report.pdf`; on failure, old ones stay as they were.

    Args:
        study: The study's folder.
        output: Where to write.
        formats: What to write.
        only: Slugs of the sections to make anew; all of them when empty.
        progress: Told what is being done.
        look: Whose templates, and which paper.
        words: Title, author, course, abstract and outline that stand in for those in `study.json`.

    Raises:
        ReportError: An unknown section, a record that contradicts another, or a template of a
            person's own that is wrong.
        StudyError: The study's outline names a section that there isn't.
        RecordError: A record can't be read, or the report can't be written.
    """
    _check_writable(output)
    templates = look.digest()
    made_from = "" if only else everything_hash(study, _choices(look, templates, words))
    files = [output / f"report.{name}" for name in formats]
    remarks = list(look_remarks(look))
    if made_from and all(_is_current(file, made_from) for file in files):
        return Outcome(files, [*remarks, "Nothing has changed since these were written."])
    from report.findings.contradictions import contradiction_remarks

    view = _load(study, words)
    press = _Press(view, progress, look)
    press.check(only)
    bases = {name: _base(output, name) for name in formats} if only else {}
    if why := _why_everything(output, list(bases.values()), templates):
        remarks.append(why)
        bases = {}
    editions = {name: press.edition(name, bases.get(name), only) for name in formats}
    contents = {name: press.print(name, editions[name]) for name in formats}
    for name, file in zip(formats, files, strict=True):
        write_bytes(file, contents[name])
        remember(file, contents[name], list(editions[name].fragments), made_from, templates)
    remarks += _stale_remarks(editions.values())
    remarks += contradiction_remarks(view)
    return Outcome(files, remarks)


def _choices(look: Look, templates: str, words: StudyFile | None) -> str:
    """Name all that was asked for beside the records."""
    if words is None:
        return f"{look.paper} {templates}"
    told = (words.title, words.author, words.course, words.abstract, words.report)
    return f"{look.paper} {templates} {msgspec.json.encode(told).decode()}"


def _load(study: Path, words: StudyFile | None) -> StudyView:
    view = load_study(study)
    if words is not None:
        view.study = retell(view.study, words)
    check_outline(view.study.report, f"{study / 'study.json'}, report")
    return view


def _is_current(file: Path, made_from: str) -> bool:
    memory = recall(file)
    return memory is not None and memory.made_from == made_from


def existing_formats(output: Path) -> tuple[Format, ...]:
    """Return the formats that a report in this folder has."""
    return tuple(name for name in FORMATS if (output / f"report.{name}").is_file())


@dataclass(frozen=True)
class _Edition:
    """The sections of one report file, and which of them are older than their records."""

    fragments: tuple[Fragment, ...]
    stale: tuple[Fragment, ...]


@dataclass(frozen=True)
class _Draft:
    """A section's HTML with its figures still to be put in."""

    html: str
    drawings: tuple[Drawing, ...]


class _Press:
    """Makes sections and pages of one study, each of them once."""

    def __init__(self, view: StudyView, progress: Callable[[str], None], look: Look) -> None:
        self._view = view
        self._progress = progress
        self._look = look
        self._outline = outline(view.study)
        self._cover: Cover = make_cover(view)
        self._drafts: dict[str, _Draft] = {}

    def check(self, slugs: Sequence[str]) -> None:
        """Refuse the name of a section that the report doesn't have."""
        for slug in slugs:
            if slug not in self._outline:
                raise unknown("section", slug, list(self._outline))

    def edition(self, name: Format, base: Memory | None, only: Sequence[str]) -> _Edition:
        """Assemble sections: those of the base, but for the ones asked for and the summaries."""
        kept = {}
        for slug in self._outline:
            old = base.fragment(slug) if base and slug not in (*only, *ALWAYS) else None
            if old is not None:
                kept[slug] = old
        drafts = {slug: self._draft(slug) for slug in self._outline if slug not in kept}
        studio = Studio(LETTERING[name])
        studio.prepare((d for draft in drafts.values() for d in draft.drawings), self._progress)
        made = {slug: self._fragment(slug, draft, studio) for slug, draft in drafts.items()}
        stale = tuple(old for slug, old in kept.items() if old.records != self._hash(slug))
        return _Edition(tuple((kept | made)[slug] for slug in self._outline), stale)

    def print(self, name: Format, edition: _Edition) -> bytes:
        """Return the bytes of an edition as a file of the named format."""
        page = render_page(self._cover, edition.fragments, edition.stale, self._look)
        if name == "html":
            return page.encode("utf-8")
        from report.pdf import write_pdf

        self._progress("Laying out the PDF")
        return write_pdf(page, self._view.folder.path, self._look)

    def _draft(self, slug: str) -> _Draft:
        if slug not in self._drafts:
            self._progress(f"Making {slug}")
            section = view_of(slug, self._view)
            html = render_section(section, self._view.study, self._look)
            self._drafts[slug] = _Draft(html, tuple(section.drawings))
        return self._drafts[slug]

    def _fragment(self, slug: str, draft: _Draft, studio: Studio) -> Fragment:
        html = fill(draft.html, draft.drawings, studio)
        return Fragment(slug, self._outline[slug].title, html, self._hash(slug))

    def _hash(self, slug: str) -> str:
        return records_hash(self._view, self._outline[slug].reads)


def _base(output: Path, name: Format) -> Memory | None:
    """Return what the last report in a folder was made of, of the same format if there is one."""
    existing: Mapping[str, Path] = {f: output / f"report.{f}" for f in existing_formats(output)}
    last = existing.get(name) or next(iter(existing.values()), None)
    return recall(last) if last else None


def _why_everything(output: Path, bases: Sequence[Memory | None], templates: str) -> str:
    """Say why `--only` can't build upon an earlier report; empty where it can."""
    known = [base for base in bases if base is not None]
    if len(known) == len(bases):
        if all(base.templates == templates for base in known):
            return ""
        return "The templates aren’t those of the earlier report, so every section was made anew."
    if not existing_formats(output):
        return f"There is no report in {output} yet, so every section was made."
    return (
        f"The report in {output} isn’t one that this program remembers as it stands, "
        "so every section was made anew."
    )


def _stale_remarks(editions: Iterable[_Edition]) -> list[str]:
    slugs = dict.fromkeys(fragment.slug for edition in editions for fragment in edition.stale)
    if not slugs:
        return []
    return [f"Kept as it was, though its records changed: {', '.join(slugs)}."]


def _check_writable(output: Path) -> None:
    """Refuse a folder that can't be written before any work is done."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(
            f"Can't make the folder {output}: {error.strerror or error}.",
            "Choose another one: --output DIR.",
        ) from error
    if not os.access(output, os.W_OK | os.X_OK):
        raise ReportError(
            f"Can't write into {output}: permission denied.", "Choose another one: --output DIR."
        )
