"""Train a prepared network, computing once what doesn't change from epoch to epoch."""

import functools
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.device.energy import EnergyMeter, energy_meter
from training.device.precision import FACTORS, computing
from training.engine.batches import FeatureInputs, PictureInputs
from training.engine.checkpoint import Checkpoints
from training.engine.evaluate import evaluate_logits
from training.engine.feature_cache import feature_key, frozen_digest
from training.engine.frozen_features import prefix_features
from training.engine.loop import FirstPhase, Fit, fit
from training.errors import StudyError
from training.networks.build import ARCHITECTURES, Network
from training.networks.freezing import Trainable, freeze, training_mode
from training.networks.rates import rate_factors
from training.records import Augmentation, Spec, Split
from training.run.prepare_model import Model
from training.run.workspace import Workspace

Rows = NDArray[np.int64]


def train_model(
    model: Model,
    spec: Spec,
    workspace: Workspace,
    checkpoints: Checkpoints | None = None,
    log: Callable[[Fit], object] = lambda _: None,
) -> tuple[Fit, float | None]:
    """Train; where the frozen part can be computed once, train only what follows it.

    Args:
        checkpoints: Where training resumes from and saves its state.
        log: Receives the epochs so far, at the start and after each.

    Returns:
        The fit, whose state names are the whole network's, and the seconds that
        computing cached features took; None where none were.
    """
    network, split = model.network, computed_once(model, spec)
    rates = rate_factors(network, spec)
    if split is None:
        train = pictures(model, spec, workspace, "train", spec.augmentation, again=True)
        validation = pictures(model, spec, workspace, "validation", again=True)
        whole_mode = functools.partial(training_mode, network, model.trainable)
        with computing(network.module, workspace.precision, workspace.device):
            result = fit(network.module, whole_mode, train, validation, spec, workspace.progress,
                         checkpoints, workspace.stop, log, _meter(workspace), rates,
                         first_phase(network, spec))  # fmt: skip
        return result, None
    rest = network.module.get_submodule(split)
    with computing(network.module, workspace.precision, workspace.device):
        frozen = frozen_digest(network.module, split)
        seen, seconds = split_features(model, split, frozen, spec, workspace, "train")
        held_out, more_seconds = split_features(model, split, frozen, spec, workspace, "validation")
    network.module.eval()
    with computing(rest, workspace.precision, workspace.device):
        result = fit(rest, rest.train, seen, held_out, spec, workspace.progress, checkpoints,
                     workspace.stop, log, _meter(workspace), rates)  # fmt: skip
    result.best_state = {f"{split}.{name}": value for name, value in result.best_state.items()}
    return result, seconds + more_seconds


def computed_once(model: Model, spec: Spec) -> str | None:
    """Return the module whose input is the same in every epoch, if there is one."""
    changes = spec.augmentation != "none" or spec.mixes or spec.two_phase
    return None if changes else model.trainable.split


def first_phase(network: Network, spec: Spec) -> FirstPhase | None:
    """Return how the head alone is trained at first, where the recipe says so."""
    if not spec.two_phase:
        return None
    head = network.module.get_submodule(network.head)
    if not all(parameter.requires_grad for parameter in head.parameters()):
        raise StudyError(
            f"two_phase trains the head first, but freeze = “{spec.freeze}” holds it still.",
            "Leave one of them out.",
        )

    def begin() -> None:
        freeze(network, "backbone")

    def end() -> None:
        freeze(network, spec.freeze)

    head_alone = Trainable((network.head,))
    mode = functools.partial(training_mode, network, head_alone)
    return FirstPhase(spec.two_phase, begin, mode, end)


def validation_logits(model: Model, spec: Spec, workspace: Workspace) -> tuple[Tensor, Tensor]:
    """Return logits (n, n_classes) and true classes (n,) of the validation images, on the CPU.

    What training computed once isn't computed again, where it is kept.
    """
    module, split = model.network.module, computed_once(model, spec)
    if split is None:
        inputs = pictures(model, spec, workspace, "validation")
        with computing(module, workspace.precision, workspace.device):
            _, logits = evaluate_logits(module, inputs, spec.batch_size)
        return logits, inputs.labels.cpu()
    rest = module.get_submodule(split)
    with computing(module, workspace.precision, workspace.device):
        frozen = frozen_digest(module, split)
        seen, _ = split_features(model, split, frozen, spec, workspace, "validation")
    with computing(rest, workspace.precision, workspace.device):
        _, logits = evaluate_logits(rest, seen, spec.batch_size)
    return logits, seen.labels.cpu()


