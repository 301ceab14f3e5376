"""Weights learned on the sample's source alphabet: they stand in for ImageNet's.

A network is trained on one drawn alphabet and then transferred to another. The record and the
report say so wherever such weights were used.
"""

import functools
from pathlib import Path

import msgspec
import torch

from training.batches import PictureInputs
from training.data.locate import locate
from training.data.prepare import PreparedData, prepare
from training.engine import fit, load_state
from training.freezing import freeze, training_mode
from training.models import build
from training.progress import Progress
from training.records import Spec, Split, replacing
from training.weights import StartingWeights

RECIPES = {"alexnet": (2e-4, 10), "vgg16": (1e-4, 6), "resnet18": (1e-3, 6)}
"""Learning rate of Adam and epochs for the source task; the last fifth runs at a tenth."""

OTHER_MODELS = (5e-4, 8)

LEARNED_ON: tuple[Split, Split] = ("train", "validation")


def source_spec(spec: Spec) -> Spec:
    """Return the recipe of the source task for the network that `spec` wants to start from."""
    learning_rate, epochs = RECIPES.get(spec.model, OTHER_MODELS)
    return msgspec.structs.replace(
        spec,
        weights="none",
        weights_digest="",
        head=(),
        freeze="none",
        augmentation="none",
        normalisation="dataset",
        optimizer="adam",
        learning_rate=learning_rate,
        weight_decay=5e-5,
        step_size=epochs * 4 // 5,
        gamma=0.1,
        epochs=epochs,
        batch_size=16,
        seed=0,
    )


def sample_weights(
    spec: Spec, cache: Path, device: torch.device, progress: Progress
) -> StartingWeights:
    """Return the sample weights for `spec`, training them unless the cache holds them.

    Args:
        cache: Folder for the trained weights, named after `spec.weights_digest`.
    """
    source = prepare(
        locate("sample-source"), None, spec.image_size, None, 0, progress=progress.stage
    )
    file = cache / f"{spec.weights_digest}-{source.record.fingerprint[:12]}.pt"
    if not file.exists():
        progress.note(f"Training stand-in weights for {spec.model} on the sample's source alphabet")
        state = _train(source_spec(spec), source, device, progress)
        with replacing(file) as temporary:
            torch.save(state, temporary)
    state = torch.load(file, map_location="cpu", weights_only=True)
    return StartingWeights(state, source.record.mean, source.record.std)


def _train(
    recipe: Spec, source: PreparedData, device: torch.device, progress: Progress
) -> dict[str, torch.Tensor]:
    torch.manual_seed(recipe.seed)
    network = build(recipe.model, len(source.record.classes), width=recipe.width)
    network.module.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    for layer in network.module.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0  # small thin networks take many more epochs to start with it
    trainable = freeze(network, "none")
    mode = functools.partial(training_mode, network, trainable)
    train, validation = (_pictures(source, recipe, split, device) for split in LEARNED_ON)
    result = fit(network.module, mode, train, validation, recipe, progress)
    load_state(network.module, result.best_state)
    return {name: value.cpu() for name, value in network.module.state_dict().items()}


def _pictures(
    source: PreparedData, recipe: Spec, split: Split, device: torch.device
) -> PictureInputs:
    return PictureInputs(
        source.pixels(recipe.image_size),
        source.splits[split],
        source.labels,
        mean=source.record.mean,
        std=source.record.std,
        device=device,
    )
