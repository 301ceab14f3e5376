"""How the train accuracies of tested models were measured."""

from collections.abc import Callable

from report.evidence.load import StudyView
from report.evidence.run import Run
from report.evidence.sentences import Code, Parts, Sentence, listing, parts, say
from report.evidence.train_scores import is_of_mixed_pictures, measured_at_rest


def how_train_is_measured(view: StudyView) -> list[Sentence]:
    """Say that tested models were measured on the train pictures once more, if they were."""
    if not measured_at_rest(view):
        return []
    return [
        say("The train accuracy of a tested model, and its gap to validation, is measured once "
            "more after training, with the weights of the best epoch, dropout off and pictures "
            "that aren’t altered; curves show the other one.")
    ]  # fmt: skip


def not_of_what_is_validated(view: StudyView) -> list[Sentence]:
    """Say whose train scores are of mixed pictures, and whose weights were averaged."""
    mixed = _whose(view, is_of_mixed_pictures)
    averaged = _whose(view, lambda run: run.metrics.spec is not None and run.metrics.spec.ema > 0)
    sentences = []
    if mixed:
        sentences.append(
            say("Train loss and accuracy of ", mixed, " during training are of pictures mixed with "
                "others, each by the label that has the larger share; they can’t be held against "
                "those of other runs or of validation.")
        )  # fmt: skip
    if averaged:
        sentences.append(
            say("What is validated, kept and tested of ", averaged, " is a moving average of the "
                "weights; train loss and accuracy during training are of the weights themselves.")
        )  # fmt: skip
    return sentences


def _whose(view: StudyView, holds: Callable[[Run], bool]) -> Parts:
    """Name the experiments whose finished runs something holds for; empty if it does for none."""
    finished = [run for run in view.all_runs() if run.finished]
    ids = dict.fromkeys(run.id for run in finished if holds(run))
    if len(ids) == len({run.id for run in finished}) > 1:
        return parts("all experiments that ran")
    return listing(Code(name) for name in ids) if ids else ()
