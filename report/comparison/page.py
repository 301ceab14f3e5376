"""Make the page that shows two studies side by side."""

from pathlib import Path

from report.audit.manifest import record_digests
from report.audit.rendering import Rendering
from report.comparison.findings import (
    no_settings_differ,
    the_differences,
    the_pictures,
    the_studies,
)
from report.comparison.pairs import SIDES, tested_pairs
from report.comparison.tables import accuracies, choices, differing_settings
from report.errors import ReportError
from report.evidence.load import StudyView, load_study
from report.evidence.record_files import read_files
from report.evidence.sentences import Parts, parts
from report.sections.cover import Cover
from report.sections.view import SectionView
from report.writing.section_cache import Fragment
from report.writing.staleness import program_digest
from report.writing.templating import DEFAULT, render_page, render_section
from report.writing.theme import Theme
from training import __version__

SLUG = "compare"
NAME = "comparison"


def compare_studies(
    a: Path, b: Path, theme: Theme = DEFAULT, paper: bool = False, indexed: bool = False
) -> str:
    """Return a page of two studies as HTML; its numbers' sources begin with `A/` and `B/`.

    Args:
        a: The first study's folder.
        b: The second's.
        theme: Whose templates print it, on which paper.
        paper: Whether it is for the pages of a PDF.
        indexed: Whether the index may vouch for records, see `read_files`.

    Raises:
        ReportError: The folders are one, or a record contradicts itself.
        RecordError: A record can't be read.
    """
    if a.resolve() == b.resolve():
        raise ReportError(f"{a} and {b} are the same study.", "Name two studies.")
    views = [load_study(folder, f"{side}/") for side, folder in zip(SIDES, (a, b), strict=True)]
    if indexed:
        for view in views:
            view.files = read_files(view.folder.path, indexed=True)
    section = _section(*views)
    html = render_section(section, views[0].study, theme, paper)
    fragment = Fragment(SLUG, section.title, html, html, "")
    rendering = Rendering(homework=__version__, program=program_digest(), paper=theme.paper)
    return render_page(_cover(*views), [fragment], (), theme, paper, rendering)


def _section(a: StudyView, b: StudyView) -> SectionView:
    pairs = tested_pairs(a, b)
    tables = {
        "accuracies": accuracies(pairs),
        "choices": choices(a, b),
        "settings": differing_settings(a, b),
    }
    return SectionView(
        slug=SLUG,
        title="Two studies side by side",
        findings={
            "studies": (*the_studies(a, b), *the_pictures(a, b)),
            "differences": tuple(the_differences(pairs)),
            "settings": () if tables["settings"] else tuple(no_settings_differ()),
        },
        tables={name: table for name, table in tables.items() if table is not None},
    )


def _cover(a: StudyView, b: StudyView) -> Cover:
    lines: list[tuple[str, Parts]] = [
        (side, parts(f"{view.study.title} ({view.folder.name})"))
        for side, view in zip(SIDES, (a, b), strict=True)
    ]
    digests = {
        f"{side}/{name}": digest
        for side, view in zip(SIDES, (a, b), strict=True)
        for name, digest in record_digests(view.files).items()
    }
    return Cover(
        title=f"{a.folder.name} and {b.folder.name} compared",
        author="",
        course="",
        abstract="",
        headline=(),
        lines=tuple(lines),
        records=" ".join(f"{name}={digest}" for name, digest in digests.items()),
    )
