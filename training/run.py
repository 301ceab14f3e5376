"""One experiment in, one record out."""

import datetime
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import torch

from training.batches import FeatureInputs, Inputs, PictureInputs
from training.data.prepare import PreparedData
from training.engine import Fit, State, evaluate_logits, fit, load_state
from training.environment import describe, peak_memory_bytes
from training.errors import WeightsError
from training.freezing import Trainable, count_parameters, freeze, training_mode
from training.models import Network, build
from training.plan import Step
from training.prefix import prefix_features
from training.progress import Progress
from training.records import (
    Curves,
    HeldOutScores,
    Metrics,
    Predictions,
    Spec,
    Split,
    StudyFolder,
    read,
    replacing,
    write,
)
from training.weights import Channels, StartingWeights, from_file, imagenet, load_backbone
from training.weights_source import WeightsSource


@dataclass
class Workspace:
    """What the runs of one study share.

    Attributes:
        weights_cache: Folder of trained sample weights.
        unavailable: Weights that could not be had, by label and model, so that a missing
            network is met once and not by every experiment.
    """

    folder: StudyFolder
    data: PreparedData
    device: torch.device
    progress: Progress
    weights_cache: Path
    unavailable: dict[tuple[str, str], WeightsError] = field(default_factory=dict)
    loaded: dict[tuple[str, str], StartingWeights] = field(default_factory=dict)


@dataclass
class Model:
    """A network ready to train: where it starts, what is frozen, what it sees."""

    network: Network
    trainable: Trainable
    mean: Channels
    std: Channels


def run_step(step: Step, workspace: Workspace, keep_weights: bool) -> Metrics:
    """Train (or take over) one experiment, test it if it is a finalist, and write its records.

    Args:
        step: A resolved step with a spec.
        keep_weights: Keep the best epoch's weights beside the record, for a later `best`.

    Returns:
        The record, as written.
    """
    assert step.spec is not None
    if workspace.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(workspace.device)
    if step.experiment.role == "reuse":
        return _reuse(step, workspace)
    return _train(step, workspace, keep_weights)


def _train(step: Step, workspace: Workspace, keep_weights: bool) -> Metrics:
    experiment, seed, spec = step.experiment, step.seed, step.spec
    assert spec is not None
    model = prepare_model(spec, step.weights or WeightsSource("none"), workspace)
    result, cached = train_model(model, spec, workspace)
    state = result.best_state
    metrics = Metrics(
        id=experiment.id,
        section=experiment.section,
        seed=seed,
        status="diverged" if result.diverged else "done",
        spec=spec,
        spec_hash=spec.digest(),
        dataset_fingerprint=workspace.data.record.fingerprint,
        parameters=count_parameters(model.network),
        epochs_run=len(result.train),
        best_epoch=result.best_epoch or None,
        train=result.train[result.best_epoch - 1] if result.best_epoch else None,
        validation=result.validation[result.best_epoch - 1] if result.best_epoch else None,
        train_seconds=sum(result.epoch_seconds),
        images_per_second=_speed(result, workspace),
        cached_features=cached,
        selected=step.selected,
        environment=describe(workspace.device),
        finished_at=now(),
        notes=[experiment.note] if experiment.note else [],
    )
    write(workspace.folder.curves(experiment.id, seed), result.curves(experiment.id, seed))
    if experiment.test and state:
        metrics = _test(metrics, model, state, workspace)
    if keep_weights and state:
        save_weights(workspace.folder.weights(experiment.id, seed), state)
    return _finish(metrics, workspace)


def _speed(result: Fit, workspace: Workspace) -> float | None:
    n_images = len(workspace.data.splits["train"]) * len(result.train)
    return n_images / result.training_seconds if result.training_seconds > 0 else None


def _finish(metrics: Metrics, workspace: Workspace) -> Metrics:
    peak = peak_memory_bytes(workspace.device)
    metrics = msgspec.structs.replace(metrics, peak_memory_bytes=peak)
    write(workspace.folder.metrics(metrics.id, metrics.seed), metrics)
    return metrics


def _reuse(step: Step, workspace: Workspace) -> Metrics:
    """Repeat the chosen run's record under this experiment's id; test it if asked for."""
    assert step.selected is not None
    assert step.spec is not None
    folder, experiment, seed = workspace.folder, step.experiment, step.seed
    source = read(folder.metrics(step.selected.id, seed), Metrics)
    metrics = msgspec.structs.replace(
        source,
        id=experiment.id,
        section=experiment.section,
        selected=step.selected,
        reused_from=step.selected.id,
        notes=[experiment.note] if experiment.note else [],
    )
    curves = folder.curves(step.selected.id, seed)
    repeated = msgspec.structs.replace(read(curves, Curves), id=experiment.id)
    write(folder.curves(experiment.id, seed), repeated)
    if experiment.test and source.best_epoch:
        model = prepare_model(step.spec, step.weights or WeightsSource("none"), workspace)
        state = _kept_state(step, model, workspace)
        metrics = _test(metrics, model, state, workspace)
    return _finish_reuse(metrics, workspace)


