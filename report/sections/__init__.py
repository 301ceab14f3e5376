"""The report's sections in order. Each one's module is imported when the section is made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

from report.errors import unknown
from training.records import Experiment, StudySection
from training.study import HEATMAPS, shown_sections

if TYPE_CHECKING:
    from report.evidence.load import StudyView
    from report.sections.view import SectionView


WORDS = "words"
"""What a section that a person wrote reads."""


@dataclass(frozen=True)
class SectionEntry:
    """A section of the report.

    Attributes:
        module: Holds `build(view) -> SectionView`; of a study's section it takes that, too.
        reads: What it is made from, beside the study and its data set: experiment ids, sections
            of the experiment list, grids such as `transfer/grid`, `*` for every record, or
            `words` for what a person wrote.
    """

    slug: str
    title: str
    module: str
    reads: tuple[str, ...]


FIRST: tuple[SectionEntry, ...] = (
    SectionEntry("introduction", "What came out", "report.sections.introduction", ("*",)),
    SectionEntry("data", "Data exploration", "report.sections.data", ("data",)),
    SectionEntry(
        "preprocessing", "Preprocessing and method", "report.sections.preprocessing", ("*",)
    ),
)
"""What stands before the sections of a study."""

LAST: tuple[SectionEntry, ...] = (
    SectionEntry("mistakes", "Where the best network errs", "report.sections.mistakes", ("*",)),
    SectionEntry("conclusion", "Conclusion", "report.sections.conclusion", ("*",)),
    SectionEntry("references", "References", "report.sections.references", ()),
    SectionEntry("background", "Appendix: how it works", "report.sections.background", ("*",)),
    SectionEntry(
        "details", "Appendix: further figures and tables", "report.sections.details", ("*",)
    ),
    SectionEntry("appendix", "Appendix: every experiment", "report.sections.appendix", ("*",)),
)
"""What stands behind them."""


def sections_for(
    own: Sequence[StudySection] = (), experiments: Sequence[Experiment] = ()
) -> dict[str, SectionEntry]:
    """Return the sections of a report by slug, in their usual order.

    Args:
        own: The sections of its study; empty for the homework's.
        experiments: The study's: the grids that they are chosen from are read, too.
    """
    shown = [_entry(section, experiments) for section in shown_sections(own).values()]
    return {entry.slug: entry for entry in (*FIRST, *shown, *LAST)}


def _entry(section: StudySection, experiments: Sequence[Experiment]) -> SectionEntry:
    """Return the entry of a study's section, whose kind decides what makes it."""
    compared = (id_ for pair in section.compare for id_ in pair)
    chosen_from = (
        e.choice.grid for e in experiments if e.section == section.name and e.choice is not None
    )
    name = () if section is HEATMAPS else (section.name,)
    against = (section.against,) if section.against else ()
    reads = dict.fromkeys((*name, *section.grids, *against, *compared, *chosen_from))
    return SectionEntry(
        section.name, section.title, f"report.sections.{section.kind}", tuple(reads)
    )


SECTIONS = sections_for()
"""The homework's."""

BRIEF: dict[str, SectionEntry] = {
    "introduction": SECTIONS["introduction"],
    "figures": SectionEntry("figures", "Figures and tests", "report.sections.figures", ("*",)),
}
"""What a brief report has in place of all sections."""


def section_view(slug: str, view: "StudyView") -> "SectionView":
    """Make what a section's template prints.

    Raises:
        ReportError: There is no such section.
    """
    entries = sections_for(view.study.sections)
    if slug not in entries | BRIEF:
        raise unknown("section", slug, list(entries))
    from report.sections.without_result import without_result

    entry, own = (entries | BRIEF)[slug], shown_sections(view.study.sections).get(slug)
    found = without_result(slug, entry.title, view)
    if found is None:
        module = import_module(entry.module)
        found = module.build(view) if own is None else module.build(view, own)
    if own is None:
        return found
    template = found.template or own.kind
    if not found.template:
        from report.sections.elsewhere import with_further_pictures

        found = with_further_pictures(found, view, own)
    return replace(
        found, template=template, before=own.before, after=own.after, pictures=own.pictures
    )
