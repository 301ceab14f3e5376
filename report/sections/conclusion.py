"""All test accuracies in one table, what they cost, and how far the results reach."""

from report.evidence.load import StudyView
from report.figures.comparison_figures import accuracy_against_cost
from report.findings import duplicates
from report.findings.against_reference import against_reference
from report.findings.cost import accuracy_per_parameter, what_accuracy_cost
from report.findings.interpretation import soonest
from report.findings.speed import worth_their_time
from report.sections import SECTIONS
from report.sections.view import SectionView
from report.tables.results import accuracies_beside_reference, without_duplicates


def build(view: StudyView) -> SectionView:
    """Make the conclusion."""
    return SectionView(
        slug="conclusion",
        title=SECTIONS["conclusion"].title,
        findings={
            "overall": tuple(accuracy_per_parameter(view)),
            "meaning": tuple(soonest(view)),
            "duplicates": tuple(duplicates.what_they_change(view)),
            "cost": (*what_accuracy_cost(view), *worth_their_time(view)),
            "reference": tuple(against_reference(view)),
        },
        figures={"cost": accuracy_against_cost(view)},
        tables={"accuracies": accuracies_beside_reference(view), **without_duplicates(view)},
    )
