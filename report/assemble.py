"""Make the sections of a report and print them as a file."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from report.audit.manifest import attachments
from report.audit.rendering import Detail, Rendering, Words
from report.errors import unknown
from report.evidence.load import StudyView
from report.figures.drawing import Drawing
from report.figures.drawing_pool import FEW, DrawingPool, fill
from report.figures.style import Lettering
from report.pdf.late_figures import blank
from report.sections.cover import Cover, make_cover
from report.sections.outline import outline, view_of
from report.writing.about import about
from report.writing.section_cache import Fragment, Memory
from report.writing.staleness import library_versions, program_digest, records_hash
from report.writing.templating import render_page, render_section
from report.writing.theme import Theme
from training import __version__

Format = Literal["html", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "pdf")

LETTERING: Mapping[Format, Lettering] = {"html": "outlines", "pdf": "text"}
"""A page on screen can't count on fonts; a PDF holds its own, and is laid out sooner with them."""

ALWAYS = ("introduction", "figures", "conclusion", "details", "appendix")
"""Sections that sum up the others, and are therefore made anew with any of them."""


@dataclass(frozen=True)
class Edition:
    """One report file: its bytes, its sections, and which of these are older than their records."""

    content: bytes
    fragments: tuple[Fragment, ...]
    stale: tuple[Fragment, ...]


@dataclass(frozen=True)
class Draft:
    """A section's HTML, for screens and for paper, with its figures still to be put in."""

    html: str
    paper: str
    drawings: tuple[Drawing, ...]


