"""Build networks with a new head: the homework's three architectures, and any other by name."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from training.errors import StudyError
from training.lookup import unknown_name
from training.networks.architectures import VGG16, AlexNet, ResNet18
from training.networks.libraries import foreign_network
from training.plurals import counted


@dataclass(frozen=True)
class Network:
    """A network whose last layer was replaced by a new head.

    Attributes:
        module: Maps images (B, 3, H, W) to class scores (B, n_classes), without softmax:
            cross-entropy contains it.
        head: Dotted path of the new head inside `module`.
        parts: Part name to the dotted path of the module that holds it; an empty path stands for
            everything outside the other parts.
    """

    module: nn.Module
    head: str
    parts: dict[str, str]


@dataclass(frozen=True)
class Architecture:
    """A named architecture of the homework.

    Attributes:
        network: Builds it with its published head, given a width.
        parts: As in `Network.parts`.
    """

    network: Callable[[float], nn.Module]
    parts: dict[str, str]


ARCHITECTURES: dict[str, Architecture] = {
    "alexnet": Architecture(AlexNet, {"features": "features", "classifier": "classifier"}),
    "vgg16": Architecture(VGG16, {"features": "features", "classifier": "classifier"}),
    "resnet18": Architecture(ResNet18, {"backbone": "", "head": "fc"}),
}


def build(
    model: str,
    n_classes: int,
    head: tuple[int, ...] = (),
    width: float = 1.0,
    weights_file: Path | None = None,
    code_folders: Sequence[Path] = (),
) -> Network:
    """Build a network with a new head for `n_classes` classes, from torch's random state.

    Args:
        model: A name of `ARCHITECTURES`, `torchvision:NAME`, `timm:NAME`, or `module:function`
            for a function `(n_classes: int, weights: Path | None) -> nn.Module` that loads the
            weights itself.
        head: Widths of hidden layers (each followed by ReLU) before the class scores.
        width: Channel multiplier of the named architectures; hidden layers of the head follow.
        weights_file: Handed to a `module:function`; the others are loaded by `weights.load`.
        code_folders: Where a module is looked for before what is installed.

    Raises:
        StudyError: No such model, or one whose last linear layer can't be found.
    """
    if model in ARCHITECTURES:
        architecture = ARCHITECTURES[model]
        module = architecture.network(width)
        path = _last_linear(module, model)
        hidden = tuple(max(1, round(units * width)) for units in head)
        parts = architecture.parts
    else:
        foreign = foreign_network(model, n_classes, weights_file, code_folders)
        if foreign is None:
            names = [*ARCHITECTURES, "torchvision:NAME", "timm:NAME", "module:function"]
            raise unknown_name("model", model, names)
        module = foreign
        path = _last_linear(module, model)
        hidden = head
        parts = {"backbone": "", "head": path}
    old = module.get_submodule(path)
    assert isinstance(old, nn.Linear)
    if hidden or old.out_features != n_classes or model in ARCHITECTURES:
        _set_submodule(module, path, make_head(old.in_features, hidden, n_classes))
    return Network(module, path, parts)


def make_head(n_features: int, hidden: tuple[int, ...], n_classes: int) -> nn.Module:
    """Return linear layers n_features → hidden… → n_classes with ReLU between them."""
    sizes = [n_features, *hidden, n_classes]
    layers: list[nn.Module] = []
    for i, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        layers += [nn.Linear(n_in, n_out)] if i == 0 else [nn.ReLU(), nn.Linear(n_in, n_out)]
    return layers[0] if len(layers) == 1 else nn.Sequential(*layers)


def _set_submodule(module: nn.Module, path: str, child: nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    setattr(module.get_submodule(parent), name, child)


def _last_linear(module: nn.Module, model: str) -> str:
    """Return the path of the layer that gives the class scores."""
    get_classifier = getattr(module, "get_classifier", None)  # timm's own means
    declared = get_classifier() if callable(get_classifier) else None
    if isinstance(declared, tuple):
        raise StudyError(
            f"{model} has {counted(len(declared), 'head')}; one is needed.",
            "Choose another model, or write a module:function that keeps one.",
        )
    linear: dict[str, nn.Module] = {
        name: m for name, m in module.named_modules() if isinstance(m, nn.Linear)
    }
    for name, layer in linear.items():
        if layer is declared:
            return name
    if not linear:
        raise StudyError(
            f"{model} has no linear layer to replace with a new head.",
            "Write a module:function that ends its network in nn.Linear.",
        )
    return list(linear)[-1]