def _finish_reuse(metrics: Metrics, workspace: Workspace) -> Metrics:
    write(workspace.folder.metrics(metrics.id, metrics.seed), metrics)
    return metrics


def _kept_state(step: Step, model: Model, workspace: Workspace) -> State:
    """Return the chosen run's best weights; train them once more if they weren't kept."""
    assert step.selected is not None
    assert step.spec is not None
    file = workspace.folder.weights(step.selected.id, step.seed)
    if file.exists():
        state: State = torch.load(file, map_location=workspace.device, weights_only=True)
        return state
    workspace.progress.note(f"The weights of {step.selected.id} weren't kept: training them again")
    return train_model(model, step.spec, workspace)[0].best_state


def save_weights(path: Path, state: State) -> None:
    """Write a state dict atomically."""
    with replacing(path) as temporary:
        torch.save({name: value.cpu() for name, value in state.items()}, temporary)


def prepare_model(spec: Spec, source: WeightsSource, workspace: Workspace) -> Model:
    """Build the network from the spec's seed, load its starting weights, freeze what is frozen.

    Raises:
        WeightsError: The weights can't be had or don't fit.
    """
    imported = source.file if _loads_its_own_weights(spec.model) else None
    torch.manual_seed(spec.seed)
    n_classes = len(workspace.data.record.classes)
    network = build(spec.model, n_classes, spec.head, spec.width, imported)
    weights = _starting_weights(spec, source, network, workspace)
    if weights is not None and imported is None:
        load_backbone(network, weights.state, source.label)
    mean, std = _normalisation(spec, weights, workspace)
    network.module.to(workspace.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Model(network, freeze(network, spec.freeze), mean, std)


def _loads_its_own_weights(model: str) -> bool:
    library, _, name = model.partition(":")
    return bool(name) and library not in ("torchvision", "timm")


def _normalisation(
    spec: Spec, weights: StartingWeights | None, workspace: Workspace
) -> tuple[Channels, Channels]:
    mean, std = workspace.data.channel_statistics(spec.image_size)
    if weights is not None:
        mean, std = weights.mean, weights.std
    return spec.mean or mean, spec.std or std


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
    if source.label == "sample":
        from training.sample_weights import sample_weights

        state = torch.get_rng_state()
        try:
            return sample_weights(
                spec, workspace.weights_cache, workspace.device, workspace.progress
            )
        finally:  # whether they had to be trained must not change the run that asked
            torch.set_rng_state(state)
    if _loads_its_own_weights(spec.model):
        from training.weights import normalisation_of

        return StartingWeights({}, *normalisation_of(network.module))
    return from_file(source, network)


def train_model(model: Model, spec: Spec, workspace: Workspace) -> tuple[Fit, bool]:
    """Train; where the frozen part can be computed once, train only what follows it.

    Returns:
        The fit, whose state names are the whole network's, and whether features were cached.
    """
    train = _pictures(model, spec, workspace, "train", spec.augmentation)
    validation = _pictures(model, spec, workspace, "validation")
    split = model.trainable.split
    network = model.network
    if split is None or spec.augmentation != "none":
        mode = lambda: training_mode(network, model.trainable)  # noqa: E731
        return fit(network.module, mode, train, validation, spec, workspace.progress), False
    rest = network.module.get_submodule(split)
    features = [
        _features(model, split, inputs, spec, workspace, name)
        for name, inputs in (("train", train), ("validation", validation))
    ]
    network.module.eval()
    result = fit(rest, lambda: set_training(rest), *features, spec, workspace.progress)
    result.best_state = {f"{split}.{name}": value for name, value in result.best_state.items()}
    return result, True


def set_training(module: torch.nn.Module) -> None:
    module.train()


def _features(
    model: Model, split: str, inputs: Inputs, spec: Spec, workspace: Workspace, name: str
) -> FeatureInputs:
    what = f"features of {spec.model}, {name}"
    return prefix_features(
        model.network.module, split, inputs, spec.batch_size, workspace.progress, what
    )


def _pictures(
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


def _test(metrics: Metrics, model: Model, state: State, workspace: Workspace) -> Metrics:
    """Read the test set, once, with the chosen epoch's weights; write the predictions."""
    spec = metrics.spec
    assert spec is not None
    load_state(model.network.module, state)
    inputs = _pictures(model, spec, workspace, "test")
    scores, logits = evaluate_logits(model.network.module, inputs, spec.batch_size)
    probability, predicted = logits.softmax(1).nan_to_num().max(1)
    label = inputs.labels.cpu()
    write(
        workspace.folder.predictions(metrics.id, metrics.seed),
        Predictions(
            id=metrics.id,
            seed=metrics.seed,
            dataset_fingerprint=metrics.dataset_fingerprint,
            label=label.tolist(),
            predicted=predicted.tolist(),
            probability=[round(p, 4) for p in probability.tolist()],
        ),
    )
    n_correct = int(np.sum(predicted.numpy() == label.numpy()))
    test = HeldOutScores(
        loss=scores.loss, accuracy=n_correct / len(label), n_correct=n_correct, n_images=len(label)
    )
    return msgspec.structs.replace(metrics, test=test)


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
