"""The blocks of a network from input to output: what rates fall along, and what is frozen first."""

import itertools
import re

from torch import nn

from training.networks.build import Network


def blocks(network: Network) -> list[list[str]]:
    """Return the names of all parameters, block by block; the head is the last one.

    Networks of timm say themselves what their blocks are. Elsewhere a block is what repeats: the
    module that a name's first number counts (`features.3`, `layer1.0`, `encoder_layer_2`), or else
    the module at the top. What has no weights but vectors, such as a normalisation, belongs to the
    block before it.
    """
    matcher = getattr(network.module, "group_matcher", None)
    if callable(matcher):
        from timm.models import group_parameters

        of_parameter = group_parameters(network.module, matcher(coarse=False), reverse=True)
        names = sorted(of_parameter, key=of_parameter.__getitem__)
        return [list(some) for _, some in itertools.groupby(names, key=of_parameter.__getitem__)]
    return _joined(network)


def _joined(network: Network) -> list[list[str]]:
    """Return runs of parameters of one module; those without a layer join the one before."""
    names = [name for name, _ in network.module.named_parameters()]
    names.sort(key=lambda name: _is_in(name, network.head))  # others stay in their order
    found: list[list[str]] = []
    waiting: list[str] = []
    for _, some in itertools.groupby(names, key=lambda name: _block_of(name, network)):
        run = list(some)
        if any(_is_layer(network.module, name) for name in run):
            found.append(waiting + run)
            waiting = []
        elif found:
            found[-1] += run
        else:
            waiting += run
    return found + [waiting] * bool(waiting)


def _is_in(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}.")


def _block_of(name: str, network: Network) -> str:
    """Return the path of the module that a parameter's block is."""
    if _is_in(name, network.head):
        return network.head
    path = name.split(".")[:-1]
    for place, part in enumerate(path):
        parent = network.module.get_submodule(".".join(path[:place]))
        if _is_counted(part, parent):
            end = place + 1
            while end < len(path) and path[end].isdigit():
                end += 1
            return ".".join(path[:end])
    return path[0] if path else ""


def _is_counted(name: str, parent: nn.Module) -> bool:
    """Tell whether a module is one of several that differ in a number at the end of their names."""
    stems = [re.sub(r"\d+$", "", child) for child, _ in parent.named_children()]
    stem = re.sub(r"\d+$", "", name)
    return name.isdigit() or (stem != name and stems.count(stem) > 1)


def _is_layer(module: nn.Module, name: str) -> bool:
    """Tell whether a parameter is the weights of a layer: no vector, and called so."""
    return name.endswith("weight") and module.get_parameter(name).ndim > 1
