"""Training from a random start: the baseline, and the best pair of the grid."""

from report.evidence.display_names import pair
from report.evidence.load import StudyView
from report.evidence.numbers import integer
from report.evidence.sentences import Sentence, numbered, parts, say
from report.figures.run_figures import curves
from report.findings.answers import headline
from report.findings.comparing import differences_to_mind, tested_result
from report.findings.expected import plateau
from report.findings.exploding import explosion
from report.findings.grid import selection
from report.findings.guessing import collapse, that_is_guessing
from report.findings.learning import (
    convergence,
    first_of_seeds,
    fit_gap,
    learning_rate_step,
)
from report.findings.notices import notices
from report.sections import SECTIONS
from report.sections.view import SectionView
from report.tables.results import comparison

BASELINE, BEST = "scratch/baseline", "scratch/best"


def build(view: StudyView) -> SectionView:
    """Make the section on training from scratch."""
    tested = [e for e in view.section("scratch") if e.test]
    caption = parts("The two finalists from a random start.")
    return SectionView(
        slug="scratch",
        title=SECTIONS["scratch"].title,
        notices=notices(view, view.section("scratch")),
        findings={
            "recipe": tuple(_recipe(view)),
            "chosen": tuple(chosen(view, BEST)),
            "best": tuple(course_from_random(view, BEST)),
            "answer": headline(view, "scratch"),
            "compared": tuple(differences_to_mind(view, BEST, BASELINE)),
        },
        figures={"best": curves(view, BEST)},
        tables={"finalists": comparison(view, "scratch", tested, caption, BASELINE)},
    )


def course(view: StudyView, experiment_id: str) -> list[Sentence]:
    """Say what is remarkable about how an experiment's first finished seed learned, and its test.

    What every run has, its accuracies and its best epoch, stands in the section's table.
    """
    run = view.run(experiment_id)
    if run is None:
        return []
    remarks = [
        *convergence(view, run),
        *that_is_guessing(view, run),
        *collapse(view, run),
        *explosion(view, run),
        *fit_gap(view, run),
        *learning_rate_step(view, run),
    ]
    return [
        *(first_of_seeds(view, run) if remarks else []),
        *remarks,
        *tested_result(view, experiment_id),
    ]


def course_from_random(view: StudyView, experiment_id: str) -> list[Sentence]:
    """Say also how long the loss stayed where AlexNet’s small starting weights put it."""
    run, found = view.run(experiment_id), course(view, experiment_id)
    if run is None or view.study.settings.backbone != "alexnet":
        return found
    return [*found, *plateau(view, run)]


def chosen(view: StudyView, experiment_id: str) -> list[Sentence]:
    """Say which pair an experiment uses, and where it comes from."""
    run = view.run(experiment_id)
    return selection(view, run) if run is not None else []


def _recipe(view: StudyView) -> list[Sentence]:
    run = view.run(BASELINE)
    if run is None or run.metrics.spec is None:
        return []
    return [
        say("The baseline is the homework’s starting recipe: ", pair(run), " for ",
            numbered(integer(run.number("/spec/epochs")), "epoch"), ", batches of ",
            numbered(integer(run.number("/spec/batch_size")), "picture"), ".")
    ]  # fmt: skip
