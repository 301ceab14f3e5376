"""Single runs: what they reach; in the homework those from a random start."""

from report.evidence.display_names import pair
from report.evidence.homework import RECIPE
from report.evidence.load import StudyView
from report.evidence.numbers import integer
from report.evidence.run import Run
from report.evidence.sentences import Sentence, numbered, parts, say
from report.evidence.study_sections import base_of, held, is_homework, shown_run
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
from report.sections.own import apart, grid_figures, grid_findings, grid_tables
from report.sections.view import SectionView
from report.tables.results import comparison
from training.records import StudySection


def build(view: StudyView, section: StudySection) -> SectionView:
    """Make a section on single runs."""
    shown, tested = shown_run(view, section), held(view, section)
    base = base_of(view, section)
    homework = is_homework(view)
    caption = parts(
        "The two finalists from a random start." if homework else "The runs of this section."
    )
    compared = differences_to_mind(view, shown, base) if homework else apart(view, section)
    return SectionView(
        slug=section.name,
        title=section.title,
        notices=notices(view, view.section(section.name)),
        findings={
            "recipe": tuple(_recipe(view)) if homework else (),
            "chosen": tuple(chosen(view, shown)),
            "best": tuple(course_from_random(view, shown)),
            "answer": headline(view, section.name),
            "compared": tuple(compared),
            "grids": () if homework else grid_findings(view, section),
        },
        figures={
            "best": curves(view, shown),
            **({} if homework else grid_figures(view, section)),
        },
        tables={
            "finalists": comparison(view, section.name, tested, caption, base),
            **({} if homework else grid_tables(view, section)),
        },
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
    if run is None or not _is_small_at_first(view, run):
        return found
    return [*found, *plateau(view, run)]


def _is_small_at_first(view: StudyView, run: Run) -> bool:
    """Tell whether a run is of AlexNet from a random start."""
    if is_homework(view):
        return view.study.settings.backbone == "alexnet"
    spec = run.metrics.spec
    return spec is not None and (spec.model, spec.weights) == ("alexnet", "none")


def chosen(view: StudyView, experiment_id: str) -> list[Sentence]:
    """Say which pair an experiment uses, and where it comes from."""
    run = view.run(experiment_id)
    return selection(view, run) if run is not None else []


def _recipe(view: StudyView) -> list[Sentence]:
    run = view.run(RECIPE)
    if run is None or run.metrics.spec is None:
        return []
    return [
        say("The baseline is the homework’s starting recipe: ", pair(run), " for ",
            numbered(integer(run.number("/spec/epochs")), "epoch"), ", batches of ",
            numbered(integer(run.number("/spec/batch_size")), "picture"), ".")
    ]  # fmt: skip
