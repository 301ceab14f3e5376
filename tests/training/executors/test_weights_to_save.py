"""Whose weights are written for a later choice: those of runs that may still be the best."""

import msgspec
import pytest

from training.executors.weights_to_save import WeightsToSave
from training.records import write

GRID = "scratch/grid-sgd-1e-2", "scratch/grid-adam-1e-2"


def trained(recorder, accuracy):
    """Return the record of the grid's second pair, as training just left it."""
    metrics = recorder.record(GRID[1], accuracy)
    recorder.folder.metrics(GRID[1], 0).unlink()
    return metrics


def keep_weights(recorder, experiment_id, seed=0):
    recorder.folder.weights(experiment_id, seed).write_bytes(b"weights")


def wanted(recorder, metrics, experiment_id=GRID[1]):
    return WeightsToSave(recorder.plan).wanted(recorder.experiment(experiment_id), metrics)


@pytest.mark.parametrize(("accuracy", "kept"), [(0.4, False), (0.6, True)])
def test_a_run_is_kept_if_no_better_one_is(recorder, accuracy, kept):
    recorder.record(GRID[0], 0.5)
    keep_weights(recorder, GRID[0])
    assert wanted(recorder, trained(recorder, accuracy)) == kept


def test_the_first_run_of_a_grid_is_kept(recorder):
    assert wanted(recorder, trained(recorder, 0.1))


def test_a_better_run_without_weights_does_not_count(recorder):
    recorder.record(GRID[0], 0.5)
    assert wanted(recorder, trained(recorder, 0.4))


def test_a_better_run_that_will_be_run_again_does_not_count(recorder):
    metrics = recorder.record(GRID[0], 0.5)
    keep_weights(recorder, GRID[0])
    stale = msgspec.structs.replace(metrics, spec_hash="of other settings")
    write(recorder.folder.metrics(GRID[0], 0), stale)
    assert wanted(recorder, trained(recorder, 0.4))


def test_with_several_seeds_every_run_is_kept_until_means_are_known(tmp_path):
    from recorder import Recorder

    recorder = Recorder(tmp_path / "runs" / "quick", seeds=2)
    for seed in range(2):
        recorder.record(GRID[0], 0.5, seed=seed)
        keep_weights(recorder, GRID[0], seed)
    assert wanted(recorder, trained(recorder, 0.4))


def test_what_no_choice_is_made_from_is_not_kept(recorder):
    metrics = recorder.record("scratch/baseline", 0.9)
    assert not wanted(recorder, metrics, "scratch/baseline")
