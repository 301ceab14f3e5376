"""What the hardware could do at best: arithmetic counted, over its fastest matrix product."""

import time
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode


def peak_flops(device: torch.device, seconds: float = 2.0) -> float:
    """Return the best rate of a large matrix product in FLOP/s (fp32 on a CPU, bf16 on CUDA)."""
    cuda = device.type == "cuda"
    side = 8192 if cuda else 3072
    kind = torch.bfloat16 if cuda else torch.float32
    a, b = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
    best, until = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < until:
        started = time.perf_counter()
        torch.mm(a, b)
        if cuda:
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - started)
    return 2 * side**3 / best


def flops(module: nn.Module, image_size: int, backward: bool) -> float:
    """Return the arithmetic of one picture in FLOP (a multiplication and an addition are two)."""
    pictures = torch.randn(2, 3, image_size, image_size)
    counter: Any = FlopCounterMode(display=False)
    with counter:
        logits = module(pictures)
        if backward:
            F.cross_entropy(logits, torch.zeros(2, dtype=torch.int64)).backward()
    return float(counter.get_total_flops()) / 2
