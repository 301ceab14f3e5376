"""The first page: what was chosen, the questions with their answers, caveats, what to do next."""

from report.evidence.load import StudyView
from report.evidence.numbers import integer
from report.evidence.sentences import Parts, numbered
from report.evidence.very_many import counted_experiments
from report.figures.comparison_figures import forest
from report.findings.answers import any_answer
from report.findings.caveats import caveats, next_steps
from report.findings.chosen import chosen
from report.findings.contradictions import contradiction_notices
from report.findings.data import task
from report.findings.further_pictures import further_notices
from report.findings.notices import (
    choice_notices,
    data_notices,
    fingerprint_notices,
    progress,
)
from report.findings.outdated import settings_notices
from report.sections import SECTIONS
from report.sections.view import SectionView
from report.tables.answers import answers_table


def build(view: StudyView) -> SectionView:
    """Make the introduction."""
    return SectionView(
        slug="introduction",
        title=SECTIONS["introduction"].title,
        notices=(
            *data_notices(view),
            *progress(view),
            *contradiction_notices(view),
            *settings_notices(view, view.listed),
            *choice_notices(view, view.listed),
            *fingerprint_notices(view, view.listed),
            *further_notices(view, view.listed),
        ),
        findings={
            "data": tuple(task(view)),
            "chosen": tuple(chosen(view)),
            "caveats": tuple(caveats(view)),
            "next": tuple(next_steps(view)),
        },
        facts={"n_experiments": _n_experiments(view)},
        figures={"forest": forest(view)},
        tables={"answers": answers_table(view)} if any_answer(view) else {},
    )


def _n_experiments(view: StudyView) -> Parts:
    return numbered(integer(counted_experiments(view, view.listed)), "experiment")
