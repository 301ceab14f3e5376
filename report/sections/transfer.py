"""Transfer learning: the two best pairs in detail, and the choice between them."""

from report.evidence.display_names import weights_name
from report.evidence.load import StudyView
from report.evidence.sentences import Name, Sentence, parts, say
from report.figures.run_figures import curves
from report.findings.answers import headline
from report.findings.class_changes import class_effects
from report.findings.comparing import differences_to_mind, tested_result
from report.findings.interpretation import likeness
from report.findings.notices import notices
from report.sections import SECTIONS
from report.sections.scratch import course
from report.sections.view import SectionView
from report.tables.results import comparison

BEST = "transfer/best"
DETAILS = ("transfer/detail-1", "transfer/detail-2")


def build(view: StudyView) -> SectionView:
    """Make the section on transfer learning."""
    pair = [e for e in (view.experiment("scratch/best"), view.experiment(BEST)) if e is not None]
    caption = parts("The best pair from a random start and the best one from pre-trained weights.")
    return SectionView(
        slug="transfer",
        title=SECTIONS["transfer"].title,
        notices=notices(view, view.section("transfer")),
        findings={
            "start": tuple(_start(view)),
            "answer": headline(view, "transfer"),
            "first": tuple(course(view, DETAILS[0])),
            "meaning": tuple(likeness(view)),
            "compared": (
                *tested_result(view, BEST),
                *differences_to_mind(view, BEST, "scratch/best"),
                *class_effects(view, BEST),
            ),
        },
        figures={"first": curves(view, DETAILS[0])},
        tables={"comparison": comparison(view, "transfer", pair, caption, "scratch/best")},
    )


def _start(view: StudyView) -> list[Sentence]:
    """Say which weights the runs started from, as their records have it."""
    run = view.run(BEST) or next(iter(view.ranked("transfer/grid")), None)
    spec = run.metrics.spec if run else None
    weights = Name(weights_name(view, spec.weights if spec else None))
    return [say("The start is ", weights, ", all of which training may change.")]
