"""What any section shows of further pictures that its models were tested on."""

from dataclasses import replace

from report.evidence.load import StudyView
from report.findings.elsewhere import elsewhere, of_which_seeds, who_is_ahead
from report.sections.view import SectionView
from report.tables.elsewhere import on_further_pictures
from training.records import StudySection


def with_further_pictures(
    found: SectionView, view: StudyView, section: StudySection
) -> SectionView:
    """Add to a section what its models get on further pictures; nothing where none was tested."""
    tested = elsewhere(view, section)
    if not tested:
        return found
    said = (*of_which_seeds(view, tested), *who_is_ahead(tested))
    return replace(
        found,
        findings=found.findings | {"elsewhere": said},
        tables=found.tables | {"elsewhere": on_further_pictures(section.name, tested)},
    )
