"""Transfer learning: the two best pairs in detail, and the choice between them."""

from report.evidence.display_names import weights_name
from report.evidence.homework import FINE_TUNED, PRETRAINED_GRID
from report.evidence.load import StudyView
from report.evidence.sentences import Name, Sentence, parts, say
from report.evidence.study_sections import base_of, held, is_homework, shown_run
from report.figures.run_figures import curves
from report.findings.answers import headline
from report.findings.class_changes import class_effects
from report.findings.comparing import differences_to_mind, tested_result
from report.findings.interpretation import likeness
from report.findings.notices import notices
from report.sections.own import apart, grid_figures, grid_findings, grid_tables
from report.sections.runs import course
from report.sections.view import SectionView
from report.tables.results import comparison
from training.records import StudySection


def build(view: StudyView, section: StudySection) -> SectionView:
    """Make a section on what pre-trained weights bring."""
    shown, base, homework = shown_run(view, section), base_of(view, section), is_homework(view)
    caption = parts(
        "The best pair from a random start and the best one from pre-trained weights."
        if homework
        else "The models from pre-trained weights, and what they are held against."
    )
    first = FINE_TUNED if homework else shown
    compared = (
        (
            *tested_result(view, first),
            *differences_to_mind(view, first, base),
            *class_effects(view, first),
        )
        if homework
        else apart(view, section)
    )
    return SectionView(
        slug=section.name,
        title=section.title,
        notices=notices(view, view.section(section.name)),
        findings={
            "start": tuple(_start(view)),
            "answer": headline(view, section.name),
            "first": tuple(course(view, shown)),
            "meaning": tuple(likeness(view, section.name)),
            "compared": compared,
            "grids": () if homework else grid_findings(view, section),
        },
        figures={
            "first": curves(view, shown),
            **({} if homework else grid_figures(view, section)),
        },
        tables={
            "comparison": comparison(view, section.name, held(view, section), caption, base),
            **({} if homework else grid_tables(view, section)),
        },
    )


def _start(view: StudyView) -> list[Sentence]:
    """Say which weights the runs started from, as their records have it."""
    if not is_homework(view):
        return []
    run = view.run(FINE_TUNED) or next(iter(view.ranked(PRETRAINED_GRID)), None)
    spec = run.metrics.spec if run else None
    weights = Name(weights_name(view, spec.weights if spec else None))
    return [say("The start is ", weights, ", all of which training may change.")]
