"""Data augmentation: altered copies of the train pictures."""

from report.evidence.load import StudyView
from report.evidence.sentences import Sentence, parts, say
from report.figures.pictures import augmentation_gallery
from report.figures.run_figures import curves
from report.findings.answers import UNCHANGED, headline, unaugmented
from report.findings.class_changes import class_effects
from report.findings.comparing import differences_to_mind, other_epochs
from report.findings.expected import gap_against
from report.findings.interpretation import uneven_loss
from report.findings.notices import notices, uses_sample_data
from report.sections import SECTIONS
from report.sections.scratch import course
from report.sections.view import SectionView
from report.tables.results import comparison

ONE_OF_THREE = "augmentation/one-of-three"
BEST = "transfer/best"


def build(view: StudyView) -> SectionView:
    """Make the section on augmentation."""
    own = view.section("augmentation")
    best = view.experiment(BEST)
    caption = parts(
        "Augmentation against none. All experiments start from the same pre-trained weights with "
        "the same pair."
    )
    return SectionView(
        slug="augmentation",
        title=SECTIONS["augmentation"].title,
        notices=notices(view, own),
        findings={
            "answer": headline(view, "augmentation"),
            "letters": tuple(_letters(view)),
            "course": tuple(course(view, ONE_OF_THREE)),
            "against_none": tuple(_against_none(view)),
            "alone": tuple(_alone(view)),
            "meaning": tuple(uneven_loss(view, ONE_OF_THREE)),
        },
        figures={"gallery": augmentation_gallery(view), "curves": curves(view, ONE_OF_THREE)},
        tables={"comparison": comparison(view, "augmentation", [best, *own] if best else own,
                                         caption, unaugmented(view))},
    )  # fmt: skip


def _letters(view: StudyView) -> list[Sentence]:
    """Warn where the pictures are letters, which have a right side up."""
    if not uses_sample_data(view):
        return []
    return [say("A mirrored or turned letter can be another letter, or none.")]


def _against_none(view: StudyView) -> list[Sentence]:
    baseline = unaugmented(view)
    return [
        *differences_to_mind(view, ONE_OF_THREE, baseline, epochs=False),
        *gap_against(view, ONE_OF_THREE, baseline),
        *class_effects(view, ONE_OF_THREE),
    ]


def _alone(view: StudyView) -> list[Sentence]:
    """Hold each transformation alone against none, where these extras were run."""
    others = [e.id for e in view.section("augmentation") if e.id not in (ONE_OF_THREE, UNCHANGED)]
    base = unaugmented(view)
    return [
        *(s for id_ in others for s in differences_to_mind(view, id_, base, epochs=False)),
        *other_epochs(view, [ONE_OF_THREE, *others], base),
    ]
