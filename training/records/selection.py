"""Which member of a grid is chosen: one rule for who trains the choice and who reports on it."""

from collections.abc import Sequence
from statistics import fmean

from training.records.results import Metrics

Rank = tuple[float, float, float]
"""What members of a grid are sorted by, the best first."""


def rank(records: Sequence[Metrics]) -> Rank:
    """Rank a member of a grid by its records, one a seed; never by the test set.

    The higher mean of the best epochs' validation accuracies goes first, then the lower mean
    validation loss, then the smaller learning rate.
    """
    scores = [record.validation for record in records]
    accuracy = _mean([s.accuracy if s else 0.0 for s in scores])
    loss = _mean([s.loss if s and s.loss is not None else float("inf") for s in scores])
    spec = records[0].spec
    return (-accuracy, loss, spec.learning_rate if spec else float("inf"))


def _mean(values: Sequence[float]) -> float:
    return values[0] if len(values) == 1 else fmean(values)
