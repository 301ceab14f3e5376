"""What each freeze strategy leaves to train, explained by its parameter counts."""

from report.load import Run
from report.names import experiment_name
from report.numbers import derive, integer, percent
from report.text import Name, Sentence, say

HELD: dict[str, str] = {
    "none": "nothing is held still",
    "features": "the convolutions keep their starting values",
    "classifier": "all fully connected layers keep their starting values, the new last one too",
    "classifier-but-head": "the fully connected layers but the last keep their starting values",
    "backbone": "everything before the new head keeps its starting values",
}


def what_is_trained(run: Run) -> list[Sentence]:
    """State the share of parameters that training may change, and which part is held still."""
    spec, counts = run.metrics.spec, run.parameters
    if spec is None or counts is None:
        return []
    return [
        say(
            Name(experiment_name(run.experiment)), ": ", HELD[spec.freeze], ". Training changes ",
            integer(run.number("/parameters/trainable")), " of ",
            integer(run.number("/parameters/total")), " parameters (",
            percent(derive("ratio", run.number("/parameters/trainable"),
                           run.number("/parameters/total"))), ").",
        )
    ]  # fmt: skip
