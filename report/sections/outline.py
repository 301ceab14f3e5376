"""Which sections a report has: the usual ones as a person arranged them, and a person's own."""

from dataclasses import replace

from report.audit.rendering import Detail
from report.evidence.display_names import MODELS, model_name
from report.evidence.load import StudyView
from report.sections import BRIEF, WORDS, SectionEntry, section_view, sections_for
from report.sections.view import SectionView
from training.records import ExtraSection, StudyRecord


def outline(study: StudyRecord, detail: Detail = "full") -> dict[str, SectionEntry]:
    """Return the report's sections in their order; a person's own are `extra-1`, `extra-2`, …

    A brief report has none of these, and its sections keep their order.
    """
    arranged = study.report
    if detail == "brief":
        return {slug: entry for slug, entry in BRIEF.items() if slug not in arranged.leave_out}
    usual = sections_for(study.sections, study.experiments)
    order = [*arranged.sections, *(slug for slug in usual if slug not in arranged.sections)]
    extras = _extras(study)
    found: dict[str, SectionEntry] = {}
    for slug in order:
        if slug not in arranged.leave_out:
            found[slug] = replace(usual[slug], title=title_of(slug, study))
        for own, extra in extras.items():
            if extra.after == slug:
                found[own] = SectionEntry(own, extra.title, "", (WORDS,))
    return found


def title_of(slug: str, study: StudyRecord) -> str:
    """Return a usual section's title; of the homework's it may name the study's network."""
    title = (sections_for(study.sections) | BRIEF)[slug].title
    if study.sections:
        return title
    return title.replace(MODELS["alexnet"], model_name(study.settings.backbone))


def _extras(study: StudyRecord) -> dict[str, ExtraSection]:
    return {f"extra-{number}": extra for number, extra in enumerate(study.report.extra, 1)}


def view_of(slug: str, view: StudyView) -> SectionView:
    """Make what a section's template prints.

    Raises:
        ReportError: There is no such section.
    """
    extra = _extras(view.study).get(slug)
    if extra is None:
        return replace(section_view(slug, view), title=title_of(slug, view.study))
    return SectionView(
        slug=slug,
        title=extra.title,
        template="extra",
        markdown=extra.markdown,
        pictures=extra.pictures,
    )
