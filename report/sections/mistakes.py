"""Where the best network errs."""

from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import Sentence
from report.figures.canvas import gap
from report.figures.confusion import confusion_matrix
from report.figures.map_figures import map_gallery
from report.figures.mistake_figures import confused_pairs_gallery
from report.figures.views import Figure
from report.findings.mistakes import (
    best_finalist,
    by_class,
    certainty,
    hardest_classes,
    whose_mistakes,
)
from report.findings.notices import notices
from report.findings.shared_mistakes import (
    accuracy_by_size,
    likely_labels,
    same_persons,
    shared_with_second,
)
from report.sections import SECTIONS
from report.sections.view import SectionView
from report.tables.mistakes import confusions
from report.tables.views import Table

TITLE = SECTIONS["mistakes"].title


def build(view: StudyView) -> SectionView:
    """Make the section on mistakes."""
    run = best_finalist(view)
    if run is None:
        missing = gap("confusion", "No network has been tested on these pictures yet.")
        findings: dict[str, tuple[Sentence, ...]] = {"whose": (), "classes": (), "certainty": ()}
        return SectionView("mistakes", TITLE, findings=findings, figures={"confusion": missing})
    classes = by_class(view, run)
    return SectionView(
        slug="mistakes",
        title=TITLE,
        notices=notices(view, [run.experiment]),
        findings={
            "whose": (*whose_mistakes(view, run), *shared_with_second(view, run)),
            "classes": (
                *classes,
                *(s for s in accuracy_by_size(view, run) if s.strength == "strong"),
                *same_persons(view, run),
                *likely_labels(view),
            ),
            "certainty": tuple(certainty(view, run)),
        },
        figures={
            "confusion": confusion_matrix(view, run),
            **_pictures(view, run),
        },
        tables=_tables(view, run),
    )


def _pictures(view: StudyView, run: Run) -> dict[str, Figure]:
    if not hardest_classes(run, 1):
        return {}
    maps = map_gallery(view, run)
    return {"pairs": confused_pairs_gallery(view, run), **({"maps": maps} if maps else {})}


def _tables(view: StudyView, run: Run) -> dict[str, Table]:
    if not hardest_classes(run, 1):
        return {}
    return {"confusions": confusions(view, run)}
