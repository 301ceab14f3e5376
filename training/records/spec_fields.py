"""The fields of a spec as tables, logs and exports show them: one table for all. No torch."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from training.records.spec import Spec

Value = str | int | float | None


@dataclass(frozen=True)
class SpecField:
    """How one field is shown.

    Attributes:
        label: As a reader knows it.
        unit: Added to its name in logs and exports.
        in_list: Whether the report's table of all experiments, or its name, shows it, or its runs.
    """

    label: str
    unit: str = ""
    in_list: bool = False


SPEC_FIELDS: dict[str, SpecField] = {
    "model": SpecField("Network", in_list=True),
    "head": SpecField("Hidden layers of the new head"),
    "width": SpecField("Width of the network", unit="multiplier"),
    "weights": SpecField("Start", in_list=True),
    "weights_digest": SpecField("Digest of the weights"),
    "freeze": SpecField("Frozen", in_list=True),
    "augmentation": SpecField("Augmentation", in_list=True),
    "normalisation": SpecField("Normalised by the statistics of the"),
    "mean": SpecField("Means given for normalisation"),
    "std": SpecField("Deviations given for normalisation"),
    "image_size": SpecField("Picture size, pixels", unit="pixels"),
    "resize_size": SpecField("Shorter side before cropping, pixels", unit="pixels"),
    "optimizer": SpecField("Optimizer", in_list=True),
    "learning_rate": SpecField("Learning rate", in_list=True),
    "momentum": SpecField("Momentum"),
    "weight_decay": SpecField("Weight decay"),
    "step_size": SpecField("Epochs between learning-rate steps", unit="epochs"),
    "gamma": SpecField("Factor of a learning-rate step"),
    "epochs": SpecField("Epochs", in_list=True),
    "batch_size": SpecField("Batch size", unit="images", in_list=True),
    "seed": SpecField("Seed", in_list=True),
    "schedule": SpecField("Learning-rate schedule"),
    "warm_up": SpecField("Epochs of warm-up", unit="epochs"),
    "label_smoothing": SpecField("Label smoothing"),
    "clip_gradient": SpecField("Largest norm of the gradient"),
    "early_stopping": SpecField("Epochs without a better one before the end", unit="epochs"),
    "early_stopping_by": SpecField("Better by"),
    "balance": SpecField("Classes made even by"),
    "train_per_class": SpecField("Train pictures a class of the learning curve"),
    "optimizer_options": SpecField("Options of the optimizer"),
    "mixup": SpecField("α of mixup"),
    "cutmix": SpecField("α of CutMix"),
    "ema": SpecField("Decay of the weights’ moving average"),
    "layer_decay": SpecField("Factor of the rate from block to block"),
    "head_learning_rate": SpecField("Learning rate of the head"),
    "two_phase": SpecField("Epochs of the head alone", unit="epochs"),
    "loss": SpecField("Loss that training makes small"),
    "channels": SpecField("Channels of the pictures"),
    "folds": SpecField("Folds of train and validation"),
    "fold": SpecField("Fold that is validation", in_list=True),
}
"""Every field of `Spec`, in its order."""


def name_of(field: str) -> str:
    """Return what a field is called outside the records; units stand in the names."""
    unit = SPEC_FIELDS[field].unit
    return f"{field}_{unit}" if unit else field


def kind_of(field: str) -> Literal["text", "integer", "number"]:
    """Return what a field's plain value is."""
    kinds: dict[object, Literal["integer", "number"]] = {int: "integer", float: "number"}
    types = {known.name: known.type for known in msgspec.structs.fields(Spec)}
    return kinds.get(types[field], "text")


def spec_values(spec: Spec) -> dict[str, Value]:
    """Return a recipe's fields by `name_of`, in order, as plain values; lists as JSON text."""
    values: dict[str, Value] = {}
    for field in SPEC_FIELDS:
        value = getattr(spec, field)
        is_plain = not isinstance(value, tuple | msgspec.Struct)
        plain = value if is_plain else msgspec.json.encode(value).decode()
        values[name_of(field)] = plain
    return values
