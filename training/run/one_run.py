"""One experiment in, one record out."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import numpy as np
from torch import Tensor

from training.device.determinism import unsteady_operations
from training.device.environment import describe, forget_peak_memory, peak_memory_bytes
from training.device.precision import computing
from training.engine.checkpoint import Checkpoints
from training.engine.evaluate import evaluate_logits
from training.engine.outcome import Fit
from training.engine.state import State, load_state
from training.logs import RunName
from training.networks.first_layer import Filters, describe_change, first_filters, with_pictures
from training.networks.flops import get_ready
from training.networks.freezing import count_parameters
from training.planning.plan import Step
from training.planning.slower import Pace
from training.records import (
    ChangedTest,
    Curves,
    FirstLayer,
    HeldOutScores,
    KeptScores,
    Metrics,
    OtherTest,
    Predictions,
    Spec,
    read,
)
from training.run.altered_examples import altered_examples
from training.run.changed_tests import changed_tests
from training.run.cost import cost_of
from training.run.feature_map import overheard, shown_of
from training.run.inspect_network import (
    Inspection,
    inspect_network,
    starting_features,
    with_views,
)
from training.run.keep_scores import kept_scores
from training.run.learning_curve import from_frozen_features
from training.run.measure_speed import timed
from training.run.mistake_pictures import with_examples
from training.run.notes import (
    determinism_notes,
    device_notes,
    memory_notes,
    precision_notes,
    scaling_notes,
    testing_notes,
)
from training.run.other_tests import other_tests
from training.run.prepare_model import Model, prepare_model
from training.run.save_weights import chosen_weights, save_best_weights, save_network
from training.run.train_model import pictures, train_model
from training.run.workspace import Workspace
from training.run.write_records import write_run
from training.weights.source import WeightsSource


@dataclass(frozen=True)
class Tested:
    """What testing a run gave; nothing of a run that isn't tested.

    Attributes:
        network: Name of the file that the tested network is kept in.
        in_fp32: Whether fp16 couldn't hold the values.
        changed: Answers to changed test pictures; unset where none were asked for.
        elsewhere: Scores on further data sets; unset where none were asked for.
        outputs: Logits (n, n_classes) and true classes (n,) of the test images, on the CPU.
        inspection: What it was looked at for beside that.
    """

    scores: HeldOutScores | None = None
    predictions: Predictions | None = None
    first_layer: FirstLayer | None = None
    network: str | None = None
    in_fp32: bool = False
    changed: tuple[ChangedTest, ...] | msgspec.UnsetType = msgspec.UNSET
    elsewhere: tuple[OtherTest, ...] | msgspec.UnsetType = msgspec.UNSET
    outputs: tuple[Tensor, Tensor] | None = None
    inspection: Inspection = field(default_factory=Inspection)


def run_step(
    step: Step,
    workspace: Workspace,
    save_weights: Callable[[Metrics], bool],
    pace: Pace | None = None,
) -> Metrics:
    """Train (or take over) one experiment, test it if it is a finalist, and write its records.

    Args:
        step: A resolved step with a spec.
        save_weights: Says of the trained run whether to save the best epoch's weights beside the
            record, for a later `best`.
        pace: Told what each epoch took.

    Returns:
        The record, as written.
    """
    assert step.spec is not None
    with workspace.on_fold(step.spec.fold):
        if step.experiment.role == "reuse":
            return _reuse(step, workspace)
        return _train(step, workspace, save_weights, pace)


def _train(
    step: Step,
    workspace: Workspace,
    save_weights: Callable[[Metrics], bool],
    pace: Pace | None,
) -> Metrics:
    experiment, spec = step.experiment, step.spec
    assert spec is not None
    memory_of = "run" if forget_peak_memory(workspace.device) else "process"
    if workspace.device.type == "cuda":
        get_ready()
    model = prepare_model(spec, step.weights or WeightsSource("none"), workspace)
    filters = first_filters(model.network.module)
    start = starting_features(model, spec, workspace) if experiment.test else None
    checkpoints = _checkpoints(step, workspace)
    with workspace.logs.run(_name(step, workspace)) as log, workspace.stop.held():

        def epochs(fit: Fit) -> None:
            log.epochs(lambda: fit.curves(experiment.id, step.seed))
            if pace is not None:
                pace.epochs(fit.epoch_seconds)

        with unsteady_operations() as operations:
            with workspace.devices.training(step) as group:
                result, feature_seconds = train_model(
                    model, spec, workspace, checkpoints, epochs, group
                )
            curve, doubtful = from_frozen_features(model, spec, workspace)
            tested = Tested()
            if experiment.test and result.best_state:
                tested = test_network(step, model, result.best_state, filters, start, workspace)
            content, kept = _scores(tested, model, spec, workspace)
        notes = [
            *[experiment.note] * bool(experiment.note),
            *precision_notes(workspace.precision),
            *scaling_notes(result.loss_scaling),
            *memory_notes(model, result.batch_parts),
            *testing_notes(tested.in_fp32),
            *determinism_notes(operations),
            *device_notes(result.drew_apart, result.normalised_apart),
        ]
        metrics = _describe(step, model, result, feature_seconds, tested, notes, workspace)
        metrics = msgspec.structs.replace(
            metrics, peak_memory_of=memory_of if metrics.peak_memory_bytes is not None else None,
            learning_curve=curve, label_suspects=doubtful,
            scores=kept, altered=altered_examples(spec, workspace),
        )  # fmt: skip
        save_best_weights(metrics, result.best_state if save_weights(metrics) else {}, workspace)
        curves = result.curves(experiment.id, step.seed)
        write_run(metrics, curves, tested.predictions, workspace.folder, content)
        log.end(metrics)
        checkpoints.remove()
    return metrics


def _describe(
    step: Step,
    model: Model,
    result: Fit,
    feature_seconds: float | None,
    tested: Tested,
    notes: list[str],
    workspace: Workspace,
) -> Metrics:
    experiment, spec = step.experiment, step.spec
    assert spec is not None
    n_devices = workspace.devices.n  # of several, this process knows the memory of one
    # before the cost, whose measuring takes some
    peak_memory = peak_memory_bytes(workspace.device) if n_devices == 1 else None
    return Metrics(
        id=experiment.id,
        section=experiment.section,
        seed=step.seed,
        status="diverged" if result.diverged else "done",
        spec=spec,
        spec_hash=spec.digest(),
        dataset_fingerprint=workspace.data.record.fingerprint,
        parameters=count_parameters(model.network),
        epochs_run=len(result.train),
        best_epoch=result.best_epoch or None,
        train=result.train[result.best_epoch - 1] if result.best_epoch else None,
        validation=result.validation[result.best_epoch - 1] if result.best_epoch else None,
        test=tested.scores,
        changed_tests=tested.changed,
        other_tests=tested.elsewhere,
        train_at_rest=tested.inspection.train,
        validation_answers=result.best_answers,
        last_answers=result.last_answers if len(result.train) != result.best_epoch else None,
        train_seconds=sum(result.epoch_seconds),
        images_per_second=_speed(result, workspace),
        cached_features=feature_seconds is not None,
        feature_seconds=feature_seconds or 0.0,
        peak_memory_bytes=peak_memory,
        batch_parts=result.batch_parts,
        loss_scaling=result.loss_scaling,
        selected=step.selected,
        stand_ins=model.stand_ins,
        environment=describe(
            workspace.device, workspace.precision, n_devices, workspace.devices.n_machines
        ),
        finished_at=now(),
        first_layer=tested.first_layer,
        network=tested.network,
        speed=tested.inspection.speed,
        cost=cost_of(model, spec, result, workspace, feature_seconds is not None),
        notes=notes,
    )


def _speed(result: Fit, workspace: Workspace) -> float | None:
    n_images = len(workspace.data.splits["train"]) * len(result.train)
    return n_images / result.training_seconds if result.training_seconds > 0 else None


def _checkpoints(step: Step, workspace: Workspace) -> Checkpoints:
    assert step.spec is not None
    folder = workspace.folder.checkpoint(step.experiment.id, step.seed)
    return workspace.checkpoints(folder, step.spec, workspace.data.record.fingerprint)


def _name(step: Step, workspace: Workspace) -> RunName:
    assert step.spec is not None
    fingerprint = workspace.data.record.fingerprint
    return RunName(workspace.folder.name, step.experiment.id, step.seed, step.spec, fingerprint)


def _reuse(step: Step, workspace: Workspace) -> Metrics:
    """Repeat the chosen run's record under this experiment's id; test it if asked for."""
    assert step.selected is not None
    assert step.spec is not None
    folder, experiment, seed = workspace.folder, step.experiment, step.seed
    source = read(folder.metrics(step.selected.id, seed), Metrics)
    curves = read(folder.curves(step.selected.id, seed), Curves)
    tested, content, kept = Tested(), None, None
    checkpoints = _checkpoints(step, workspace)
    with workspace.logs.run(_name(step, workspace)) as log, workspace.stop.held():
        if experiment.test and source.best_epoch:
            model = prepare_model(step.spec, step.weights or WeightsSource("none"), workspace)
            filters = first_filters(model.network.module)
            start = starting_features(model, step.spec, workspace)
            state = chosen_weights(step, model, workspace, checkpoints)
            tested = test_network(step, model, state, filters, start, workspace)
            content, kept = _scores(tested, model, step.spec, workspace)
        metrics = msgspec.structs.replace(
            source,
            id=experiment.id,
            section=experiment.section,
            test=tested.scores or source.test,
            changed_tests=tested.changed,
            other_tests=tested.elsewhere,
            scores=kept,
            train_at_rest=tested.inspection.train,
            speed=tested.inspection.speed,
            selected=step.selected,
            reused_from=step.selected.id,
            first_layer=tested.first_layer if tested.scores else source.first_layer,
            network=tested.network,
            notes=[*[experiment.note] * bool(experiment.note), *testing_notes(tested.in_fp32)],
        )
        curves = msgspec.structs.replace(curves, id=experiment.id)
        write_run(metrics, curves, tested.predictions, folder, content)
        log.epochs(lambda: curves)
        log.end(metrics)
        checkpoints.remove()
    return metrics


def test_network(
    step: Step,
    model: Model,
    state: State,
    start: Filters | None,
    features: Tensor | None,
    workspace: Workspace,
) -> Tested:
    """Read the test set, once, with the chosen epoch's weights.

    Args:
        start: The first layer's weights before training.
        features: What `starting_features` returned.
    """
    spec = step.spec
    assert spec is not None
    load_state(model.network.module, state)
    inputs = pictures(model, spec, workspace, "test")
    n, network = len(inputs.labels), model.network
    with (
        computing(network.module, workspace.precision, workspace.device) as autocast,
        timed(network.module) as passes,
        overheard(network, shown_of(n), n) as seen,
    ):
        scores, logits = evaluate_logits(network.module, inputs, spec.batch_size)
    probability, predicted = logits.softmax(1).nan_to_num().max(1)
    label = inputs.labels.cpu()
    predictions = Predictions(
        id=step.experiment.id,
        seed=step.seed,
        dataset_fingerprint=workspace.data.record.fingerprint,
        label=label.tolist(),
        predicted=predicted.tolist(),
        probability=[round(p, 4) for p in probability.tolist()],
    )
    predictions = with_examples(predictions, workspace.data, workspace.folder)
    n_correct = int(np.sum(predicted.numpy() == label.numpy()))
    file = save_network(step, model, workspace)
    layer = describe_change(start, model.network.module)
    if step.experiment.role == "reuse":  # the best of a grid
        layer = with_pictures(layer, start, model.network.module, workspace.folder)
    predictions = with_views(predictions, model, spec, inputs, seen, features, workspace)
    inspection = inspect_network(predictions, model, spec, inputs, passes, workspace)
    changed = changed_tests(step.experiment.test_with, model, spec, inputs, workspace)
    elsewhere, others = other_tests(step.experiment.test_on, model, spec, workspace)
    predictions = msgspec.structs.replace(
        predictions, nearest_train=inspection.nearest, others=others or msgspec.UNSET
    )
    return Tested(
        HeldOutScores(scores.loss, n_correct / len(label), n_correct, len(label)),
        predictions,
        layer,
        file,
        in_fp32=autocast is not None and autocast.in_fp32,
        changed=changed or msgspec.UNSET,
        elsewhere=elsewhere or msgspec.UNSET,
        outputs=(logits, label),
        inspection=inspection,
    )


def _scores(
    tested: Tested, model: Model, spec: Spec, workspace: Workspace
) -> tuple[bytes | None, KeptScores | None]:
    """Return the scores of a run that was tested, for `scores.npy`, and what is said of them."""
    if tested.outputs is None:
        return None, None
    return kept_scores(tested.outputs, model, spec, workspace) or (None, None)


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
