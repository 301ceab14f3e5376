"""The fields of a recipe that a study may set for all its experiments, and each for itself."""

from typing import Any

from training.records.optimizers import (
    NO_OPTIONS,
    WITHOUT_WEIGHT_DECAY,
    Optimizer,
    OptimizerOptions,
)
from training.records.results import Settings
from training.records.spec import Experiment

RECIPE = ("schedule", "warm_up", "label_smoothing", "clip_gradient", "early_stopping",
          "early_stopping_by", "balance", "mixup", "cutmix", "ema", "layer_decay",
          "head_learning_rate", "two_phase", "loss", "channels")  # fmt: skip
"""Names that `Experiment`, `Settings` and `Spec` share."""


HEAD_ONLY_OR_HELD = ("backbone", "head", "classifier")
"""What may be frozen where training the head first makes no sense."""


def value_of(name: str, experiment: Experiment, settings: Settings) -> Any:
    """Return what an experiment says of a field, else what the study does.

    A first phase of the head is none of the study's where the head is all that trains, or doesn't.
    """
    own = getattr(experiment, name)
    if name == "two_phase" and own is None and experiment.freeze in HEAD_ONLY_OR_HELD:
        return 0
    return getattr(settings, name) if own is None else own


def optimizer_fields(
    optimizer: Optimizer, experiment: Experiment, settings: Settings, chosen: Experiment | None
) -> dict[str, Any]:
    """Return the fields of a spec that follow from its optimizer, but for those at their default.

    Args:
        chosen: The grid member that the optimizer is taken from, with its options.
    """
    decays = optimizer not in WITHOUT_WEIGHT_DECAY
    fields = {
        "momentum": value_of("momentum", experiment, settings) if optimizer == "sgd" else 0.0,
        "weight_decay": value_of("weight_decay", experiment, settings) if decays else 0.0,
    }
    options = options_of(optimizer, experiment, settings, chosen)
    return fields if options == NO_OPTIONS else fields | {"optimizer_options": options}


def options_of(
    optimizer: Optimizer, experiment: Experiment, settings: Settings, chosen: Experiment | None
) -> OptimizerOptions:
    """Return what an experiment's optimizer is told: of the study's, those that it has."""
    source = experiment if experiment.optimizer or chosen is None else chosen
    options = experiment.optimizer_options
    if options is None:
        options = value_of("optimizer_options", source, settings)
    return (options or NO_OPTIONS).of(optimizer)
