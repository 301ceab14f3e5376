"""The appendix on the method: how networks, optimizers and the comparisons work."""

from report.evidence.load import StudyView
from report.evidence.study_sections import plain_run
from report.findings import data
from report.sections import SECTIONS
from report.sections.view import SectionView
from report.tables.settings import network_parts


def build(view: StudyView) -> SectionView:
    """Make the section that explains what the method only names."""
    baseline = plain_run(view)
    parts = network_parts(baseline) if baseline else None
    return SectionView(
        slug="background",
        title=SECTIONS["background"].title,
        findings={"statistics": tuple(data.channel_statistics(view))},
        tables={"parts": parts} if parts is not None else {},
    )
