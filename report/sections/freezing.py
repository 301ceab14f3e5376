"""Freezing: what each part of the network contributes by staying as it is."""

from report.evidence.accuracy import Tested, tested_accuracy
from report.evidence.load import StudyView
from report.evidence.reference import reference_note
from report.evidence.sentences import Sentence, parts, say
from report.figures.run_figures import parameter_bars
from report.findings.answers import headline
from report.findings.comparing import compare, differences_to_mind, other_epochs, tested_result
from report.findings.freezing import counts_and_accuracy
from report.findings.interpretation import unsuited_features
from report.findings.notices import notices
from report.sections import SECTIONS
from report.sections.view import SectionView
from report.tables.results import comparison
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
    held = compared(view)
    caption = parts("Each strategy beside training everything.")
    return SectionView(
        slug="freezing",
        title=SECTIONS["freezing"].title,
        notices=notices(view, view.section("freezing")),
        findings={
            "answer": headline(view, "freezing"),
            **{name: tuple(_strategy(view, id_)) for name, id_ in strategies(view).items()},
            "heads": (
                *other_epochs(view, list(strategies(view).values()), NOTHING_FROZEN),
                *compare(view, STRATEGIES["head_free"], STRATEGIES["fc"]),
                *counts_and_accuracy(_tested(view, held)),
            ),
            "meaning": tuple(
                s for id_ in strategies(view).values() for s in unsuited_features(view, id_)
            ),
            "reference": tuple(_reference(view)),
        },
        facts={name: parts("run") for name in strategies(view)},
        figures={"parameters": parameter_bars(view, "freeze-parameters", held, "strategy")},
        tables={"comparison": comparison(view, "freezing", held, caption, NOTHING_FROZEN)},
    )


def compared(view: StudyView) -> list[Experiment]:
    """Return training everything, where it is in the study, and all strategies."""
    nothing_frozen = view.experiment(NOTHING_FROZEN)
    return [*([nothing_frozen] if nothing_frozen else []), *view.section("freezing")]


def strategies(view: StudyView) -> dict[str, str]:
    """Return the strategies' experiments that the study's kind of network allows, by name."""
    return STRATEGIES if view.experiment(STRATEGIES["cnn"]) else ANY_NETWORKS


def _tested(view: StudyView, experiments: list[Experiment]) -> list[Tested]:
    found = [tested_accuracy(view, experiment.id) for experiment in experiments]
    return [item for item in found if item is not None]


def _strategy(view: StudyView, experiment_id: str) -> list[Sentence]:
    return [
        *tested_result(view, experiment_id),
        *differences_to_mind(view, experiment_id, NOTHING_FROZEN, epochs=False),
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
