"""Train a prepared network, computing once what doesn't change from epoch to epoch."""

import functools
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.data.other_pictures import OtherData
from training.device.energy import EnergyMeter, energy_meter
from training.device.precision import FACTORS, computing
from training.device.process_group import ALONE, ProcessGroup
from training.engine.batches import FeatureInputs, PictureInputs
from training.engine.checkpoint import Checkpoints
from training.engine.evaluate import evaluate_logits
from training.engine.feature_cache import feature_key, frozen_digest
from training.engine.frozen_features import prefix_features
from training.engine.loop import FirstPhase, fit
from training.engine.outcome import Fit
from training.engine.own_parts import own_parts
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
    group: ProcessGroup = ALONE,
) -> tuple[Fit, float | None]:
    """Train; where the frozen part can be computed once, train only what follows it.

    Args:
        checkpoints: Where training resumes from and saves its state.
        log: Receives the epochs so far, at the start and after each.
        group: The processes that train it together; all call this alike, and the first one's
            model holds.

    Returns:
        The fit, whose state names are the whole network's, and the seconds that
        computing cached features took; None where none were.
    """
    model.mean, model.std = group.share((model.mean, model.std))
    network, split = model.network, computed_once(model, spec)
    own = own_parts(spec, workspace.options.code_folders)
    rates = rate_factors(network, spec)
    if split is None:
        train = pictures(model, spec, workspace, "train", spec.augmentation, again=True)
        validation = pictures(model, spec, workspace, "validation", again=True)
        whole_mode = functools.partial(training_mode, network, model.trainable)
        with computing(network.module, workspace.precision, workspace.device):
            result = fit(network.module, whole_mode, train, validation, spec, workspace.progress,
                         checkpoints, workspace.stop, log, _meter(workspace, group), rates,
                         first_phase(network, spec), own, group)  # fmt: skip
        return result, None
    rest = network.module.get_submodule(split)
    group.copy_first([*network.module.parameters(), *network.module.buffers()])
    with computing(network.module, workspace.precision, workspace.device):
        frozen = frozen_digest(network.module, split)
        features = functools.partial(split_features, model, split, frozen, spec, workspace)
        seen, seconds = features("train", group)
        held_out, more_seconds = features("validation", group)
    network.module.eval()
    with computing(rest, workspace.precision, workspace.device):
        result = fit(rest, rest.train, seen, held_out, spec, workspace.progress, checkpoints,
                     workspace.stop, log, _meter(workspace, group), rates, None, own,
                     group)  # fmt: skip
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


def _meter(workspace: Workspace, group: ProcessGroup = ALONE) -> EnergyMeter:
    """Return the device's meter.

    What several runs consume together says nothing of one, nor does one device of several.
    """
    one = workspace.alone and group.size == 1
    return energy_meter(workspace.device) if one else EnergyMeter()


def split_features(
    model: Model, split: str, frozen: str, spec: Spec, workspace: Workspace, name: Split,
    group: ProcessGroup = ALONE,
) -> tuple[FeatureInputs, float]:  # fmt: skip
    """Return features, from the cache where it has them, and what computing them took.

    With folds, those of train and validation are computed together, once for all folds; then the
    time counts as train's. Several processes compute them together, and the first one's cache
    holds for all.
    """
    data = workspace.data
    rows, pool = data.splits[name], data.pool
    if name == "test" or pool is None:
        return _features(model, split, frozen, spec, workspace, rows, name, group)
    features, seconds = _pool_features(model, split, frozen, spec, workspace, pool, group)
    here = torch.from_numpy(np.searchsorted(pool, rows)).to(features.device)
    labels = pictures(model, spec, workspace, name).labels
    return FeatureInputs(features[here], labels), seconds if name == "train" else 0.0


def _pool_features(
    model: Model, split: str, frozen: str, spec: Spec, workspace: Workspace, pool: Rows,
    group: ProcessGroup,
) -> tuple[Tensor, float]:  # fmt: skip
    """Return the features of all pictures that folds divide, those of the last run at hand."""
    if group.size > 1:  # only the first process lives on to the next fold
        found, seconds = _features(model, split, frozen, spec, workspace, pool,
                                   "train and validation", group)  # fmt: skip
        return found.features, seconds
    key = _key(model, split, frozen, spec, workspace, pool)
    kept = workspace.pool_features
    if kept is None or kept[0] != key:
        workspace.pool_features = None  # no two at a time
        found, seconds = _features(
            model, split, frozen, spec, workspace, pool, "train and validation", group
        )
        workspace.pool_features = kept = key, found.features, seconds
    return kept[1], kept[2]


def _features(
    model: Model, split: str, frozen: str, spec: Spec, workspace: Workspace, rows: Rows, name: str,
    group: ProcessGroup,
) -> tuple[FeatureInputs, float]:  # fmt: skip
    inputs = _pictures(model, spec, workspace, rows)
    key, cache = _key(model, split, frozen, spec, workspace, rows), workspace.feature_cache
    kept = cache.load(key, len(rows)) if group.is_first else None
    known = group.share(None if kept is None else (kept[0].shape, kept[0].dtype, kept[1]))
    if known is not None and kept is None:
        kept = torch.empty(known[0], dtype=known[1]), known[2]
    if kept is not None:
        group.copy_first([kept[0]])
        features = kept[0].to(workspace.device)
        return FeatureInputs(features, inputs.labels), kept[1]
    started = time.perf_counter()
    computed = prefix_features(model.network.module, split, inputs, spec.batch_size,
                               workspace.progress, f"features of {spec.model}, {name}",
                               workspace.stop.check, group)  # fmt: skip
    seconds = time.perf_counter() - started
    if group.is_first:
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
        code_folders=workspace.options.code_folders,
        channels=spec.channels,
    )


def pictures_of(other: OtherData, model: Model, spec: Spec, workspace: Workspace) -> PictureInputs:
    """Return the images of a further data set as a network sees them."""
    return PictureInputs(
        other.pixels(spec.image_size, workspace.progress.stage),
        other.rows,
        other.labels,
        mean=model.mean,
        std=model.std,
        device=workspace.device,
        kind=_kind(spec, workspace),
        channels=spec.channels,
    )


def _kind(spec: Spec, workspace: Workspace) -> torch.dtype:
    """Return what a network's first layer would round its input to anyway, if that is known."""
    begins_with_convolution = spec.model in ARCHITECTURES
    return FACTORS[workspace.precision] if begins_with_convolution else torch.float32
