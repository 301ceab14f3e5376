"""One experiment in, one record out."""

import datetime
from pathlib import Path

import msgspec
import numpy as np
import torch

from training.engine import Fit, State, evaluate_logits, load_state
from training.environment import describe, peak_memory_bytes
from training.examples import with_examples
from training.first_layer import Filters, describe_change, first_filters, with_pictures
from training.fitting import pictures, train_model
from training.freezing import count_parameters
from training.plan import Step
from training.records import Curves, HeldOutScores, Metrics, Predictions, read, replacing, write
from training.starting import Model, prepare_model
from training.weights_source import WeightsSource
from training.workspace import Workspace


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
    filters = first_filters(model.network.module)
    result, feature_seconds = train_model(model, spec, workspace)
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
        cached_features=feature_seconds is not None,
        feature_seconds=feature_seconds or 0.0,
        selected=step.selected,
        environment=describe(workspace.device),
        finished_at=now(),
        notes=[experiment.note] if experiment.note else [],
    )
    write(workspace.folder.curves(experiment.id, seed), result.curves(experiment.id, seed))
    if experiment.test and state:
        metrics = _test(metrics, model, state, filters, workspace)
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
        filters = first_filters(model.network.module)
        state = _kept_state(step, model, workspace)
        metrics = _test(metrics, model, state, filters, workspace)
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


def _test(
    metrics: Metrics, model: Model, state: State, start: Filters | None, workspace: Workspace
) -> Metrics:
    """Read the test set, once, with the chosen epoch's weights; write the predictions."""
    spec = metrics.spec
    assert spec is not None
    load_state(model.network.module, state)
    inputs = pictures(model, spec, workspace, "test")
    scores, logits = evaluate_logits(model.network.module, inputs, spec.batch_size)
    probability, predicted = logits.softmax(1).nan_to_num().max(1)
    label = inputs.labels.cpu()
    record = Predictions(
        id=metrics.id,
        seed=metrics.seed,
        dataset_fingerprint=metrics.dataset_fingerprint,
        label=label.tolist(),
        predicted=predicted.tolist(),
        probability=[round(p, 4) for p in probability.tolist()],
    )
    record = with_examples(record, workspace.data, workspace.folder)
    write(workspace.folder.predictions(metrics.id, metrics.seed), record)
    n_correct = int(np.sum(predicted.numpy() == label.numpy()))
    test = HeldOutScores(
        loss=scores.loss, accuracy=n_correct / len(label), n_correct=n_correct, n_images=len(label)
    )
    layer = describe_change(start, model.network.module)
    if metrics.reused_from is not None:  # the best of a grid
        layer = with_pictures(layer, start, model.network.module, workspace.folder)
    return msgspec.structs.replace(metrics, test=test, first_layer=layer)


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
