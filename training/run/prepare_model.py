"""A network ready to train: built from its seed, its starting weights loaded, its parts frozen."""

import copy
from dataclasses import dataclass
from pathlib import Path

import torch

from training.device.determinism import use_steady_pooling
from training.device.environment import layout
from training.device.randomness import random_state, restore_random_state, seed_all
from training.errors import WeightsError
from training.networks.build import ARCHITECTURES, Network, build
from training.networks.freezing import Trainable, freeze
from training.networks.grey_input import are_of_grey, with_channels
from training.records import Spec, is_another_file
from training.run.train_stand_in import digest_of, sample_weights
from training.run.workspace import Workspace
from training.weights.load import (
    Channels,
    StartingWeights,
    from_file,
    imagenet,
    load_backbone,
    normalisation_of,
)
from training.weights.source import WeightsSource


@dataclass
class Model:
    """A network ready to train: where it starts, what is frozen, what it sees.

    Attributes:
        stand_ins: See `Metrics.stand_ins`.
    """

    network: Network
    trainable: Trainable
    mean: Channels
    std: Channels
    stand_ins: str | None = None


def prepare_model(spec: Spec, source: WeightsSource, workspace: Workspace) -> Model:
    """Build the network from the spec's seed, load its starting weights, freeze what is frozen.

    Raises:
        WeightsError: The weights aren't available or don't fit.
    """
    imported = source.file if _loads_its_own_weights(spec.model) else None
    network = _built(spec, imported, workspace)
    weights = _starting_weights(spec, source, network, workspace)
    given = weights.state if weights is not None and imported is None else {}
    sees_grey = spec.channels == 1 and are_of_grey(given, network.module)
    if sees_grey:  # they fit a network of one channel; others are fitted to one after loading
        with_channels(network.module, spec.channels, spec.model)
    if weights is not None and imported is None:
        load_backbone(network, weights.state, source.label)
    if not sees_grey:
        with_channels(network.module, spec.channels, spec.model)
    mean, std = _normalisation(spec, weights, workspace)
    if workspace.nudge:
        _nudge(network, workspace.nudge)
    use_steady_pooling(network.module, workspace.device)
    stand_ins = digest_of(weights.state) if weights and source.label == "sample" else None
    return Model(network, freeze(network, spec.freeze), mean, std, stand_ins)


def prepare_alike(spec: Spec, source: WeightsSource, workspace: Workspace) -> Model:
    """Prepare a model whose weights and normalisation another process's will replace.

    Raises:
        WeightsError: As `prepare_model`, of a network that loads its weights itself.
    """
    itself = _loads_its_own_weights(spec.model)
    return prepare_model(spec, source if itself else WeightsSource("none"), workspace)


def _built(spec: Spec, imported: Path | None, workspace: Workspace) -> Network:
    """Build the network from the spec's seed, on the device; copy it where the last run had it.

    Drawing 57 million weights takes longer than copying them, most of all on a GPU.
    """
    seed_all(spec.seed)
    n_classes, cpu = len(workspace.data.record.classes), torch.device("cpu")
    if spec.model not in ARCHITECTURES:
        folders = workspace.options.code_folders
        network = build(spec.model, n_classes, spec.head, spec.width, imported, folders)
        return _on_device(network, workspace)
    key = (spec.model, n_classes, spec.head, spec.width, spec.seed)
    if workspace.drawn is None or workspace.drawn[0] != key:
        workspace.drawn = None  # no two at a time
        network = _on_device(build(spec.model, n_classes, spec.head, spec.width), workspace)
        workspace.drawn = key, copy.deepcopy(network), random_state(cpu)
        return network
    _, network, state = workspace.drawn
    restore_random_state(state, cpu)
    return copy.deepcopy(network)


def _nudge(network: Network, relative: float) -> None:
    """Move each weight up or down by as much, relative to its size; by a fixed pattern."""
    with torch.no_grad():
        for weights in network.module.parameters():
            signs = torch.ones(weights.shape, device=weights.device)
            signs.view(-1)[::2] = -1.0
            weights.mul_(1.0 + relative * signs)


def _on_device(network: Network, workspace: Workspace) -> Network:
    network.module.to(workspace.device, memory_format=layout(workspace.device))  # type: ignore[call-overload]
    return network


def _loads_its_own_weights(model: str) -> bool:
    library, _, name = model.partition(":")
    return bool(name) and library not in ("torchvision", "timm")


def _normalisation(
    spec: Spec, weights: StartingWeights | None, workspace: Workspace
) -> tuple[Channels, Channels]:
    is_grey = spec.channels == 1
    mean, std = workspace.data.channel_statistics(spec.image_size, grey=is_grey)
    if weights is not None:
        mean, std = weights.mean, weights.std
    mean, std = spec.mean or mean, spec.std or std
    return (_alike(mean), _alike(std)) if is_grey else (mean, std)


def _alike(values: Channels) -> Channels:
    """Return the mean of three channels, three times."""
    if len(set(values)) == 1:
        return values
    mean = round(sum(values) / 3, 6)
    return mean, mean, mean


def _starting_weights(
    spec: Spec, source: WeightsSource, network: Network, workspace: Workspace
) -> StartingWeights | None:
    """Load weights; a failure to get them is remembered for the study's other experiments."""
    if source.label == "none":
        return None
    key = (source.digest or source.label, spec.model)
    if key in workspace.unavailable:
        raise workspace.unavailable[key]
    try:
        return _load_weights(spec, source, network, workspace)
    except WeightsError as error:
        workspace.unavailable[key] = error
        raise


def _load_weights(
    spec: Spec, source: WeightsSource, network: Network, workspace: Workspace
) -> StartingWeights:
    if source.label == "imagenet":
        return imagenet(spec.model, spec.width)
    if is_another_file(source.label, source.digest):
        workspace.note_once(
            source.label,
            f"{source.file} isn't the file that was published under this name (by its SHA-256): "
            "what its weights were trained on isn't known, and the report will say so",
        )
    if source.label == "sample":
        state = random_state(workspace.device)
        try:
            return sample_weights(spec, workspace)
        finally:  # whether they had to be trained must not change the run that asked
            restore_random_state(state, workspace.device)
    if _loads_its_own_weights(spec.model):
        return StartingWeights({}, *normalisation_of(network.module))
    if workspace.device.type == "cpu":  # whose memory is the runs' own, and whose runs take longer
        return from_file(source, network)
    key = str(source.file), source.digest, spec.model
    if workspace.loaded is None or workspace.loaded[0] != key:
        workspace.loaded = None  # no two at a time
        workspace.loaded = key, from_file(source, network)
    return workspace.loaded[1]
