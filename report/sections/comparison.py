"""Models held against one: whatever it is that they differ in."""

from report.evidence.load import StudyView
from report.evidence.sentences import Name, parts
from report.evidence.study_sections import base_of, held, members_of, shown_run
from report.figures.run_figures import curves
from report.findings.answers import headline
from report.findings.notices import notices
from report.sections.own import apart, grid_figures, grid_findings, grid_tables
from report.sections.runs import chosen, course
from report.sections.view import SectionView
from report.tables.results import comparison
from training.records import StudySection


def build(view: StudyView, section: StudySection) -> SectionView:
    """Make a section that holds models against each other."""
    shown, base, models = shown_run(view, section), base_of(view, section), held(view, section)
    tables = grid_tables(view, section)
    if models:
        against = parts("The models of this section, held against ", Name(view.name(base)), ".")
        caption = against if len(models) > 1 else parts("The model of this section.")
        tables["comparison"] = comparison(
            view, section.name, models, caption, base if len(models) > 1 else ""
        )
    return SectionView(
        slug=section.name,
        title=section.title,
        notices=notices(view, members_of(view, section)),
        findings={
            "answer": headline(view, section.name),
            "apart": apart(view, section),
            "chosen": tuple(chosen(view, shown)),
            "grids": grid_findings(view, section),
            "course": tuple(course(view, shown)),
        },
        figures=grid_figures(view, section) | ({"curves": curves(view, shown)} if shown else {}),
        tables=tables,
    )
