"""Data augmentation: altered copies of the train pictures."""

from report.evidence.homework import UNCHANGED
from report.evidence.load import StudyView
from report.evidence.sentences import Sentence, parts, say
from report.evidence.study_sections import (
    base_of,
    held,
    is_homework,
    own_experiments,
    shown_run,
)
from report.figures.pictures import augmentation_gallery
from report.figures.run_figures import curves
from report.findings.answers import headline
from report.findings.class_changes import class_effects
from report.findings.comparing import differences_to_mind, other_epochs
from report.findings.expected import gap_against
from report.findings.interpretation import uneven_loss
from report.findings.notices import notices, uses_sample_data
from report.sections.own import apart, grid_figures, grid_findings, grid_tables
from report.sections.runs import course
from report.sections.view import SectionView
from report.tables.results import comparison
from training.records import StudySection


def build(view: StudyView, section: StudySection) -> SectionView:
    """Make a section on augmentation."""
    shown, base, homework = shown_run(view, section), base_of(view, section), is_homework(view)
    caption = parts(
        "Augmentation against none. All experiments start from the same pre-trained weights with "
        "the same pair."
        if homework
        else "Augmentation against none."
    )
    return SectionView(
        slug=section.name,
        title=section.title,
        notices=notices(view, view.section(section.name)),
        findings={
            "answer": headline(view, section.name),
            "letters": tuple(_letters(view)),
            "course": tuple(course(view, shown)),
            "against_none": tuple(_against_none(view, shown, base)),
            "alone": (
                tuple(_alone(view, section, shown, base)) if homework else apart(view, section)
            ),
            "meaning": tuple(uneven_loss(view, section.name, shown)),
            "grids": () if homework else grid_findings(view, section),
        },
        figures={
            **({"gallery": augmentation_gallery(view)} if homework else {}),
            "curves": curves(view, shown),
            **({} if homework else grid_figures(view, section)),
        },
        tables={
            "comparison": comparison(view, section.name, held(view, section), caption, base),
            **({} if homework else grid_tables(view, section)),
        },
    )


def _letters(view: StudyView) -> list[Sentence]:
    """Warn where the pictures are letters, which have a right side up."""
    if not uses_sample_data(view):
        return []
    return [say("A mirrored or turned letter can be another letter, or none.")]


def _against_none(view: StudyView, shown: str, base: str) -> list[Sentence]:
    if not is_homework(view):
        return gap_against(view, shown, base)
    return [
        *differences_to_mind(view, shown, base, epochs=False),
        *gap_against(view, shown, base),
        *class_effects(view, shown),
    ]


def _alone(view: StudyView, section: StudySection, shown: str, base: str) -> list[Sentence]:
    """Hold each transformation alone against none, where these extras were run."""
    own = own_experiments(view, section)
    others = [e.id for e in own if e.id not in (shown, UNCHANGED)]
    return [
        *(s for id_ in others for s in differences_to_mind(view, id_, base, epochs=False)),
        *other_epochs(view, [shown, *others], base),
    ]
