"""Experiments on a Ray cluster of several nodes: the records of one process, whoever is killed."""

import contextlib
import json
import os
import signal
import sys
import threading
import time

import pytest
from side_by_side import LONG, NAMES, folder_of, records, undisturbed

from training.executors import ray as ray_executor
from training.stopping import StoppedError

SHORT = ("--epochs", "10")
EVERY_BATCH = ("--checkpoint-every", "0")


def test_without_ray_there_is_one_message(homework, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    answer = homework("run", NAMES[0], "--executor", "ray")
    assert "needs the package ray" in answer.message
    assert "cnn-homework[ray]" in answer.message


def test_options_of_ray_go_with_ray(homework):
    answer = homework("run", NAMES[0], "--address", "auto")
    assert answer.result.exit_code == 2
    assert "need --executor ray" in answer.output


@pytest.fixture(scope="module")
def cluster():
    """Start two nodes with one CPU each."""
    pytest.importorskip("ray", reason="Ray isn't installed: pip install '.[ray]'")
    from ray.cluster_utils import Cluster

    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    found.add_node(num_cpus=1)
    yield found
    found.shutdown()


@pytest.fixture
def on_ray(cluster, homework):
    def run(*options):
        return homework(
            "run", *NAMES, *LONG, *SHORT, *options,
            "--executor", "ray", "--address", cluster.address, tiny=False,
        )  # fmt: skip

    return run


def when_it_trains(folder, name, action):
    """Call `action` with the worker's process id, once a run has a checkpoint, in a thread."""
    holder = folder.lock(f"{name}/seed-0").with_suffix(".holder")

    def watch():
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError):
                pid = json.loads(holder.read_text())["pid"]
                if list(folder.checkpoint(name, 0).glob("*.pt")):
                    return action(pid)
            time.sleep(0.005)
        return None

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_killed_worker_changes_no_record(on_ray, homework, tmp_path):
    whole = undisturbed(homework, tmp_path, *SHORT)
    watch = when_it_trains(folder_of(tmp_path), NAMES[0], lambda pid: os.kill(pid, signal.SIGKILL))
    answer = on_ray(*EVERY_BATCH)
    watch.join()
    assert answer.error is None, answer.output
    assert "Worker lost (WorkerCrashedError) (attempt" in answer.output
    assert "Resuming at epoch" in answer.output
    assert records(tmp_path, "runs") == whole


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_signal_leaves_checkpoints(on_ray, homework, tmp_path):
    whole = undisturbed(homework, tmp_path, *SHORT)
    watch = when_it_trains(
        folder_of(tmp_path), NAMES[0], lambda _: os.kill(os.getpid(), signal.SIGINT)
    )
    with pytest.raises(StoppedError) as stopped:
        on_ray(*EVERY_BATCH)
    watch.join()
    assert (stopped.value.exit_code, stopped.value.at_once) == (130, False)
    assert list(folder_of(tmp_path).checkpoint(NAMES[0], 0).glob("*.pt"))
    answer = on_ray()
    assert "Resuming at epoch" in answer.output
    assert records(tmp_path, "runs") == whole


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_machine_that_doesnt_see_the_records_is_named(on_ray, monkeypatch):
    monkeypatch.setattr(ray_executor, "what_is_seen", lambda paths: paths)
    answer = on_ray()
    assert "doesn't see" in answer.message
    assert "storage that all machines mount" in answer.message
