"""The same numbers every time, on CUDA too: `--deterministic`. On the CPU all that runs here is."""

import contextlib
import os
import re
import warnings
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

COMPLAINT = re.compile(r"(\S+) does not have a deterministic implementation")


def keep_deterministic(wanted: bool) -> None:
    """Keep to algorithms that give the same numbers every time, where torch has them."""
    if wanted:  # read by cuBLAS when it starts
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cudnn.benchmark = False
    # as `use_deterministic_algorithms` with `warn_only`, which imports torch's compiler besides
    torch.set_deterministic_debug_mode("warn" if wanted else "default")


@contextlib.contextmanager
def unsteady_operations() -> Iterator[set[str]]:
    """Collect the operations that torch has no deterministic algorithm for; pass on other warnings.

    Yields:
        Names, complete when the block ends.
    """
    found: set[str] = set()
    if not torch.are_deterministic_algorithms_enabled():
        yield found
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", message=COMPLAINT.pattern)
        try:
            yield found
        finally:
            matches = [COMPLAINT.search(str(warning.message)) for warning in caught]
            found |= {match[1] for match in matches if match}
    for warning, match in zip(caught, matches, strict=True):
        if match is None:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )


class SteadyPool(nn.Module):
    """Adaptive average pooling by two matrix products.

    `nn.AdaptiveAvgPool2d` has no deterministic gradient on CUDA, and on an Apple GPU it is there
    only for sizes that divide.

    Args:
        size: (height, width) of the output.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size

    def forward(self, inputs: Tensor) -> Tensor:  # B, C, H, W
        rows, columns = (
            _averages(n, out, inputs) for n, out in zip(inputs.shape[-2:], self.size, strict=True)
        )
        return rows @ inputs @ columns.T


def _averages(n: int, out: int, like: Tensor) -> Tensor:
    """Return the matrix (out, n) that averages n values into `out` bins."""
    place = torch.device("cpu") if like.device.type == "mps" else like.device
    identity = torch.eye(n, dtype=like.dtype, device=place)
    return F.adaptive_avg_pool1d(identity, out).T.to(like.device)


def use_steady_pooling(module: nn.Module, device: torch.device) -> None:
    """Replace adaptive average pooling in a network where determinism was asked for, or on mps."""
    if device.type != "mps" and not torch.are_deterministic_algorithms_enabled():
        return
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.AdaptiveAvgPool2d):
                size = child.output_size
                height, width = size if isinstance(size, tuple) else (size, size)
                # to one value it is a plain mean; None keeps a side as it is
                if height and width and (height, width) != (1, 1):
                    setattr(parent, name, SteadyPool((height, width)))
