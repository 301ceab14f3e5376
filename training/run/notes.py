"""What a record says about how its run was computed, where that isn't the usual way."""

from training.device.precision import Precision
from training.engine.out_of_memory import normalises_batches
from training.networks.freezing import training_mode
from training.plurals import counted
from training.records import LossScaling
from training.run.prepare_model import Model


def precision_notes(precision: Precision) -> list[str]:
    if precision == "fp32":
        return []
    return [f"Products and convolutions were computed in {precision}."]


def scaling_notes(scaling: LossScaling | None) -> list[str]:
    if scaling is None:
        return []
    notes, n, epoch = [], scaling.skipped_steps, scaling.fp32_from_epoch
    if n:
        steps = counted(n, "training step was", "training steps were")
        notes.append(f"{steps} skipped, because values were too large for fp16.")
    if epoch is not None:
        text = f"The network’s values became too large for fp16: fp32 from epoch {epoch} on."
        if scaling.left_out_images:
            text += (
                f" The train scores of epoch {epoch - 1} leave out the "
                f"{counted(scaling.left_out_images, 'image')} of batches with such values."
            )
        notes.append(text)
    return notes


def testing_notes(in_fp32: bool) -> list[str]:
    """Say whether testing had to be done in fp32 (`Autocast.in_fp32`)."""
    return ["Values of test images were too large for fp16: tested in fp32."] * in_fp32


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


def device_notes(drew_apart: bool, normalised_apart: bool) -> list[str]:
    """Say what devices that trained together computed otherwise than one would have."""
    drew = "Each device drew the network’s random numbers, but dropout’s, for its part of a batch."
    normalised = "Batch normalisation took its statistics from each device’s part of a batch."
    return [drew] * drew_apart + [normalised] * normalised_apart


def determinism_notes(operations: set[str]) -> list[str]:
    if not operations:
        return []
    names = ", ".join(sorted(operations))
    return [f"Not deterministic on this device, although requested: {names}."]
