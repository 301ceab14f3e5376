"""A section that is a person's text alone."""

from report.evidence.load import StudyView
from report.sections.view import SectionView
from training.records import StudySection


def build(view: StudyView, section: StudySection) -> SectionView:
    """Make a section of text; what the person wrote stands around it."""
    return SectionView(slug=section.name, title=section.title)
