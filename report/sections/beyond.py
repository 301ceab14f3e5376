"""Later architectures on the same task, one subsection each."""

from report.evidence.display_names import MODELS, experiment_name, model_name, pair
from report.evidence.load import Run, StudyView
from report.evidence.numbers import Quantity, derive, integer, plain
from report.evidence.sentences import Name, Parts, Sentence, listing, numbered, parts, say
from report.figures.run_figures import curves, parameter_bars
from report.findings.answers import answer
from report.findings.comparing import differences_to_mind
from report.findings.cost import size_and_time
from report.findings.freezing import HELD
from report.findings.notices import notices
from report.sections import SECTIONS
from report.sections.scratch import course
from report.sections.view import Block, SectionView
from report.tables.results import comparison, sizes
from training.records import Experiment, Spec

ALEXNET = "transfer/best"


def build(view: StudyView) -> SectionView:
    """Make the section on other architectures."""
    own = view.section("beyond")
    alexnet = view.experiment(ALEXNET)
    compared = [alexnet, *own] if alexnet else own
    network = Name(model_name(view.study.settings.backbone))
    caption = parts("Other architectures against the best transfer pair of ", network, ".")
    return SectionView(
        slug="beyond",
        title=SECTIONS["beyond"].title,
        notices=notices(view, own),
        findings={"answer": answer(view, "beyond")},
        facts={"scaled": parts("scaled")} if any(_is_scaled(view, e) for e in own) else {},
        figures={"parameters": parameter_bars(view, "beyond-parameters", compared)},
        tables={
            "comparison": comparison(view, "beyond", compared, caption, ALEXNET),
            "sizes": sizes(view, compared),
        },
        blocks=tuple(_block(view, experiment) for experiment in own),
    )


def _block(view: StudyView, experiment: Experiment) -> Block:
    run = view.run(experiment.id)
    course_of = tuple(course(view, experiment.id))
    result = (
        *differences_to_mind(view, experiment.id, ALEXNET),
        *size_and_time(view, experiment.id, ALEXNET),
    )
    setup = tuple(_setup(view, run)) if run else ()
    return Block(
        title=parts(Name(experiment_name(experiment))),
        figure=curves(view, experiment.id),
        findings=(setup, course_of, result),
    )


def _setup(view: StudyView, run: Run) -> list[Sentence]:
    """Say what was put in place of the last layer, what trains, and with which pair."""
    spec = run.metrics.spec
    if spec is None:
        return []
    held = HELD[spec.freeze]
    return [
        say(
            "The network is ", Name(model_name(spec.model)), ", its last layer replaced by ",
            *_head(run, len(spec.head)), "; ", held, ". It is trained with ", pair(run),
            " on batches of ",
            numbered(integer(run.number("/spec/batch_size")), "picture"), ".",
        ),
        *_smaller_batches(view, run, spec),
    ]  # fmt: skip


def _is_scaled(view: StudyView, experiment: Experiment) -> bool:
    """Tell whether an experiment's rate was scaled down with its batches."""
    run = view.run(experiment.id)
    spec = run.metrics.spec if run is not None else None
    smaller = spec is not None and spec.batch_size < view.study.settings.batch_size
    return smaller and experiment.scale_learning_rate


def _smaller_batches(view: StudyView, run: Run, spec: Spec) -> list[Sentence]:
    """Say what the batches are smaller than, and what was done about the learning rate."""
    usual = view.study.settings.batch_size
    if spec.batch_size >= usual:
        return []
    start = say("Its batches are smaller than the usual ", plain(view.study_number(
        "/settings/batch_size")), ", because the activations of so deep a network fill much "
        "memory").parts  # fmt: skip
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
