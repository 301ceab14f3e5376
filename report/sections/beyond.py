"""Later architectures on the same task, one subsection each."""

from report.evidence.display_names import MODELS, model_name, pair
from report.evidence.load import Run, StudyView
from report.evidence.numbers import Quantity, derive, integer, plain
from report.evidence.sentences import Name, Parts, Sentence, listing, numbered, parts, say
from report.findings.answers import headline
from report.findings.comparing import differences_to_mind, other_epochs, tested_result
from report.findings.cost import size_and_time
from report.findings.freezing import held
from report.findings.interpretation import unlike_batches
from report.findings.notices import notices
from report.sections import SECTIONS
from report.sections.view import SectionView
from report.tables.results import comparison
from training.records import Experiment, Spec

ALEXNET = "transfer/best"


def build(view: StudyView) -> SectionView:
    """Make the section on other architectures."""
    own, held = view.section("beyond"), compared(view)
    network = Name(model_name(view.study.settings.backbone))
    caption = parts("Other architectures against the best transfer pair of ", network, ".")
    return SectionView(
        slug="beyond",
        title=SECTIONS["beyond"].title,
        notices=notices(view, own),
        findings={
            "answer": headline(view, "beyond"),
            "meaning": tuple(unlike_batches(view, [e.id for e in own], ALEXNET)),
            "results": (
                *(s for e in own for s in _result(view, e.id)),
                *other_epochs(view, [e.id for e in own], ALEXNET),
            ),
        },
        tables={"comparison": comparison(view, "beyond", held, caption, ALEXNET)},
    )


def compared(view: StudyView) -> list[Experiment]:
    """Return the best transfer pair, where it is in the study, and the other architectures."""
    alexnet = view.experiment(ALEXNET)
    return [*([alexnet] if alexnet else []), *view.section("beyond")]


def _result(view: StudyView, experiment_id: str) -> list[Sentence]:
    return [
        *tested_result(view, experiment_id),
        *differences_to_mind(view, experiment_id, ALEXNET, epochs=False),
        *size_and_time(view, experiment_id, ALEXNET),
    ]


def setup(view: StudyView, run: Run) -> list[Sentence]:
    """Say what was put in place of the last layer, what trains, and with which pair."""
    spec = run.metrics.spec
    if spec is None:
        return []
    return [
        say(
            "The network is ", Name(model_name(spec.model)), ", its last layer replaced by ",
            *_head(run, len(spec.head)), "; ", *held(spec.freeze), ". It is trained with ",
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