class Assembler:
    """Makes the sections and report files of one study, each section once."""

    def __init__(
        self,
        view: StudyView,
        progress: Callable[[str], None],
        theme: Theme,
        words: Words | None = None,
        detail: Detail = "full",
    ) -> None:
        self._detail: Detail = detail
        self._view = view
        self._words = words
        self._progress = progress
        self._theme = theme
        self._outline = outline(view.study, detail)
        self._about = about(view.study)
        self._cover: Cover = make_cover(view, detail)
        self._drafts: dict[str, Draft] = {}
        self._hashes: dict[str, str] = {}

    def check(self, slugs: Sequence[str]) -> None:
        """Refuse the name of a section that the report doesn't have."""
        for slug in slugs:
            if slug not in self._outline:
                raise unknown("section", slug, list(self._outline))

    def page(
        self, kept: Container[str] = (), all_sources: bool = False, paper: bool = False
    ) -> tuple[str, tuple[Drawing, ...]]:
        """Return the page, its figures standing in it as `figure:KEY`, and these.

        Args:
            kept: Sections that the page says are older than their records.
            all_sources: As beside a person's own templates, see `_page`.
            paper: Without what is for screens alone.
        """
        drafts = {slug: self._draft(slug) for slug in self._outline}
        drawings = tuple(what for draft in drafts.values() for what in draft.drawings)
        page = self._page(self._fragments({}, drafts), kept, paper, all_sources)
        return page, drawings

    def edition(self, name: Format, base: Memory | None, only: Sequence[str]) -> Edition:
        """Assemble sections: those of the base, but for the ones asked for and the summaries."""
        kept = {}
        for slug in self._outline:
            old = base.fragment(slug) if base and slug not in (*only, *ALWAYS) else None
            if old is not None:
                kept[slug] = old
        with DrawingPool(LETTERING[name], few=0 if name == "pdf" else FEW) as pool:
            drafts = {}
            for slug in self._outline:
                if slug not in kept:
                    drafts[slug] = self._draft(slug)
                    pool.start(drafts[slug].drawings)
            return self._print(name, kept, drafts, pool)

    def _print(
        self,
        name: Format,
        kept: Mapping[str, Fragment],
        drafts: Mapping[str, Draft],
        pool: DrawingPool,
    ) -> Edition:
        """Assemble a report file; the pages of a PDF while its figures are being drawn."""
        changed = {slug for slug, old in kept.items() if old.records != self._hash(slug)}
        stale = tuple(kept[slug] for slug in self._outline if slug in changed)
        if name == "html":
            pool.prepare((), self._progress)
            fragments = self._fragments(kept, drafts, pool)
            filled = tuple(replace(f, html=fill(f.html, f.pictures)) for f in fragments)
            page = self._page(filled, changed)
            return Edition(page.encode("utf-8"), fragments, stale)
        from report.pdf.write import write_pdf

        self._progress("Laying out the PDF")
        unfilled = self._fragments(kept, drafts)
        figures = SectionFigures(pool, drafts.values(), kept.values(), self._progress)
        rendering = self._rendering(changed)
        attached = attachments(self._page(unfilled, changed), self._view.folder.path, rendering)
        page = self._page(unfilled, changed, paper=True)
        content = write_pdf(page, self._theme, figures, attached)
        return Edition(content, self._fragments(kept, drafts, pool), stale)

    def _page(
        self,
        fragments: Sequence[Fragment],
        changed: Container[str],
        paper: bool = False,
        all_sources: bool = False,
    ) -> str:
        """Print the page; where a person's own templates may cite others, with all references."""
        stale = [fragment for fragment in fragments if fragment.slug in changed]
        rendering = self._rendering(changed)
        all_sources = all_sources or bool(rendering.templates)
        return render_page(
            self._cover, fragments, stale, self._theme, paper, rendering, all_sources
        )

    def _rendering(self, kept: Container[str]) -> Rendering:
        """Say how the report is made."""
        return Rendering(
            homework=__version__,
            program=program_digest(),
            study=self._view.folder.name,
            paper=self._theme.paper,
            detail=self._detail,
            templates=self._theme.digests(),
            words=self._words,
            kept=tuple(slug for slug in self._outline if slug in kept),
            libraries=library_versions(),
        )

    def _fragments(
        self,
        kept: Mapping[str, Fragment],
        drafts: Mapping[str, Draft],
        pool: DrawingPool | None = None,
    ) -> tuple[Fragment, ...]:
        """Return the sections in order; without a pool, new ones have no pictures yet."""
        return tuple(
            kept[slug] if slug in kept else self._fragment(slug, drafts[slug], pool)
            for slug in self._outline
        )

    def _draft(self, slug: str) -> Draft:
        if slug not in self._drafts:
            self._progress(f"Building the section {slug}")
            section = view_of(slug, self._view)
            html, paper = (
                render_section(section, self._view.study, self._theme, paper, self._about)
                for paper in (False, True)
            )
            self._drafts[slug] = Draft(html, paper, tuple(section.drawings))
        return self._drafts[slug]

    def _fragment(self, slug: str, draft: Draft, pool: DrawingPool | None) -> Fragment:
        pictures = pool.pictures(draft.drawings) if pool else {}
        title = self._outline[slug].title
        return Fragment(slug, title, draft.html, draft.paper, self._hash(slug), pictures)

    def _hash(self, slug: str) -> str:
        if slug not in self._hashes:
            self._hashes[slug] = records_hash(self._view, self._outline[slug].reads)
        return self._hashes[slug]


class SectionFigures:
    """Figures of new and of remembered sections by name; see `late_figures.Figures`."""

    def __init__(
        self,
        pool: DrawingPool,
        drafts: Iterable[Draft],
        kept: Iterable[Fragment],
        progress: Callable[[str], None],
    ) -> None:
        self._pool = pool
        self._drawings = {what.key: what for draft in drafts for what in draft.drawings}
        self._pictures = {key: svg for old in kept for key, svg in old.pictures.items()}
        self._progress = progress

    def stand_in(self, name: str) -> str:
        drawing = self._drawings.get(name)
        return self._pictures[name] if drawing is None else blank(drawing.size)

    def svg(self, name: str) -> str:
        if name not in self._drawings:
            return self._pictures[name]
        self._pool.prepare((), self._progress)
        return self._pool.picture(self._drawings[name])
