"""In which number format the arithmetic is done; weights and optimizer states are fp32 always."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Literal, cast, get_args

import torch
from torch import Tensor, nn

from training.device.environment import multiplies_bf16, resolve_device
from training.errors import DeviceError
from training.lookup import unknown_name

Precision = Literal["fp32", "tf32", "bf16", "fp16"]

FACTORS: dict[Precision, torch.dtype] = {
    "fp32": torch.float32,
    "tf32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}
"""As what products and convolutions are given their factors."""

WORTH_SIDE = 128
"""Pixels a side from which bf16 paid in every case on the CPUs tried (`bench/precision.py`)."""


def of_sums(device: torch.device) -> torch.dtype:
    """Return the number format of sums over an epoch's batches: float64 wherever there is one.

    An Apple GPU has none. In float32 counts are exact up to 2**24, and a sum of n losses is off by
    at most n parts in 10 million.
    """
    return torch.float32 if device.type == "mps" else torch.float64


def resolve_precision(name: str, device: torch.device, image_size: int) -> Precision:
    """Turn `auto` into the 16-bit format that the hardware multiplies faster, else into fp32.

    That is bf16 on a CUDA device of compute capability 8.0 or later, and on a CPU with AMX or
    AVX512-BF16 for images that keep it busy; and fp16 on a CUDA device of capability 7.x, the
    first ones with tensor cores.

    Args:
        image_size: Side of the square images in pixels.

    Raises:
        DeviceError: Unknown name, or a format that the device lacks.
    """
    if name == "auto":
        return _fastest(device, image_size)
    if name == "tf32" and device.type != "cuda":
        raise DeviceError(f"tf32 needs a CUDA device; this is {device}.", "Use fp32.")
    lacks_bf16 = device.type == "cuda" and not _computes_bf16(device)
    if (name == "bf16" and lacks_bf16) or (
        name in ("bf16", "fp16") and device.type not in ("cpu", "cuda")
    ):
        raise DeviceError(f"{device} can't compute in {name}.", "Use --precision fp32.")
    if name not in get_args(Precision):
        raise unknown_name("precision", name, ["auto", *get_args(Precision)], DeviceError)
    return cast("Precision", name)


def _fastest(device: torch.device, image_size: int) -> Precision:
    if device.type == "cpu":
        return "bf16" if image_size >= WORTH_SIDE and multiplies_bf16() else "fp32"
    if device.type != "cuda":
        return "fp32"
    if _computes_bf16(device):
        return "bf16"
    return "fp16" if torch.cuda.get_device_capability(device) >= (7, 0) else "fp32"


def set_up(device: str, precision: str, image_size: int) -> tuple[torch.device, Precision]:
    """Set the number format of a study's arithmetic; return the device and that format.

    Args:
        device: See `resolve_device`.
        precision: See `resolve_precision`, as `image_size`.

    Raises:
        DeviceError: The device isn't there, or hasn't the number format.
    """
    found = resolve_device(device)
    number_format = resolve_precision(precision, found, image_size)
    use_precision(number_format)
    return found, number_format


def use_precision(precision: Precision) -> None:
    """Let CUDA round the inputs of fp32 products to tf32 with `tf32`, and never otherwise."""
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.allow_tf32 = precision == "tf32"


class Autocast:
    """A module's forward pass with products and convolutions in 16 bits.

    What needs it stays fp32.

    Args:
        plain: The forward pass in fp32.
        kind: bfloat16 or float16.

    Attributes:
        in_fp32: Compute in fp32 from now on; set where values are too large for fp16, whose largest
            is 65,504.
    """

    def __init__(
        self, plain: Callable[[Tensor], Tensor], kind: torch.dtype, device: torch.device
    ) -> None:
        self.kind = kind
        self.in_fp32 = False
        self._plain = plain
        self._rounded = torch.autocast(device.type, kind)(plain)

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the outputs; inputs may have been gathered in 16 bits."""
        if self.in_fp32:
            return self._plain(inputs.float())
        return cast("Tensor", self._rounded(inputs))


@contextlib.contextmanager
def computing(
    module: nn.Module, precision: Precision, device: torch.device
) -> Iterator[Autocast | None]:
    """Have a module's forward pass done in a precision while inside.

    Yields:
        The forward pass that took the place of the module's own, if one did.
    """
    kind = FACTORS[precision]
    if kind == torch.float32:
        yield None
        return
    autocast = Autocast(module.forward, kind, device)
    module.forward = autocast
    try:
        yield autocast
    finally:
        del module.forward


def fp16_forward(module: nn.Module) -> Autocast | None:
    """Return the forward pass of a module that computes in fp16, if this one does (`computing`).

    Whether values fit fp16 has to be checked; where they don't, `Autocast.in_fp32` may be set.
    """
    forward = module.forward
    return forward if isinstance(forward, Autocast) and forward.kind == torch.float16 else None


def computes_in_bf16(module: nn.Module) -> bool:
    """Tell whether a module's products and convolutions are in bf16 (`computing`)."""
    return isinstance(module.forward, Autocast) and module.forward.kind == torch.bfloat16


def _computes_bf16(device: torch.device) -> bool:
    return torch.cuda.get_device_capability(device) >= (8, 0)
