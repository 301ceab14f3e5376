"""Freezing: what each part of the network contributes by staying as it is."""

from report.evidence.accuracy import Tested, tested_accuracy
from report.evidence.homework import ANY_STRATEGIES, STRATEGIES
from report.evidence.load import StudyView
from report.evidence.reference import reference_note
from report.evidence.sentences import Sentence, parts, say
from report.evidence.study_sections import base_of, held, is_homework, own_experiments
from report.figures.run_figures import parameter_bars
from report.findings.answers import headline
from report.findings.comparing import compare, differences_to_mind, other_epochs, tested_result
from report.findings.freezing import counts_and_accuracy
from report.findings.interpretation import unsuited_features
from report.findings.notices import notices
from report.sections.own import apart, grid_figures, grid_findings, grid_tables
from report.sections.view import SectionView
from report.tables.results import comparison
from training.records import Experiment, StudySection


def build(view: StudyView, section: StudySection) -> SectionView:
    """Make a section on freezing."""
    models, base, homework = held(view, section), base_of(view, section), is_homework(view)
    named = strategies(view)
    ids = list(named.values()) if homework else [e.id for e in own_experiments(view, section)]
    caption = parts("Each strategy beside training everything.")
    heads = (
        (*other_epochs(view, ids, base), *compare(view, STRATEGIES["head_free"], STRATEGIES["fc"]))
        if homework
        else apart(view, section)
    )
    return SectionView(
        slug=section.name,
        title=section.title,
        notices=notices(view, view.section(section.name)),
        findings={
            "answer": headline(view, section.name),
            **{name: tuple(_strategy(view, id_, base)) for name, id_ in named.items()},
            "heads": (*heads, *counts_and_accuracy(_tested(view, models))),
            "meaning": tuple(s for id_ in ids for s in unsuited_features(view, section.name, id_)),
            "reference": tuple(_reference(view)),
            "grids": () if homework else grid_findings(view, section),
        },
        facts={name: parts("run") for name in named},
        figures={
            "parameters": parameter_bars(view, _slug(view, section), models, "strategy"),
            **({} if homework else grid_figures(view, section)),
        },
        tables={
            "comparison": comparison(view, section.name, models, caption, base),
            **({} if homework else grid_tables(view, section)),
        },
    )


def _slug(view: StudyView, section: StudySection) -> str:
    return "freeze-parameters" if is_homework(view) else f"{section.name}-parameters"


def strategies(view: StudyView) -> dict[str, str]:
    """Return the homework's strategies that the study's kind of network allows, by name."""
    if not is_homework(view):
        return {}
    return STRATEGIES if view.experiment(STRATEGIES["cnn"]) else ANY_STRATEGIES


def _tested(view: StudyView, experiments: list[Experiment]) -> list[Tested]:
    found = [tested_accuracy(view, experiment.id) for experiment in experiments]
    return [item for item in found if item is not None]


def _strategy(view: StudyView, experiment_id: str, base: str) -> list[Sentence]:
    return [
        *tested_result(view, experiment_id),
        *differences_to_mind(view, experiment_id, base, epochs=False),
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
