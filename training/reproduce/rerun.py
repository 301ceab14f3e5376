"""Make one recorded run again: train and test it as its record says, or test its kept network."""

import shutil
from pathlib import Path

import msgspec

from training.device.determinism import keep_deterministic
from training.device.environment import describe, layout, using_threads
from training.device.precision import use_precision
from training.errors import RecordError
from training.networks.freezing import freeze
from training.planning.plan import Step
from training.records import SCORES_NAME, Experiment, Metrics, decode_scores
from training.reproduce.recorded import RunRecords, read_run
from training.run.keep_scores import kept_scores
from training.run.one_run import run_step, test_network
from training.run.prepare_model import Model
from training.run.workspace import Workspace
from training.weights.saved_network import load_kept
from training.weights.source import WeightsSource


def step_of(record: Metrics, experiment: Experiment, weights: WeightsSource) -> Step:
    """Return the step that a record answers; what was taken over from a grid is trained itself.

    Args:
        experiment: The one of the study's list.
    """
    alone = msgspec.structs.replace(
        experiment, role="train", choice=None, test=record.test is not None
    )
    return Step(alone, record.seed, "to do", "", record.spec, None, weights)


def train_again(step: Step, workspace: Workspace) -> RunRecords:
    """Train and test as a step says; write the records into the workspace's folder.

    Raises:
        HomeworkError: It can't be run here; a network of somebody's own may raise anything.
    """
    name = step.experiment.id, step.seed
    _compute_as_asked(workspace)
    shutil.rmtree(workspace.folder.run(*name), ignore_errors=True)
    with using_threads(workspace.options.where.threads or 1):
        run_step(step, workspace, lambda _: False)
    return read_run(workspace.folder, *name)


def test_again(
    recorded: RunRecords, step: Step, file: Path, trusted: Path | None, workspace: Workspace
) -> RunRecords:
    """Test a kept network; curves and all else are the record's.

    Args:
        file: Where the network is.
        trusted: See `saved_network.load_kept`.

    Raises:
        HomeworkError: The network can't be loaded, or it isn't the record's.
    """
    _compute_as_asked(workspace)
    kept = load_kept(file, trusted)
    about, record, spec = kept.about, recorded.metrics, step.spec
    assert spec is not None
    if (about.spec, about.dataset_fingerprint) != (spec, record.dataset_fingerprint):
        raise RecordError(f"{file} holds the network of another run.")
    network = kept.network
    network.module.to(workspace.device, memory_format=layout(workspace.device))  # type: ignore[call-overload]
    model = Model(network, freeze(network, spec.freeze), about.mean, about.std)
    threads = using_threads(workspace.options.where.threads or 1)
    with threads, workspace.on_fold(spec.fold):
        tested = test_network(step, model, {}, None, None, workspace)
        assert tested.outputs is not None
        found = kept_scores(tested.outputs, model, spec, workspace)
    metrics = msgspec.structs.replace(
        record,
        test=tested.scores,
        changed_tests=tested.changed,
        other_tests=tested.elsewhere,
        scores=None if found is None else found[1],
        environment=describe(workspace.device, workspace.precision),
    )
    scores = None if found is None else decode_scores(*found, file.with_name(SCORES_NAME))
    return RunRecords(metrics, recorded.curves, tested.predictions, scores)


def _compute_as_asked(workspace: Workspace) -> None:
    use_precision(workspace.precision)
    keep_deterministic(workspace.options.deterministic)
