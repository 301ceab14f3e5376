"""How the train accuracies of tested models were measured."""

from report.evidence.load import StudyView
from report.evidence.sentences import Sentence, say
from report.evidence.train_scores import measured_at_rest


def how_train_is_measured(view: StudyView) -> list[Sentence]:
    """Say that tested models were measured on the train pictures once more, if they were."""
    if not measured_at_rest(view):
        return []
    return [
        say("The train accuracy of a tested model, and its gap to validation, is measured once "
            "more after training, with the weights of the best epoch, dropout off and pictures "
            "that aren’t altered; curves show the other one.")
    ]  # fmt: skip
