"""The works cited."""

from report.evidence.load import StudyView
from report.sections import SECTIONS
from report.sections.view import SectionView


def build(view: StudyView) -> SectionView:
    """Make the list of references; its entries come from the bibliography."""
    return SectionView(slug="references", title=SECTIONS["references"].title)