def _meter(workspace: Workspace) -> EnergyMeter:
    """Return the device's meter; what several runs consume together says nothing of one."""
    return energy_meter(workspace.device) if workspace.alone else EnergyMeter()


def split_features(
    model: Model, split: str, frozen: str, spec: Spec, workspace: Workspace, name: Split
) -> tuple[FeatureInputs, float]:
    """Return features, from the cache where it has them, and what computing them took.

    With folds, those of train and validation are computed together, once for all folds; then the
    time counts as train's.
    """
    data = workspace.data
    rows, pool = data.splits[name], data.pool
    if name == "test" or pool is None:
        return _features(model, split, frozen, spec, workspace, rows, name)
    features, seconds = _pool_features(model, split, frozen, spec, workspace, pool)
    here = torch.from_numpy(np.searchsorted(pool, rows)).to(features.device)
    labels = pictures(model, spec, workspace, name).labels
    return FeatureInputs(features[here], labels), seconds if name == "train" else 0.0


def _pool_features(
    model: Model, split: str, frozen: str, spec: Spec, workspace: Workspace, pool: Rows
) -> tuple[Tensor, float]:
    """Return the features of all pictures that folds divide, those of the last run at hand."""
    key = _key(model, split, frozen, spec, workspace, pool)
    kept = workspace.pool_features
    if kept is None or kept[0] != key:
        workspace.pool_features = None  # no two at a time
        found, seconds = _features(
            model, split, frozen, spec, workspace, pool, "train and validation"
        )
        workspace.pool_features = kept = key, found.features, seconds
    return kept[1], kept[2]


def _features(
    model: Model, split: str, frozen: str, spec: Spec, workspace: Workspace, rows: Rows, name: str
) -> tuple[FeatureInputs, float]:
    inputs = _pictures(model, spec, workspace, rows)
    key, cache = _key(model, split, frozen, spec, workspace, rows), workspace.feature_cache
    kept = cache.load(key, len(rows))
    if kept is not None:
        features = kept[0].to(workspace.device)
        return FeatureInputs(features, inputs.labels), kept[1]
    started = time.perf_counter()
    computed = prefix_features(model.network.module, split, inputs, spec.batch_size,
                               workspace.progress, f"features of {spec.model}, {name}",
                               workspace.stop.check)  # fmt: skip
    seconds = time.perf_counter() - started
    cache.keep(key, computed.features, seconds)
    return computed, seconds


def _key(
    model: Model, split: str, frozen: str, spec: Spec, workspace: Workspace, rows: Rows
) -> str:
    seen = (workspace.data.record.fingerprint, rows.tolist(), spec.image_size, model.mean,
            model.std, workspace.precision)  # fmt: skip
    return feature_key(frozen, split, spec, pictures=seen, device=workspace.device)


def pictures(
    model: Model,
    spec: Spec,
    workspace: Workspace,
    split: Split,
    augmentation: Augmentation = "none",
    *,
    again: bool = False,
) -> PictureInputs:
    """Return a split's images as a network sees them; `again` says that there are many epochs."""
    rows = workspace.data.splits[split]
    return _pictures(model, spec, workspace, rows, augmentation, again)


def _pictures(
    model: Model,
    spec: Spec,
    workspace: Workspace,
    rows: Rows,
    augmentation: Augmentation = "none",
    again: bool = False,
) -> PictureInputs:
    data = workspace.data
    return PictureInputs(
        data.pixels(spec.image_size),
        rows,
        data.labels,
        mean=model.mean,
        std=model.std,
        device=workspace.device,
        augmentation=augmentation,
        on_device=workspace.pixels_on_device(spec.image_size),
        generator=torch.Generator().manual_seed(spec.seed + 1),
        kind=_kind(spec, workspace),
        again=again,
    )


def _kind(spec: Spec, workspace: Workspace) -> torch.dtype:
    """Return what a network's first layer would round its input to anyway, if that is known."""
    begins_with_convolution = spec.model in ARCHITECTURES
    return FACTORS[workspace.precision] if begins_with_convolution else torch.float32
