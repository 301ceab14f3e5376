"""In which number format the arithmetic is done; weights and optimizer states are fp32 always."""

import contextlib
from collections.abc import Iterator
from typing import Literal, cast, get_args

import torch
from torch import nn

from training.device.environment import (
    ignore_denormals,
    keep_memory,
    multiplies_bf16,
    resolve_device,
)
from training.errors import DeviceError
from training.lookup import unknown_name

Precision = Literal["fp32", "tf32", "bf16"]

WORTH_SIDE = 128
"""Pixels a side from which bf16 paid in every case on the CPUs tried (`bench/precision.py`)."""


def resolve_precision(name: str, device: torch.device, image_size: int) -> Precision:
    """Turn `auto` into bf16 where the hardware multiplies it faster, else into fp32.

    That is a CUDA device of compute capability 8.0 or later, and a CPU with AMX or AVX512-BF16 for
    pictures that keep it busy.

    Args:
        image_size: Side of the square pictures in pixels.

    Raises:
        DeviceError: Unknown name, or a format that the device lacks.
    """
    has_bf16 = device.type == "cpu" or (device.type == "cuda" and _computes_bf16(device))
    if name == "auto":
        pays = device.type != "cpu" or (image_size >= WORTH_SIDE and multiplies_bf16())
        return "bf16" if has_bf16 and pays else "fp32"
    if name == "tf32" and device.type != "cuda":
        raise DeviceError(f"tf32 is a format of CUDA devices, not of {device}.", "Use fp32.")
    if name == "bf16" and not has_bf16:
        raise DeviceError(f"{device} can't compute in bf16.", "Use --precision fp32.")
    if name not in get_args(Precision):
        raise unknown_name("precision", name, ["auto", *get_args(Precision)], DeviceError)
    return cast("Precision", name)


def set_up(device: str, precision: str, image_size: int) -> tuple[torch.device, Precision]:
    """Ready the process for a study's arithmetic, and return the device and the number format.

    Args:
        device: See `resolve_device`.
        precision: See `resolve_precision`, as `image_size`.

    Raises:
        DeviceError: The device isn't there, or hasn't the number format.
    """
    ignore_denormals()
    keep_memory()
    found = resolve_device(device)
    number_format = resolve_precision(precision, found, image_size)
    use_precision(number_format)
    return found, number_format


def use_precision(precision: Precision) -> None:
    """Let CUDA round the inputs of fp32 products to tf32 with `tf32`, and never otherwise."""
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"


@contextlib.contextmanager
def computing(module: nn.Module, precision: Precision, device: torch.device) -> Iterator[None]:
    """Have a module's forward pass done in a precision while inside.

    With bf16 products and convolutions are bf16, and what needs it stays fp32 (autocast).
    """
    if precision != "bf16":
        yield
        return
    plain = module.forward
    module.forward = torch.autocast(device.type, torch.bfloat16)(plain)
    try:
        yield
    finally:
        del module.forward


def _computes_bf16(device: torch.device) -> bool:
    return torch.cuda.get_device_capability(device) >= (8, 0)
