"""How far tested models hold on changed test pictures."""

from dataclasses import replace

from report.evidence.load import StudyView
from report.figures.canvas import gap
from report.figures.robustness_figures import accuracy_by_level
from report.findings.robustness import changed_runs, changes_of, of_which_seeds, over_all_changes
from report.sections import comparison
from report.sections.view import SectionView
from report.tables.robustness import changed_accuracies, strengths
from training.records import StudySection


def build(view: StudyView, section: StudySection) -> SectionView:
    """Make a section on robustness: a comparison, and what changed pictures do to each model."""
    found = comparison.build(view, section)
    runs = [run for run in changed_runs(view, section) if changes_of(run)]
    if not runs:
        missing = gap(f"changed-{section.name}", "No model was tested on changed pictures yet.")
        return replace(found, figures=found.figures | {"changed": missing})
    said = (*of_which_seeds(view, runs), *over_all_changes(view, section))
    return replace(
        found,
        findings=found.findings | {"changed": said},
        figures=found.figures | {"changed": accuracy_by_level(section.name, runs)},
        tables=found.tables
        | {
            "changed": changed_accuracies(section.name, runs),
            "strengths": strengths(section.name, runs),
        },
    )
