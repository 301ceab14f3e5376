"""Make the sections of a report and print them as a file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from report.errors import unknown
from report.evidence.load import StudyView
from report.figures.drawing import Drawing
from report.figures.drawing_pool import FEW, Studio, fill
from report.figures.style import Lettering
from report.sections.cover import Cover, make_cover
from report.sections.outline import outline, view_of
from report.writing.section_cache import Fragment, Memory
from report.writing.staleness import records_hash
from report.writing.templating import render_page, render_section
from report.writing.theme import Look

Format = Literal["html", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "pdf")

LETTERING: Mapping[Format, Lettering] = {"html": "outlines", "pdf": "text"}
"""A page on screen can't count on fonts; a PDF holds its own, and is laid out sooner with them."""

ALWAYS = ("introduction", "conclusion", "appendix")
"""Sections that sum up the others, and are therefore made anew with any of them."""


@dataclass(frozen=True)
class Edition:
    """One report file: its bytes, its sections, and which of these are older than their records."""

    content: bytes
    fragments: tuple[Fragment, ...]
    stale: tuple[Fragment, ...]


@dataclass(frozen=True)
class Draft:
    """A section's HTML with its figures still to be put in."""

    html: str
    drawings: tuple[Drawing, ...]


class Press:
    """Makes sections and pages of one study, each of them once."""

    def __init__(self, view: StudyView, progress: Callable[[str], None], look: Look) -> None:
        self._view = view
        self._progress = progress
        self._look = look
        self._outline = outline(view.study)
        self._cover: Cover = make_cover(view)
        self._drafts: dict[str, Draft] = {}

    def check(self, slugs: Sequence[str]) -> None:
        """Refuse the name of a section that the report doesn't have."""
        for slug in slugs:
            if slug not in self._outline:
                raise unknown("section", slug, list(self._outline))

    def edition(self, name: Format, base: Memory | None, only: Sequence[str]) -> Edition:
        """Assemble sections: those of the base, but for the ones asked for and the summaries."""
        kept = {}
        for slug in self._outline:
            old = base.fragment(slug) if base and slug not in (*only, *ALWAYS) else None
            if old is not None:
                kept[slug] = old
        with Studio(LETTERING[name], few=0 if name == "pdf" else FEW) as studio:
            drafts = {}
            for slug in self._outline:
                if slug not in kept:
                    drafts[slug] = self._draft(slug)
                    studio.start(drafts[slug].drawings)
            return self._print(name, kept, drafts, studio)

    def _print(
        self,
        name: Format,
        kept: Mapping[str, Fragment],
        drafts: Mapping[str, Draft],
        studio: Studio,
    ) -> Edition:
        """Assemble a report file; the pages of a PDF while its figures are being drawn."""
        stale = tuple(old for slug, old in kept.items() if old.records != self._hash(slug))
        if name == "html":
            studio.prepare((), self._progress)
            fragments = self._fragments(kept, drafts, studio)
            return Edition(self._page(fragments, stale).encode("utf-8"), fragments, stale)
        from report.pdf.write import write_pdf

        self._progress("Laying out the PDF")
        page = self._page(self._fragments(kept, drafts), stale)
        figures = Wall(studio, drafts.values(), self._progress)
        content = write_pdf(page, self._view.folder.path, self._look, figures)
        return Edition(content, self._fragments(kept, drafts, studio), stale)

    def _page(self, fragments: Sequence[Fragment], stale: Sequence[Fragment]) -> str:
        return render_page(self._cover, fragments, stale, self._look)

    def _fragments(
        self,
        kept: Mapping[str, Fragment],
        drafts: Mapping[str, Draft],
        studio: Studio | None = None,
    ) -> tuple[Fragment, ...]:
        """Return the sections in order; without a studio, new ones have figures’ names only."""
        return tuple(
            kept[slug] if slug in kept else self._fragment(slug, drafts[slug], studio)
            for slug in self._outline
        )

    def _draft(self, slug: str) -> Draft:
        if slug not in self._drafts:
            self._progress(f"Making {slug}")
            section = view_of(slug, self._view)
            html = render_section(section, self._view.study, self._look)
            self._drafts[slug] = Draft(html, tuple(section.drawings))
        return self._drafts[slug]

    def _fragment(self, slug: str, draft: Draft, studio: Studio | None) -> Fragment:
        html = draft.html if studio is None else fill(draft.html, draft.drawings, studio)
        return Fragment(slug, self._outline[slug].title, html, self._hash(slug))

    def _hash(self, slug: str) -> str:
        return records_hash(self._view, self._outline[slug].reads)


class Wall:
    """Where the figures of a report's new sections hang; see `late_figures.Figures`."""

    def __init__(
        self, studio: Studio, drafts: Iterable[Draft], progress: Callable[[str], None]
    ) -> None:
        self._studio = studio
        self._drawings = {what.key: what for draft in drafts for what in draft.drawings}
        self._progress = progress

    def size(self, name: str) -> tuple[float, float]:
        return self._drawings[name].size

    def svg(self, name: str) -> str:
        self._studio.prepare((), self._progress)
        return self._studio.picture(self._drawings[name])
