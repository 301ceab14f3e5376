"""Which numbers of a run are logged, and under which names; units stand in the names."""

import math

import msgspec

from training.records import Curves, Metrics, Spec

SCALARS = {
    "loss_nats/train": "train_loss",
    "loss_nats/validation": "validation_loss",
    "accuracy/train": "train_accuracy",
    "accuracy/validation": "validation_accuracy",
    "learning_rate": "learning_rate",
    "epoch_seconds": "epoch_seconds",
}
"""Name in a log to list in `curves.json`."""

_UNITS = {
    "width": "width_multiplier",
    "image_size": "image_size_pixels",
    "resize_size": "resize_size_pixels",
    "step_size": "step_size_epochs",
    "batch_size": "batch_size_images",
}

SPEC_NAMES = {field: _UNITS.get(field, field) for field in Spec.__struct_fields__}
"""Field of a recipe to its name outside the records."""


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


def spec_values(spec: Spec) -> dict[str, str | int | float | None]:
    """Return a recipe's fields, in order, as plain values; lists as JSON text."""
    values = {}
    for name, value in msgspec.structs.asdict(spec).items():
        plain = msgspec.json.encode(value).decode() if isinstance(value, tuple) else value
        values[SPEC_NAMES[name]] = plain
    return values
