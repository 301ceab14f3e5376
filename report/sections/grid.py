"""Grids: which settings learned, which of them is best."""

from report.evidence.homework import STARTS
from report.evidence.load import StudyView
from report.evidence.study_sections import grids_of, is_homework, members_of
from report.findings.answers import headline
from report.findings.expected import smaller_rates
from report.findings.grid import leads, without_success
from report.findings.notices import notices
from report.sections import comparison
from report.sections.own import grid_figures
from report.sections.view import SectionView
from training.records import StudySection


def build(view: StudyView, section: StudySection) -> SectionView:
    """Make a section on grids."""
    if not is_homework(view):
        return comparison.build(view, section)
    starts = {grid: STARTS[grid] for grid in grids_of(view, section)}
    return SectionView(
        slug=section.name,
        title=section.title,
        notices=notices(view, members_of(view, section)),
        findings={
            "answer": headline(view, section.name),
            "leads": tuple(leads(view, starts)),
            "failed": (*without_success(view, starts), *smaller_rates(view)),
        },
        figures=grid_figures(view, section),
    )
