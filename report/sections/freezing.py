"""Freezing: what each part of the network contributes by staying as it is."""

from report.evidence.accuracy import Tested, tested_accuracy
from report.evidence.load import StudyView
from report.evidence.reference import reference_note
from report.evidence.sentences import Sentence, parts, say
from report.figures.run_figures import curves, parameter_bars
from report.findings.answers import answer
from report.findings.comparing import compare, differences_to_mind
from report.findings.expected import gap_against
from report.findings.freezing import counts_and_accuracy, what_is_trained
from report.findings.notices import notices
from report.sections import SECTIONS
from report.sections.scratch import course
from report.sections.view import SectionView
from report.tables.results import comparison, freeze_counts
from training.records import Experiment

STRATEGIES = {
    "cnn": "freezing/cnn",
    "fc": "freezing/fc",
    "head_free": "freezing/fc-head-free",
}
"""Of networks with several fully connected layers."""

ANY_NETWORKS = {"backbone": "freezing/backbone", "head": "freezing/head"}
"""Of networks with a head and a backbone."""

NOTHING_FROZEN = "transfer/best"


def build(view: StudyView) -> SectionView:
    """Make the section on freezing."""
    own = view.section("freezing")
    nothing_frozen = view.experiment(NOTHING_FROZEN)
    compared = [nothing_frozen, *own] if nothing_frozen else own
    strategies = STRATEGIES if view.experiment(STRATEGIES["cnn"]) else ANY_NETWORKS
    caption = parts("Each strategy beside training everything.")
    return SectionView(
        slug="freezing",
        title=SECTIONS["freezing"].title,
        notices=notices(view, own),
        findings={
            "answer": answer(view, "freezing"),
            "none": tuple(_nothing_frozen(view)),
            **{name: tuple(_strategy(view, id_)) for name, id_ in strategies.items()},
            "heads": (
                *compare(view, STRATEGIES["head_free"], STRATEGIES["fc"]),
                *counts_and_accuracy(_tested(view, compared)),
            ),
            "reference": tuple(_reference(view)),
        },
        figures={
            "parameters": parameter_bars(view, "freeze-parameters", compared),
            **{name: curves(view, id_) for name, id_ in strategies.items()},
        },
        tables={
            "counts": freeze_counts(view, compared),
            "comparison": comparison(view, "freezing", compared, caption, NOTHING_FROZEN),
        },
    )


def _nothing_frozen(view: StudyView) -> list[Sentence]:
    run = view.run(NOTHING_FROZEN)
    return what_is_trained(run) if run else []


def _tested(view: StudyView, experiments: list[Experiment]) -> list[Tested]:
    found = [tested_accuracy(view, experiment.id) for experiment in experiments]
    return [item for item in found if item is not None]


def _strategy(view: StudyView, experiment_id: str) -> list[Sentence]:
    run = view.run(experiment_id)
    if run is None:
        return []
    return [
        *what_is_trained(run),
        *course(view, experiment_id),
        *differences_to_mind(view, experiment_id, NOTHING_FROZEN),
        *gap_against(view, experiment_id, NOTHING_FROZEN),
    ]


def _reference(view: StudyView) -> list[Sentence]:
    """Say how the reference report's headings map to these strategies."""
    if not any(reference_note(view, experiment_id) for experiment_id in STRATEGIES.values()):
        return []
    return [
        say(
            "The reference report has the headings of its two strategies exchanged against the "
            "parameter counts it prints. Its values stand beside the strategy with the same counts "
            "here, not beside the one with the same heading."
        )
    ]
