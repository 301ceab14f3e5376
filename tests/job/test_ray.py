"""Experiments on a Ray cluster of several nodes: the records of one process, whoever is killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from ray_nodes import add_node, nodes
from side_by_side import LONG, NAMES, folder_of, is_gone, records, undisturbed

from training.executors import ray as ray_executor
from training.executors import ray_cluster
from training.executors.ray_task import Seen
from training.records import Metrics, read
from training.stopping import StoppedError

SHORT = ("--epochs", "10")
EVERY_BATCH = ("--checkpoint-every", "0")
TOGETHER = ("--devices", "2")


pytest.importorskip("ray", reason="Ray isn't installed: pip install '.[ray]'")


@pytest.fixture(scope="module")
def cluster():
    with nodes(2) as found:
        yield found


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
def test_a_lost_machine_changes_no_record(on_ray, cluster, homework, tmp_path):
    """It is gone at once with all that ran there, as by a power cut."""
    whole = undisturbed(homework, tmp_path, *SHORT)

    def cut(pid):
        on_it = parent_of(pid)
        os.kill(on_it, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)

    watch = when_it_trains(folder_of(tmp_path), NAMES[0], cut)
    answer = on_ray(*EVERY_BATCH)
    watch.join()
    add_node(cluster)
    assert answer.error is None, answer.output
    assert "Worker lost (NodeDiedError) (attempt" in answer.output
    assert "Resuming at epoch" in answer.output
    assert records(tmp_path, "runs") == whole


def parent_of(pid):
    listed = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True)
    return int(listed.stdout)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_machine_that_doesnt_answer_any_more_changes_no_record(
    on_ray, cluster, homework, tmp_path, monkeypatch
):
    """The head says so of one that goes on computing, as where a network is divided."""
    whole = undisturbed(homework, tmp_path, *SHORT)
    gone, first = [], []

    def cut(pid):
        first.append(pid)
        on_it = parent_of(pid)
        gone.extend(
            node.node_id
            for node in cluster.worker_nodes
            if node.all_processes["raylet"][0].process.pid == on_it
        )

    def counting(watch):
        count(watch)
        watch.gone = set(gone)
        gone.clear()

    count = ray_cluster.Watch._count
    monkeypatch.setattr(ray_cluster.Watch, "_count", counting)
    watch = when_it_trains(folder_of(tmp_path), NAMES[0], cut)
    answer = on_ray(*EVERY_BATCH)
    watch.join()
    assert answer.error is None, answer.output
    assert "Worker lost (its machine doesn't answer) (attempt 1 of 4)" in answer.output
    assert "Resuming at epoch" in answer.output
    assert is_gone(first[0])
    assert records(tmp_path, "runs") == whole


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_machine_that_leaves_before_anything_runs_is_named(on_ray, cluster, monkeypatch):
    added = add_node(cluster).node_id

    def leave(paths):
        import ray
        import torch

        import training
        from training.executors.ray_task import Seen

        if ray.get_runtime_context().get_node_id() == added:
            os.kill(os.getppid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
        return Seen((), training.__version__, str(torch.__version__))

    monkeypatch.setattr(ray_cluster, "what_is_seen", leave)
    answer = on_ray()
    assert answer.error is None, answer.output
    assert "left the Ray cluster (" in answer.output


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_what_all_started_is_not_lost_with_another_machine(on_ray, monkeypatch):
    """The board of progress is on the machine that started the list, whose loss ends it anyway."""
    found = []
    begin = ray_executor.RayCrew._begin

    def noting(crew):
        for _ in range(5):  # where Ray may choose, it takes any
            begin(crew)
            crew._watch.end()
            board = crew.ray.get(crew._board.__ray_call__.remote(lambda _: node_of()))
            found.append((board, crew.ray.get_runtime_context().get_node_id()))
        begin(crew)

    def node_of():
        import ray

        return ray.get_runtime_context().get_node_id()

    monkeypatch.setattr(ray_executor.RayCrew, "_begin", noting)
    assert on_ray().error is None
    assert found
    assert all(board == here for board, here in found)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_several_devices_are_those_of_one_machine(on_ray, cluster, homework, tmp_path, monkeypatch):
    """Runs wait for a machine that is large enough, and their records are those of this one."""
    together = ("--devices", "3")
    answer = homework("run", NAMES[0], *LONG, *SHORT, *together, "--runs", "whole", tiny=False)
    assert answer.error is None, answer.output
    added = add_when_runs_wait(cluster, monkeypatch, 3)
    answer = on_ray(*together)
    cluster.remove_node(added[0])
    assert answer.error is None, answer.output
    assert "has 3 CPUs for one run (the largest has 1): runs wait until one joins" in answer.output
    assert records(tmp_path, "runs", NAMES[:1]) == records(tmp_path, "whole", NAMES[:1])
    assert devices_and_machines(tmp_path) == (3, 1)


def add_when_runs_wait(cluster, monkeypatch, n_cpus):
    """Have a machine join once a run waits for one; return it in a list."""
    looks, added = [], []

    def then_add(room, needs):
        told_so = told(room, needs)
        if "runs wait" in told_so:
            looks.append(room)
        if len(looks) == 3 and not added:  # the first one is before any run is handed out
            added.append(add_node(cluster, n_cpus))
        return told_so

    told = ray_cluster.Room.told
    monkeypatch.setattr(ray_cluster.Room, "told", then_add)
    return added


def devices_and_machines(tmp_path):
    found = read(folder_of(tmp_path).metrics(NAMES[0], 0), Metrics).environment
    assert found.n_threads == 1
    return found.n_devices, found.n_machines


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_devices_of_several_machines_train_one_run(on_ray, homework, tmp_path):
    """No machine has two CPUs: both train each run, with the records of two processes of one."""
    whole = undisturbed(homework, tmp_path, *SHORT, *TOGETHER)
    answer = on_ray(*TOGETHER)
    assert answer.error is None, answer.output
    assert "has 2 CPUs for one run: each is divided among several machines" in answer.output
    assert of_one_machine(records(tmp_path, "runs")) == whole
    assert devices_and_machines(tmp_path) == (2, 2)


def of_one_machine(found):
    for record in found.values():
        if "environment" in record:
            assert record["environment"].pop("n_machines") == 2
            record["environment"]["n_machines"] = 1
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_runs_that_wait_are_divided_when_enough_machines_have_joined(
    on_ray, cluster, tmp_path, monkeypatch
):
    added = add_when_runs_wait(cluster, monkeypatch, 1)
    answer = on_ray("--devices", "3")
    cluster.remove_node(added[0])
    assert answer.error is None, answer.output
    assert "runs wait until one joins" in answer.output
    assert devices_and_machines(tmp_path) == (3, 3)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_as_few_machines_as_possible_train_one_run(on_ray, cluster, tmp_path):
    """Of machines with one, one and two CPUs."""
    added = add_node(cluster, 2)
    answer = on_ray("--devices", "3")
    cluster.remove_node(added)
    assert answer.error is None, answer.output
    assert devices_and_machines(tmp_path) == (3, 2)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_killed_process_of_another_machine_changes_no_record(on_ray, cluster, homework, tmp_path):
    whole = undisturbed(homework, tmp_path, *SHORT, *TOGETHER)
    killed = []

    def kill(_):
        killed.extend(along(cluster))
        os.kill(killed[0], signal.SIGKILL)

    watch = when_it_trains(folder_of(tmp_path), NAMES[0], kill)
    answer = on_ray(*EVERY_BATCH, *TOGETHER)
    watch.join()
    assert answer.error is None, answer.output
    assert len(killed) == 1
    said = f"Process 2 of 2, which trained {NAMES[0]}, is lost (WorkerCrashedError)"
    assert said in answer.output
    assert "Worker lost (WorkerCrashedError) (attempt 1 of 4)" in answer.output
    assert "Resuming at epoch" in answer.output
    assert of_one_machine(records(tmp_path, "runs")) == whole


def along(cluster):
    """Return the ids of the processes that train along with another one."""
    machines = [node.all_processes["raylet"][0].process.pid for node in cluster.worker_nodes]
    command = ["ps", "-o", "pid=,args=", "--ppid", ",".join(map(str, machines))]
    lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    return [int(line.split()[0]) for line in lines if "ray::train_along_task" in line]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_divided_run_waits_for_a_machine_in_the_place_of_a_lost_one(
    on_ray, cluster, homework, tmp_path, monkeypatch
):
    whole = undisturbed(homework, tmp_path, *SHORT, *TOGETHER)
    orphans, added = [], add_when_runs_wait(cluster, monkeypatch, 1)

    def cut(pid):
        orphans.extend([pid, *along(cluster)])
        os.kill(parent_of(pid), signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)

    watch = when_it_trains(folder_of(tmp_path), NAMES[0], cut)
    answer = on_ray(*EVERY_BATCH, *TOGETHER)
    watch.join()
    assert answer.error is None, answer.output
    assert len(orphans) == 2
    assert added
    assert all(is_gone(pid) for pid in orphans)
    assert "(the largest has 1): runs wait until one joins" in answer.output
    assert "Resuming at epoch" in answer.output
    assert of_one_machine(records(tmp_path, "runs")) == whole


@pytest.mark.parametrize("share", ["0.5", "1"])
def test_devices_take_whole_gpus(homework, share):
    answer = homework(
        "run", NAMES[0], "--executor", "ray", "--devices", "2", "--gpus-per-run", share
    )
    assert "each experiment takes 2 GPUs" in answer.message


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_lost_head_is_one_message_and_the_same_command_goes_on(homework, tmp_path):
    whole = undisturbed(homework, tmp_path, *SHORT)
    command = ["run", *NAMES, *LONG, *SHORT, *EVERY_BATCH, "--executor", "ray", "--address"]
    with nodes(1) as cluster:
        watch = when_it_trains(
            folder_of(tmp_path), NAMES[0], lambda _: cluster.head_node.kill_gcs_server()
        )
        ended = subprocess.run(
            [sys.executable, "-c", SOON_LOST, *command, cluster.address],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        watch.join()
    assert ended.returncode == 1
    assert "The head of the Ray cluster hasn't answered for 3 s." in ended.stderr
    assert "the same command resumes the others" in ended.stderr
    assert "Traceback" not in ended.stderr
    with nodes(1) as cluster:
        answer = homework(*command, cluster.address, tiny=False)
    assert answer.error is None, answer.output
    assert records(tmp_path, "runs") == whole


SOON_LOST = """
from training.executors import ray_cluster
ray_cluster.SECONDS_WITHOUT_HEAD = 3.0
from training.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (lambda paths: Seen(tuple(paths), ray_cluster.__version__, "2.0"), "doesn't see"),
        (lambda paths: Seen((), "0.0.1", "2.0"), "has version 0.0.1 of cnn-homework"),
        (lambda paths: [][0], "can't run this package: list index out of range"),
    ],
)
def test_a_machine_that_lacks_something_is_named(on_ray, monkeypatch, seen, words):
    monkeypatch.setattr(ray_cluster, "what_is_seen", seen)
    assert words in on_ray().message


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_another_torch_is_said(on_ray, monkeypatch):
    monkeypatch.setattr(
        ray_cluster, "what_is_seen", lambda paths: Seen((), ray_cluster.__version__, "2.0")
    )
    assert "has torch 2.0, this one" in on_ray().output
