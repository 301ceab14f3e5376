"""A first step on a device that torch covers in part, held to the same step on the CPU.

An Apple GPU refuses some operations, and some versions of torch compute some of them wrongly there.
Both are better met before a list of experiments than in each of them.
"""

import copy
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from training.device.determinism import use_steady_pooling
from training.device.environment import layout
from training.device.randomness import seed_all
from training.engine.batches import PictureInputs
from training.engine.evaluate import batch_totals
from training.engine.optimizers import make_optimizer
from training.engine.out_of_memory import add_gradients, is_out_of_memory
from training.networks.build import build
from training.networks.grey_input import with_channels
from training.records import Augmentation, Spec

N_IMAGES = 2
TOLERANCE = 0.05
"""Largest deviation from the CPU, as a share of what is compared; rounding is far below."""

CPU = torch.device("cpu")


def why_not(
    specs: Iterable[Spec], device: torch.device, code_folders: Sequence[Path] = ()
) -> str | None:
    """Say which of some runs can't be trained on a device, and why; None if all can.

    Changes torch's random state. A network that can't be built or trained on the CPU either is
    passed over: its run says so.

    Args:
        code_folders: See `networks.build`.
    """
    kinds = {
        (spec.model, spec.head, spec.width, spec.image_size, spec.optimizer, spec.channels): spec
        for spec in specs
    }
    for spec in kinds.values():
        try:
            seed_all(0)
            network = build(spec.model, N_IMAGES, spec.head, spec.width, None, code_folders).module
            with_channels(network, spec.channels, spec.model)
            expected = _step(copy.deepcopy(network), spec, CPU)
        except Exception:  # a network of someone's own may fail in any way
            continue
        problem = _problem(network, spec, device, expected)
        if problem:
            return f"{spec.model} at {spec.image_size} px: {problem}"
    return None


def _problem(
    network: nn.Module, spec: Spec, device: torch.device, expected: dict[str, Tensor]
) -> str:
    try:
        found = _step(network, spec, device)
    except Exception as error:  # what a device lacks comes as any kind of error
        if isinstance(error, RuntimeError) and is_out_of_memory(error):
            return ""  # the run divides its batches
        return str(error).partition("\n")[0] or type(error).__name__
    for name, values in expected.items():
        apart = (found[name] - values).norm() / values.norm().clamp(min=1e-6)
        if not apart <= TOLERANCE:
            return f"{name} differ by {100 * float(apart):.0f} % from those on the CPU"
    return ""


def _step(network: nn.Module, spec: Spec, device: torch.device) -> dict[str, Tensor]:
    """Make a step as training does; return what of it doesn't depend on chance, on the CPU."""
    network.to(device, memory_format=layout(device))  # type: ignore[call-overload]
    use_steady_pooling(network, device)
    plain, turned = (_images(spec, device, name) for name in ("none", "rotation"))
    labels = plain.labels
    network.eval()
    chosen = torch.arange(N_IMAGES)
    logits = network(plain.gather(chosen)).float()
    nn.functional.cross_entropy(logits, labels).backward()  # type: ignore[no-untyped-call]
    gradients = [p.grad.flatten().cpu() for p in network.parameters() if p.grad is not None]
    results = {"scores": logits.detach().cpu(), "gradients": torch.cat(gradients)}
    network.train()
    network.zero_grad()
    loss, logits = add_gradients(network, turned.gather(chosen), labels)
    make_optimizer(network, spec).step()
    batch_totals(loss, logits, labels).tolist()
    return results


def _images(spec: Spec, device: torch.device, augmentation: Augmentation) -> PictureInputs:
    side = spec.image_size
    pixels = np.random.default_rng(0).integers(0, 256, (N_IMAGES, side, side, 3), np.uint8)
    return PictureInputs(
        pixels, np.arange(N_IMAGES), np.arange(N_IMAGES),
        mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25), device=device, augmentation=augmentation,
        generator=torch.Generator().manual_seed(0), channels=spec.channels,
    )  # fmt: skip
