"""What each freeze strategy holds still, with exact parameter counts.

Frozen parts behave as at inference throughout: their dropout is off and their batch
normalisation uses (and keeps) its running statistics.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from training.errors import StudyError
from training.lookup import look_up
from training.networks.build import Network
from training.records import Freeze, Parameters


@dataclass(frozen=True)
class Trainable:
    """Paths of the modules that training may change.

    Attributes:
        paths: Dotted module paths; an empty one is the whole network.
        frozen: Paths inside them that stay as they are all the same.
        split: Path of the module that everything frozen feeds, if the frozen part comes first:
            its input can be computed once (`prefix`).
    """

    paths: tuple[str, ...]
    frozen: tuple[str, ...] = ()
    split: str | None = None


def _parts(network: Network, name: str) -> str:
    if name not in network.parts:
        raise StudyError(
            f"This network has no part “{name}” to freeze; it has {', '.join(network.parts)}.",
            "Use freeze = “backbone” or “none”.",
        )
    return network.parts[name]


def _without_features(network: Network) -> Trainable:
    _parts(network, "features")
    classifier = _parts(network, "classifier")
    return Trainable((classifier,), split=classifier)


STRATEGIES: dict[Freeze, Callable[[Network], Trainable]] = {
    "none": lambda network: Trainable(("",)),
    "features": _without_features,
    "classifier": lambda network: Trainable((_parts(network, "features"),)),
    "classifier-but-head": lambda network: Trainable((_parts(network, "features"), network.head)),
    "backbone": lambda network: Trainable((network.head,), split=network.head),
    "head": lambda network: Trainable(("",), frozen=(network.head,)),
}


def freeze(network: Network, strategy: Freeze) -> Trainable:
    """Stop gradients for all but what the strategy trains, and return what that is.

    Raises:
        StudyError: The network lacks the part that the strategy names.
    """
    trainable = look_up("freeze strategy", strategy, STRATEGIES)(network)  # type: ignore[arg-type]
    network.module.requires_grad_(False)
    for path in trainable.paths:
        network.module.get_submodule(path).requires_grad_(True)
    for path in trainable.frozen:
        network.module.get_submodule(path).requires_grad_(False)
    return trainable


def training_mode(network: Network, trainable: Trainable) -> None:
    """Put the trainable modules into training mode and all others into inference mode."""
    network.module.eval()
    for path in trainable.paths:
        network.module.get_submodule(path).train()
    for path in trainable.frozen:
        network.module.get_submodule(path).eval()


def count_parameters(network: Network) -> Parameters:
    """Count all parameters, and those that training may change, by part."""
    total, trainable = _count(network.module), _count(network.module, trainable=True)
    parts: dict[str, int] = {}
    trainable_parts: dict[str, int] = {}
    for name, path in network.parts.items():
        if path:
            part: nn.Module = network.module.get_submodule(path)
            parts[name], trainable_parts[name] = _count(part), _count(part, trainable=True)
        else:
            parts[name] = trainable_parts[name] = 0
    for name, path in network.parts.items():
        if not path:
            parts[name] = total - sum(parts.values())
            trainable_parts[name] = trainable - sum(trainable_parts.values())
    return Parameters(
        total=total,
        trainable=trainable,
        frozen=total - trainable,
        parts=parts,
        trainable_parts=trainable_parts,
    )


def _count(module: nn.Module, trainable: bool = False) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable)
