"""Later architectures on the same task, one subsection each."""

from report.evidence.display_names import MODELS, model_name, pair
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, derive, integer, plain
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, Sentence, listing, numbered, parts, say
from report.evidence.study_sections import (
    base_of,
    held,
    is_homework,
    members_of,
    own_experiments,
)
from report.findings.answers import headline
from report.findings.comparing import differences_to_mind, other_epochs, tested_result
from report.findings.cost import size_and_time
from report.findings.freezing import what_stays
from report.findings.interpretation import unlike_batches
from report.findings.notices import notices
from report.sections.own import apart, grid_figures, grid_findings, grid_tables
from report.sections.view import SectionView
from report.tables.results import comparison
from training.records import Spec, StudySection


def build(view: StudyView, section: StudySection) -> SectionView:
    """Make a section on other architectures."""
    own, base, homework = own_experiments(view, section), base_of(view, section), is_homework(view)
    ids = [experiment.id for experiment in own]
    network = Name(model_name(view.study.settings.backbone))
    caption = (
        parts("Other architectures against the best transfer pair of ", network, ".")
        if homework
        else parts("The networks, held against ", Name(view.name(base)), ".")
    )
    results = other_epochs(view, ids, base) if homework else apart(view, section)
    return SectionView(
        slug=section.name,
        title=section.title,
        notices=notices(view, own if homework else members_of(view, section)),
        findings={
            "answer": headline(view, section.name),
            "meaning": tuple(unlike_batches(view, ids, base)),
            "results": (
                *(s for id_ in ids for s in _result(view, id_, base)),
                *results,
            ),
            "grids": () if homework else grid_findings(view, section),
        },
        figures={} if homework else grid_figures(view, section),
        tables={
            "comparison": comparison(view, section.name, held(view, section), caption, base),
            **({} if homework else grid_tables(view, section)),
        },
    )


def _result(view: StudyView, experiment_id: str, base: str) -> list[Sentence]:
    if experiment_id == base:
        return []
    return [
        *tested_result(view, experiment_id),
        *differences_to_mind(view, experiment_id, base, epochs=False),
        *size_and_time(view, experiment_id, base),
    ]


def setup(view: StudyView, run: Run) -> list[Sentence]:
    """Say what was put in place of the last layer, what trains, and with which pair."""
    spec = run.metrics.spec
    if spec is None:
        return []
    return [
        say(
            "The network is ", Name(model_name(spec.model)), ", its last layer replaced by ",
            *_head(run, len(spec.head)), "; ", *what_stays(spec.freeze), ". It is trained with ",
            pair(run), " on batches of ",
            numbered(integer(run.number("/spec/batch_size")), "picture"), ".",
        ),
        *_smaller_batches(view, run, spec),
    ]  # fmt: skip


def _smaller_batches(view: StudyView, run: Run, spec: Spec) -> list[Sentence]:
    """Say what the batches are smaller than, and what was done about the learning rate."""
    usual = view.study.settings.batch_size
    if spec.batch_size >= usual:
        return []
    start = say("Its batches are smaller than the usual ", plain(view.study_number(
        "/settings/batch_size"))).parts  # fmt: skip
    if not run.experiment.scale_learning_rate:
        return [say(start, "; the learning rate is the usual one.")]
    return [
        say(start, ", and the learning rate is scaled down in proportion: a smaller batch gives a "
            "noisier gradient and more steps an epoch.")
    ]  # fmt: skip


def _head(run: Run, n_hidden: int) -> Parts:
    if n_hidden == 0:
        return parts("one new layer")
    widths = listing(integer(_hidden_units(run, i)) for i in range(n_hidden))
    kind = "a hidden layer of " if n_hidden == 1 else "hidden layers of "
    return parts("a new head with ", kind, widths, " units before the class scores")


def _hidden_units(run: Run, i: int) -> Quantity:
    """Return a hidden layer's width, which follows the study's width in the named networks."""
    units, width = run.number(f"/spec/head/{i}"), run.number("/spec/width")
    spec = run.metrics.spec
    thinned = spec is not None and spec.model in MODELS and width.value != 1
    return derive("rounded_product", units, width) if thinned else units
