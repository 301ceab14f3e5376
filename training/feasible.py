"""What of a study can't work, found before anything runs, and what it writes.

Networks are built without numbers, so that this takes no memory and hardly any time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from training.networks.build import ARCHITECTURES, build
from training.networks.freezing import freeze
from training.networks.grey_input import with_channels
from training.planning.plan import PENDING, Plan, Step
from training.planning.run_kinds import likely_spec
from training.records import Spec, names_code
from training.run.failures import why_failed
from training.run.run_options import LARGEST_KEPT_BYTES

N_CLASSES = 2
"""A head has as few weights that they don't count."""


@dataclass(frozen=True)
class Obstacle:
    """Why some experiments can't be run.

    Attributes:
        experiments: Their ids, in the list's order.
    """

    experiments: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Network:
    """What was found of a spec's network.

    Attributes:
        problem: Why it can't be trained as the spec says; empty if it can.
        n_bytes: Of its parameters and buffers; 0 for code of somebody's own, which isn't built.
    """

    problem: str = ""
    n_bytes: int = 0


@dataclass(frozen=True)
class Feasible:
    """What is known of a study before it runs.

    Attributes:
        kept_bytes: Of the networks that would be kept, those of the first seed.
        n_kept: How many these are.
    """

    obstacles: tuple[Obstacle, ...]
    kept_bytes: int
    n_kept: int


def feasible(plan: Plan, steps: Sequence[Step], code_folders: Sequence[Path] = ()) -> Feasible:
    """Look for what can't work in steps that would run.

    Args:
        code_folders: See `networks.build`.
    """
    known: dict[tuple[object, ...], Network] = {}
    reasons: dict[str, list[str]] = {}
    kept: list[int] = []
    for step in steps:
        if step.state == "skipped":
            reasons.setdefault(step.reason, []).append(step.experiment.id)
        spec = likely_spec(step, plan) if step.state in PENDING else None
        if spec is None:
            continue
        alike = (spec.model, spec.head, spec.width, spec.freeze, spec.image_size, spec.channels)
        if alike not in known:
            known[alike] = _try(spec, code_folders)
        found = known[alike]
        problem = found.problem or _without_weights(spec)
        if problem:
            reasons.setdefault(problem, []).append(step.experiment.id)
        elif step.experiment.test and step.seed == plan.seeds[0]:
            kept.append(found.n_bytes)
    small = [n_bytes for n_bytes in kept if n_bytes <= LARGEST_KEPT_BYTES]
    obstacles = [
        Obstacle(tuple(dict.fromkeys(experiments)), reason)
        for reason, experiments in reasons.items()
    ]
    return Feasible(tuple(obstacles), sum(small), len(small))


def pixel_bytes(image_sizes: Iterable[int], n_images: int) -> int:
    """Return what decoded images take in the cache folder: three bytes a pixel."""
    return sum(3 * size * size for size in set(image_sizes)) * n_images


def _try(spec: Spec, code_folders: Sequence[Path]) -> Network:
    """Build a network without numbers, freeze it and show it two pictures."""
    if names_code(spec.model):
        return Network()
    try:
        with torch.device("meta"), torch.no_grad():
            network = build(spec.model, N_CLASSES, spec.head, spec.width, code_folders=code_folders)
            with_channels(network.module, spec.channels, spec.model)
            freeze(network, spec.freeze)
            tensors = [*network.module.parameters(), *network.module.buffers()]
            n_bytes = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
            network.module.eval()(torch.empty(2, spec.channels, spec.image_size, spec.image_size))
    except Exception as error:
        reason = why_failed(error, spec)
        if reason is None:
            raise
        return Network(f"{spec.model} with images of {spec.image_size} pixels: {reason}")
    return Network(n_bytes=n_bytes)


def _without_weights(spec: Spec) -> str:
    if spec.weights == "imagenet" and spec.width != 1 and spec.model in ARCHITECTURES:
        return f"ImageNet weights fit {spec.model} at width 1 only; its width is {spec.width:g}"
    if spec.weights == "imagenet" and names_code(spec.model):
        return f"there are no ImageNet weights for code of one's own, {spec.model}: name a file"
    return ""
