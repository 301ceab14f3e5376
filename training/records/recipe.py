"""The fields of a recipe that a study may set for all its experiments, and each for itself."""

from typing import Any

from training.records.results import Settings
from training.records.spec import Experiment

RECIPE = ("schedule", "warm_up", "label_smoothing", "clip_gradient", "early_stopping",
          "balance")  # fmt: skip
"""Names that `Experiment`, `Settings` and `Spec` share."""


def value_of(name: str, experiment: Experiment, settings: Settings) -> Any:
    """Return what an experiment says of a field, else what the study does."""
    own = getattr(experiment, name)
    return getattr(settings, name) if own is None else own
