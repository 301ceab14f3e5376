"""A device that fails for good: nothing more can be computed on it by this process."""

from training.errors import DeviceError

MESSAGES = ("CUDA error", "CUDA driver error", "HIP error", "CUDNN_STATUS_EXECUTION_FAILED",
            "device not ready", "Found no NVIDIA driver")  # fmt: skip


def is_lost(error: Exception) -> bool:
    """Say whether an error, of those that aren't about memory, left the device unusable.

    CUDA answers every call after such an error with the same one.
    """
    return isinstance(error, RuntimeError) and any(m in str(error) for m in MESSAGES)


def lost(device: str, experiment_id: str, error: Exception) -> DeviceError:
    """Return the message that ends a list of experiments."""
    said = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    return DeviceError(
        f"The device {device} failed while {experiment_id} was running: {said}.",
        "Finished work is saved. Check that the device is still there (nvidia-smi); then the "
        "same command resumes from the last checkpoint, and --device cpu works without it.",
    )
