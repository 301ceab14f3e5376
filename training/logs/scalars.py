"""Which numbers of a run are logged, and under which names; units stand in the names."""

import math

from training.records import Curves, Metrics

SCALARS = {
    "loss_nats/train": "train_loss",
    "loss_nats/validation": "validation_loss",
    "accuracy/train": "train_accuracy",
    "accuracy/validation": "validation_accuracy",
    "learning_rate": "learning_rate",
    "epoch_seconds": "epoch_seconds",
}
"""Name in a log to list in `curves.json`."""


def epoch_scalars(curves: Curves, index: int) -> dict[str, float]:
    """Return one epoch's values by name; NaN where the record says that one wasn't finite.

    Args:
        index: Position in the curves, from 0.
    """
    values = {name: getattr(curves, field)[index] for name, field in SCALARS.items()}
    return {name: math.nan if value is None else value for name, value in values.items()}


def test_scalars(metrics: Metrics) -> dict[str, float]:
    """Return the test scores by name; empty where the test set wasn't read."""
    test = metrics.test
    if test is None:
        return {}
    return {
        "loss_nats/test": math.nan if test.loss is None else test.loss,
        "accuracy/test": test.accuracy,
    }
