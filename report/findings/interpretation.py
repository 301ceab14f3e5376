"""What results may mean: sentences that are marked as interpretation, each with its condition.

They explain differences that a test has told, or help to choose among models that it can't tell
apart. None says more than "may", and each names what would decide it.
"""

from collections.abc import Sequence

from report.evidence.accuracy import Tested
from report.evidence.display_names import CALTECH
from report.evidence.load import StudyView
from report.evidence.numbers import Quantity, integer
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, Sentence, listing, numbered, say
from report.findings.answers import Difference, differences_of
from report.findings.chosen import chosen_model
from report.findings.class_changes import hurt_and_helped
from training.records import Freeze

NEARLY = 0.95
"""Share of a run's best validation accuracy from which it has nearly converged."""

EXTRACTORS: frozenset[Freeze] = frozenset(("features", "backbone"))
"""What is frozen where the network's features stay those of another task."""


def soonest(view: StudyView) -> list[Sentence]:
    """Name which of the models level with the chosen one converged in the fewest epochs.

    Said of one run each, where one is ahead of all others.
    """
    choice = chosen_model(view)
    if choice is None or not choice.level:
        return []
    models = [choice.model, *choice.level]
    epochs = [(epoch, model) for model in models if (epoch := _nearly_there(model)) is not None]
    if len(epochs) < len(models):
        return []
    (first, model), *others = sorted(epochs, key=lambda item: item[0].value)
    if first.value == others[0][0].value:
        return []
    said: list[Parts] = [
        say(Name(other.name), " in epoch ", integer(epoch)).parts for epoch, other in others
    ]
    return [
        say("Of the models that can’t be told apart, ", Name(model.name),
            " was the first to come within a twentieth of its best validation accuracy, in epoch ",
            integer(first), "; ", listing(said), ". Where accuracy doesn’t decide, that may: the "
            "same is had with fewer epochs. Other random starts would tell whether it stays so.",
            strength="weak")
    ]  # fmt: skip


def _nearly_there(model: Tested) -> Quantity | None:
    """Return the first epoch near the best; None of several seeds, and without curves."""
    run = model.runs[0]
    if len(model.runs) > 1 or run.curves is None or not run.curves.validation_accuracy:
        return None
    accuracies = run.curves.validation_accuracy
    aim = NEARLY * max(accuracies)
    return run.curve(f"/epoch/{next(i for i, a in enumerate(accuracies) if a >= aim)}")


def uneven_loss(view: StudyView, section: str, experiment_id: str) -> list[Sentence]:
    """Say what may hurt some classes by an augmentation and not all; see `class_changes`."""
    d = _told_loss(view, section, experiment_id)
    if d is None:
        return []
    worse, _, n_classes = hurt_and_helped(view, d)
    if not 0 < len(worse) < n_classes:
        return []
    return [
        say("The altered copies may show what another class looks like, or none; each "
            "transformation alone would tell which does it.", strength="weak")
    ]  # fmt: skip


def unsuited_features(view: StudyView, section: str, experiment_id: str) -> list[Sentence]:
    """Say what a measurable loss by frozen features may come from."""
    d = _told_loss(view, section, experiment_id)
    spec = d.model.runs[0].metrics.spec if d is not None else None
    if spec is None or spec.freeze not in EXTRACTORS:
        return []
    return [
        say("What the frozen features lack may be what these pictures have and those of "
            "pre-training had not; training the last of the frozen layers, too, would tell.",
            strength="weak")
    ]  # fmt: skip


def likeness(view: StudyView, section: str) -> list[Sentence]:
    """Say how the pictures of both tasks may explain a gain by pre-training.

    Of the models of a section. Said where it is known what both are: Caltech-101 itself, and
    ImageNet's own weights.
    """
    told = [d for d in differences_of(view, section) if d.sure != "open" and d.gain.value > 0]
    spec = told[0].model.runs[0].metrics.spec if told else None
    if spec is None or spec.weights != "imagenet":
        return []
    if view.dataset is None or view.dataset.kind != "caltech101":
        return []
    return [
        say("Most pictures of ", CALTECH, " are photographs of one object, as those of ImageNet "
            "are. What was learned there may fit here for that reason; on pictures of another "
            "kind, such as drawings or scans, it may bring less. Only such pictures would tell.",
            strength="weak")
    ]  # fmt: skip


def unlike_batches(view: StudyView, experiments: Sequence[str], base: str) -> list[Sentence]:
    """Say what batches of another size may do to a comparison, where there are some.

    Args:
        experiments: Ids of what is held against another experiment.
        base: Its id.
    """
    against = view.run(base)
    if against is None or against.metrics.spec is None:
        return []
    usual = against.metrics.spec.batch_size
    runs = [run for id_ in experiments if (run := view.run(id_)) is not None]
    other = [r for r in runs if r.metrics.spec is not None and r.metrics.spec.batch_size != usual]
    if not other:
        return []
    sizes = [_batch(run) for run in (*other, against)]
    return [
        say("Batches don’t have the same size: ", listing(sizes), ". A large batch gives "
            "a steadier gradient in fewer steps; a small one leaves room in memory for the "
            "activations of a deep network. Part of the differences may come from that; the same "
            "batch for all would tell.", strength="weak")
    ]  # fmt: skip


def _batch(run: Run) -> Parts:
    size = numbered(integer(run.number("/spec/batch_size")), "picture")
    return say(size, " for ", Name(run.name)).parts


def _told_loss(view: StudyView, section: str, experiment_id: str) -> Difference | None:
    """Return the difference of a model that is measurably worse than what it is held against."""
    differences = differences_of(view, section)
    return next(
        (
            d
            for d in differences
            if d.model.experiment.id == experiment_id and d.sure != "open" and d.gain.value < 0
        ),
        None,
    )
