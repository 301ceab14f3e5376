"""What each freeze strategy holds still, with exact parameter counts.

Frozen parts behave as at inference throughout: their dropout is off and their batch
normalisation uses (and keeps) its running statistics.
"""

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from training.errors import StudyError
from training.lookup import look_up
from training.networks.blocks import blocks
from training.networks.build import Network
from training.plurals import counted
from training.records import Freeze, Parameters


@dataclass(frozen=True)
class Trainable:
    """Paths of the modules that training may change.

    Attributes:
        paths: Dotted module paths; an empty one is the whole network.
        frozen: Paths inside them that stay as they are all the same.
        held: Parameters outside of these that do, too.
        split: Path of the module that everything frozen feeds, if the frozen part comes first:
            its input can be computed once (`prefix`).
    """

    paths: tuple[str, ...]
    frozen: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
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


SHOWN = 12
"""Layers that a message names."""

FIRST, PATTERN = "first:", "pattern:"
"""Beginnings of strategies that say how many blocks, or which parameters, are frozen."""


def freeze(network: Network, strategy: Freeze) -> Trainable:
    """Stop gradients for all but what the strategy trains, and return what that is.

    Raises:
        StudyError: The network lacks what the strategy names, or nothing would be left to train.
    """
    trainable = _trainable(network, strategy)
    network.module.requires_grad_(False)
    for path in trainable.paths:
        network.module.get_submodule(path).requires_grad_(True)
    for path in trainable.frozen:
        network.module.get_submodule(path).requires_grad_(False)
    for name in trainable.held:
        network.module.get_parameter(name).requires_grad_(False)
    return trainable


def _trainable(network: Network, strategy: Freeze) -> Trainable:
    if strategy.startswith(FIRST):
        return _without(network, _first_blocks(network, int(strategy.removeprefix(FIRST))))
    if strategy.startswith(PATTERN):
        return _without(network, _matching(network, strategy.removeprefix(PATTERN)))
    return look_up("freeze strategy", strategy, STRATEGIES)(network)


def _first_blocks(network: Network, n: int) -> set[str]:
    """Return the names of the parameters of the first blocks."""
    found = blocks(network)
    if n >= len(found):
        raise StudyError(
            f"freeze = “first:{n}” would leave nothing to train: this network has "
            f"{counted(len(found), 'block')}.",
            f"Freeze at most {len(found) - 1}; “backbone” freezes all but the head.",
        )
    return {name for names in found[:n] for name in names}


def _matching(network: Network, pattern: str) -> set[str]:
    """Return the names of the parameters that a pattern matches, as file names are matched."""
    names = [name for name, _ in network.module.named_parameters()]
    found = set(fnmatch.filter(names, pattern))
    if not found:
        layers = [*dict.fromkeys(name.rpartition(".")[0] for name in names)]
        others = f" and {len(layers) - SHOWN} more" if len(layers) > SHOWN else ""
        shown = ", ".join(layers[:SHOWN]) + others
        raise StudyError(
            f"freeze = “pattern:{pattern}” matches no weights of this network.",
            f"It has these, each with .weight or the like: {shown}.",
        )
    if len(found) == len(names):
        raise StudyError(
            f"freeze = “pattern:{pattern}” would leave nothing to train.",
            "Choose a pattern that some weights don't match.",
        )
    return found


def _without(network: Network, held: set[str]) -> Trainable:
    """Return what is left to train, where parameters of these names are held.

    Where all of the head or of the classifier is trained and nothing else, the rest is one part.
    Elsewhere a module is at inference where all of its parameters are held; one without parameters,
    such as dropout, where those of the next layer are.
    """
    module = network.module
    names = {name for name, _ in module.named_parameters()}
    ends = (network.head, network.parts.get("classifier", ""))
    split = next((end for end in ends if end and names - held == _names(module, end)), None)
    if split is not None:
        return Trainable((split,), split=split)
    still = [path for path, layer in module.named_modules() if path and _is_held(layer, path, held)]
    tops = [path for path in still if not any(_is_inside(path, other) for other in still)]
    next_is_held = False
    for path, layer in reversed([*module.named_modules()]):
        if [*layer.children()]:
            continue
        if [*layer.parameters()]:
            next_is_held = path in still
        elif next_is_held and not any(_is_inside(path, other) for other in tops):
            tops.append(path)
    alone = tuple(sorted(n for n in held if not any(_is_inside(n, path) for path in tops)))
    return Trainable(("",), tuple(tops), alone)


def _names(module: nn.Module, path: str) -> set[str]:
    return {name for name, _ in module.get_submodule(path).named_parameters(prefix=path)}


def _is_held(layer: nn.Module, path: str, held: set[str]) -> bool:
    names = [name for name, _ in layer.named_parameters(prefix=path)]
    return bool(names) and held.issuperset(names)


def _is_inside(name: str, path: str) -> bool:
    return name.startswith(f"{path}.")


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
