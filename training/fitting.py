"""Train a prepared network, computing once what doesn't change from epoch to epoch."""

import functools
import time

import torch

from training.batches import FeatureInputs, Inputs, PictureInputs
from training.checkpoint import Checkpoints
from training.engine import Fit, fit
from training.freezing import training_mode
from training.prefix import prefix_features
from training.records import Spec, Split
from training.starting import Model
from training.workspace import Workspace


def train_model(
    model: Model, spec: Spec, workspace: Workspace, checkpoints: Checkpoints | None = None
) -> tuple[Fit, float | None]:
    """Train; where the frozen part can be computed once, train only what follows it.

    Args:
        checkpoints: Where to go on from and to keep how far training came.

    Returns:
        The fit, whose state names are the whole network's, and the seconds that
        computing cached features took; None where none were.
    """
    train = pictures(model, spec, workspace, "train", spec.augmentation)
    validation = pictures(model, spec, workspace, "validation")
    split = model.trainable.split
    network, progress, stop = model.network, workspace.progress, workspace.stop
    if split is None or spec.augmentation != "none":
        whole_mode = functools.partial(training_mode, network, model.trainable)
        result = fit(
            network.module, whole_mode, train, validation, spec, progress, checkpoints, stop
        )
        return result, None
    rest = network.module.get_submodule(split)
    started = time.perf_counter()
    seen = _features(model, split, train, spec, workspace, "train")
    held_out = _features(model, split, validation, spec, workspace, "validation")
    seconds = time.perf_counter() - started
    network.module.eval()
    result = fit(rest, rest.train, seen, held_out, spec, progress, checkpoints, stop)
    result.best_state = {f"{split}.{name}": value for name, value in result.best_state.items()}
    return result, seconds


def _features(
    model: Model, split: str, inputs: Inputs, spec: Spec, workspace: Workspace, name: str
) -> FeatureInputs:
    what = f"features of {spec.model}, {name}"
    return prefix_features(
        model.network.module,
        split,
        inputs,
        spec.batch_size,
        workspace.progress,
        what,
        workspace.stop.check,
    )


def pictures(
    model: Model, spec: Spec, workspace: Workspace, split: Split, augmentation: str = "none"
) -> PictureInputs:
    data = workspace.data
    return PictureInputs(
        data.pixels(spec.image_size),
        data.splits[split],
        data.labels,
        mean=model.mean,
        std=model.std,
        device=workspace.device,
        augmentation=augmentation,
        generator=torch.Generator().manual_seed(spec.seed + 1),
    )
