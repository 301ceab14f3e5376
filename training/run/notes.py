"""What a record says about how its run was computed, where that isn't the usual way."""

from training.device.precision import Precision
from training.engine.out_of_memory import normalises_batches
from training.networks.freezing import training_mode
from training.run.prepare_model import Model


def precision_notes(precision: Precision) -> list[str]:
    if precision == "fp32":
        return []
    return [f"Products and convolutions were computed in {precision}."]


def memory_notes(model: Model, batch_parts: int) -> list[str]:
    if batch_parts == 1:
        return []
    training_mode(model.network, model.trainable)
    text = (
        f"The device’s memory was too small for a whole batch: it went through in "
        f"{batch_parts} parts, whose gradients were added up."
    )
    if normalises_batches(model.network.module):
        text += " Batch normalisation took its statistics from the parts."
    return [text]


def determinism_notes(operations: set[str]) -> list[str]:
    if not operations:
        return []
    names = ", ".join(sorted(operations))
    return [f"Not deterministic on this device, though it was asked for: {names}."]
