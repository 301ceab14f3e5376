"""The report's sections in order. Each one's module is imported when the section is made."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from report.errors import unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.evidence.load import StudyView
    from report.sections.view import SectionView


WORDS = "words"
"""What a section that a person wrote reads."""


@dataclass(frozen=True)
class SectionEntry:
    """A section of the report.

    Attributes:
        module: Holds `build(view) -> SectionView`.
        reads: What it is made from, beside the study and its data set: experiment ids, sections
            of the experiment list, grids such as `transfer/grid`, `*` for every record, or
            `words` for what a person wrote.
    """

    slug: str
    title: str
    module: str
    reads: tuple[str, ...]


SECTIONS: dict[str, SectionEntry] = {
    entry.slug: entry
    for entry in (
        SectionEntry("introduction", "What came out", "report.sections.introduction", ("*",)),
        SectionEntry("data", "Data exploration", "report.sections.data", ("data",)),
        SectionEntry(
            "preprocessing", "Preprocessing and method", "report.sections.preprocessing", ("*",)
        ),
        SectionEntry("scratch", "Training from scratch", "report.sections.scratch", ("scratch",)),
        SectionEntry(
            "heatmaps",
            "Learning rates and optimizers",
            "report.sections.heatmaps",
            ("scratch/grid", "transfer/grid"),
        ),
        SectionEntry(
            "transfer", "Transfer learning", "report.sections.transfer", ("transfer", "scratch")
        ),
        SectionEntry(
            "freezing",
            "Freezing layers",
            "report.sections.freezing",
            ("freezing", "transfer/grid", "transfer/best"),
        ),
        SectionEntry(
            "augmentation",
            "Data augmentation",
            "report.sections.augmentation",
            ("augmentation", "transfer/grid", "transfer/best"),
        ),
        SectionEntry(
            "beyond",
            "Beyond AlexNet",
            "report.sections.beyond",
            ("beyond", "transfer/grid", "transfer/best"),
        ),
        SectionEntry("mistakes", "Where the best network errs", "report.sections.mistakes", ("*",)),
        SectionEntry("conclusion", "Conclusion", "report.sections.conclusion", ("*",)),
        SectionEntry("references", "References", "report.sections.references", ()),
        SectionEntry(
            "background", "Appendix: how it works", "report.sections.background", ("scratch",)
        ),
        SectionEntry(
            "details", "Appendix: further figures and tables", "report.sections.details", ("*",)
        ),
        SectionEntry("appendix", "Appendix: every experiment", "report.sections.appendix", ("*",)),
    )
}

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
    entries = SECTIONS | BRIEF
    if slug not in entries:
        raise unknown("section", slug, list(SECTIONS))
    from report.sections.without_result import without_result

    if (missing := without_result(slug, entries[slug].title, view)) is not None:
        return missing
    build: Callable[[StudyView], SectionView] = import_module(entries[slug].module).build
    return build(view)
