"""Weights learned on the sample's source alphabet: they stand in for ImageNet's.

A network is trained on one drawn alphabet and then transferred to another. The record and the
report say so wherever such weights were used.
"""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch

from training.data.locate import locate
from training.data.prepare import PreparedData, prepare
from training.device.determinism import use_steady_pooling
from training.device.environment import layout
from training.device.randomness import seed_all
from training.engine.batches import PictureInputs
from training.engine.checkpoint import remove_checkpoints
from training.engine.loop import fit
from training.engine.state import State, load_state
from training.engine.tensor_files import load_tensors, save_tensors
from training.locks import locked
from training.networks.build import build
from training.networks.freezing import freeze, training_mode
from training.records import NO_OPTIONS, RECIPE, RecordError, Spec, remove_leftovers
from training.run.workspace import Workspace
from training.weights.load import StartingWeights


@dataclass(frozen=True)
class Recipe:
    """How a network learns the source task by Adam; the last fifth of its epochs at a tenth."""

    learning_rate: float
    epochs: int
    batch_size: int = 16


RECIPES = {
    "alexnet": Recipe(2e-4, 10),
    # as good as 6 epochs in batches of 16, and sooner
    "vgg16": Recipe(1e-4, 4, batch_size=8),
    "resnet18": Recipe(1e-3, 4),
}

OTHER_MODELS = Recipe(5e-4, 8)

CHOOSING = slice(None, None, 4)
"""The validation images that choose the epoch, one in four; nothing else is asked of them."""


def source_spec(spec: Spec) -> Spec:
    """Return the recipe of the source task for the network that `spec` wants to start from."""
    recipe = RECIPES.get(spec.model, OTHER_MODELS)
    usual = {known.name: known.default for known in msgspec.structs.fields(spec)}
    return msgspec.structs.replace(
        spec,
        weights="none",
        weights_digest="",
        head=(),
        freeze="none",
        augmentation="none",
        normalisation="dataset",
        optimizer="adam",
        learning_rate=recipe.learning_rate,
        weight_decay=5e-5,
        step_size=recipe.epochs * 4 // 5,
        gamma=0.1,
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        seed=0,
        optimizer_options=NO_OPTIONS,
        train_per_class=(),
        **{name: usual[name] for name in RECIPE},
        folds=0,
        fold=0,
    )


def sample_weights(spec: Spec, workspace: Workspace) -> StartingWeights:
    """Return the sample weights for `spec`, training them unless the cache holds them.

    The cache's file is named after `spec.weights_digest`.
    """
    source = prepare(
        locate("sample-source"), None, spec.image_size, None, 0, progress=workspace.progress.stage
    )
    name = f"{spec.weights_digest}-{source.record.fingerprint[:12]}"
    file = workspace.weights_cache / f"{name}.pt"
    note = workspace.progress.note
    with locked(
        file.with_suffix(".lock"),
        lambda holder: note(f"Waiting for {holder}, which is training {name}"),
    ):
        state = _cached(file, workspace)
        if state is not None:
            remove_checkpoints(file.with_suffix(".checkpoint"))
        else:
            note(f"Training stand-in weights for {spec.model} on the sample's source alphabet")
            with locked(workspace.folder.stand_in_lock(name), note):
                state = _train(source_spec(spec), source, workspace, file)
    return StartingWeights(state, source.record.mean, source.record.std)


def digest_of(state: Mapping[str, torch.Tensor]) -> str:
    """Return 16 hexadecimal digits that change with any value of a network's state (SHA-256)."""
    digest = hashlib.sha256()
    for name in sorted(state):
        value = state[name].contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()[:16]


def _cached(file: Path, workspace: Workspace) -> State | None:
    remove_leftovers(file.parent, [file.name])
    if not file.exists():
        return None
    try:
        state: State = load_tensors(file)
    except RecordError as error:
        workspace.progress.note(f"{error.message} Creating it again.")
        return None
    return state


def _train(recipe: Spec, source: PreparedData, workspace: Workspace, file: Path) -> State:
    device = workspace.device
    checkpoints = workspace.checkpoints(
        file.with_suffix(".checkpoint"), recipe, source.record.fingerprint
    )
    seed_all(recipe.seed)
    network = build(
        recipe.model,
        len(source.record.classes),
        width=recipe.width,
        code_folders=workspace.options.code_folders,
    )
    network.module.to(device, memory_format=layout(device))  # type: ignore[call-overload]
    use_steady_pooling(network.module, device)
    for layer in network.module.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0  # small thin networks take many more epochs to start with it
    trainable = freeze(network, "none")
    mode = functools.partial(training_mode, network, trainable)
    train = _pictures(source, recipe, source.splits["train"], device)
    chosen_by = source.splits["validation"][CHOOSING]
    validation = _pictures(source, recipe, chosen_by, device)
    result = fit(
        network.module, mode, train, validation, recipe, workspace.progress, checkpoints,
        workspace.stop,
    )  # fmt: skip
    load_state(network.module, result.best_state)
    state = {name: value.cpu() for name, value in network.module.state_dict().items()}
    save_tensors(file, state)
    checkpoints.remove()
    return state


def _pictures(
    source: PreparedData, recipe: Spec, positions: np.ndarray, device: torch.device
) -> PictureInputs:
    return PictureInputs(
        source.pixels(recipe.image_size),
        positions,
        source.labels,
        mean=source.record.mean,
        std=source.record.std,
        device=device,
    )
