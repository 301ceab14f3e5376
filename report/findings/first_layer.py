"""How far training moved the first layer."""

from report.evidence.homework import FINALIST_OF_RANDOM, FINE_TUNED
from report.evidence.load import StudyView
from report.evidence.numbers import percent
from report.evidence.run import Run
from report.evidence.sentences import Sentence, say
from report.evidence.study_sections import is_homework
from report.findings.chosen import chosen_model


def first_layers(view: StudyView) -> list[Run]:
    """Return the best run of each grid, where its record describes the first layer.

    In a study of one's own it is the chosen model's run.
    """
    ids: tuple[str, ...] = (FINALIST_OF_RANDOM, FINE_TUNED)
    if not is_homework(view):
        choice = chosen_model(view)
        ids = (choice.model.experiment.id,) if choice is not None else ()
    found = [view.run(experiment_id) for experiment_id in ids]
    return [run for run in found if run is not None and run.metrics.first_layer is not None]


def is_pretrained(run: Run) -> bool:
    return run.metrics.spec is not None and run.metrics.spec.weights != "none"


def is_still(run: Run) -> bool:
    """Whether the first layer was frozen, so that there is no change to tell."""
    spec, layer = run.metrics.spec, run.metrics.first_layer
    frozen = spec is not None and spec.freeze != "none"
    return frozen and layer is not None and layer.relative_change == 0


def first_layer_change(view: StudyView) -> list[Sentence]:
    """State the relative change of the first layer's weights in each grid's best run."""
    sentences = []
    for run in first_layers(view):
        layer = run.metrics.first_layer
        if layer is None or layer.relative_change is None or is_still(run):
            continue
        what = "Fine-tuning moved the pre-trained" if is_pretrained(run) else "Training moved the"
        start = "" if is_pretrained(run) else " from their random start"
        change = percent(run.number("/first_layer/relative_change"))
        sentences.append(
            say(f"{what} weights of the first layer{start} by ", change, " of their length.")
        )
    if sentences:
        sentences.append(
            say("That is the norm of the change over the norm of the weights at the start.")
        )
    return sentences
