"""Pictures decoded by the nodes of a Ray cluster: the files of one machine, whoever is killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image
from ray_nodes import add_node, nodes, signals_kept

from training.data import blocks, decode_rest
from training.data.blocks import decode_block
from training.data.cache import decode_all
from training.executors import ray_decoding
from training.executors.ray_decoding import RayDecoding

pytest.importorskip("ray", reason="Ray isn't installed: pip install '.[ray]'")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

N, SIZE, IN_A_BLOCK, FIRST = 60, 64, 4, 8
BROKEN = 33


@pytest.fixture(scope="module")
def cluster():
    with nodes(2) as found:
        yield found


@pytest.fixture
def pictures(tmp_path):
    """Draw three classes of noise; one file is no picture."""
    for i in range(N):
        place = tmp_path / "pictures" / "abc"[i % 3] / f"{i:03d}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(i).integers(0, 256, (70, 64 + i, 3), np.uint8)
        Image.fromarray(pixels).save(place)
        if i == BROKEN:
            place.write_text("no picture")
    return tmp_path / "pictures"


@pytest.fixture(autouse=True)
def worth_it(monkeypatch, tmp_path):
    monkeypatch.setattr(decode_rest, "WORTH_SECONDS", 0.0)
    monkeypatch.setattr(decode_rest, "ENOUGH_SECONDS", 0.0)
    monkeypatch.setattr(decode_rest, "FIRST", FIRST)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", IN_A_BLOCK * 3 * SIZE**2)
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))


class Watched:
    """Decodes a block, and notes where in a folder; before, it does `first`, once in all.

    Args:
        first: Of a worker's process.
    """

    def __init__(self, folder, first=None):
        folder.mkdir()
        self.folder, self.first = folder, first

    def task(self):
        folder, first = self.folder, self.first  # sent by value: workers can't import this file

        def decode(block):
            import ray

            if first is not None:
                with contextlib.suppress(FileExistsError):
                    (folder / "first").touch(exist_ok=False)
                    first()
            node = ray.get_runtime_context().get_node_id()
            for place in block.places.tolist():
                (folder / f"{place}-{node}").touch()
            return decode_block(block)

        return decode

    def places(self):
        """Return which places were decoded on the cluster, sorted, and on which nodes."""
        notes = [file.name.split("-") for file in self.folder.glob("*-*")]
        return sorted(int(place) for place, _ in notes), {node for _, node in notes}


@pytest.fixture
def watched(tmp_path, monkeypatch):
    def watch(first=None):
        found = Watched(tmp_path / "notes", first)
        monkeypatch.setattr(ray_decoding, "decode_block", found.task())
        return found

    return watch


def names_in(folder):
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*.png"))


def kept(cache):
    return {file.name: file.read_bytes() for file in (cache / "pixels").iterdir()}


def decode(cluster, pictures, tmp_path, monkeypatch):
    """Decode on the cluster; return what was said, and hold the files to those of one machine."""
    said = []
    elsewhere = RayDecoding(cluster.address, tmp_path, said.append)
    found = decode_all(pictures, names_in(pictures), SIZE, elsewhere=elsewhere)
    with monkeypatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(tmp_path / "plain"))
        plain = decode_all(pictures, names_in(pictures), SIZE)
    assert kept(tmp_path / "cache") == kept(tmp_path / "plain")
    assert list(found.contents.unreadable) == list(plain.contents.unreadable) == [BROKEN // 3]
    return said


def test_all_nodes_decode_and_a_study_has_the_files_of_one_machine(
    cluster, pictures, homework, tmp_path, watched, monkeypatch
):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    notes = watched()
    command = ("run", "scratch/baseline", "--data", str(pictures))
    answer = homework(*command, "--executor", "ray", "--address", cluster.address)
    assert answer.error is None, answer.output
    assert "Decoding on 2 machines of the Ray cluster, with 2 CPUs" in answer.output
    places, where = notes.places()
    assert places == list(range(FIRST, N))
    assert len(where) == 2
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "plain"))
    answer = homework(*command, "--runs", "plain-runs")
    assert answer.error is None, answer.output
    assert kept(tmp_path / "cache") == kept(tmp_path / "plain")


def test_a_killed_worker_s_block_is_decoded_by_another(
    cluster, pictures, tmp_path, watched, monkeypatch
):
    notes = watched(lambda: os.kill(os.getpid(), signal.SIGKILL))
    said = decode(cluster, pictures, tmp_path, monkeypatch)
    assert "lost what it was decoding (WorkerCrashedError)" in said[-1]
    assert notes.places()[0] == list(range(FIRST, N))


def test_a_lost_machine_s_blocks_are_decoded_by_the_others(
    cluster, pictures, tmp_path, watched, monkeypatch
):
    def cut():
        os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    notes = watched(cut)
    said = decode(cluster, pictures, tmp_path, monkeypatch)
    add_node(cluster)
    assert "lost what it was decoding (" in said[-1]
    places, _ = notes.places()
    assert sorted(set(places)) == list(range(FIRST, N))


def test_a_machine_that_decodes_otherwise_is_named_and_the_others_decode(
    cluster, pictures, tmp_path, watched, monkeypatch
):
    notes = watched()
    task = ray_decoding.decode_block
    folder = tmp_path / "others"
    folder.mkdir()

    def otherwise(block):
        import time

        import ray

        node = ray.get_runtime_context().get_node_id()
        with contextlib.suppress(FileExistsError):
            (folder / "taken").mkdir()
            (folder / node).touch()
        if (folder / node).exists():
            (folder / f"refused-{time.time_ns()}").touch()
            return "doesn't decode as this one does (it has Pillow 0.1)"
        return task(block)

    monkeypatch.setattr(ray_decoding, "decode_block", otherwise)
    said = decode(cluster, pictures, tmp_path, monkeypatch)
    assert 1 <= len(list(folder.glob("refused-*"))) <= 2  # what it had already
    assert said[-1].endswith("(it has Pillow 0.1): it decodes nothing, the others do")
    places, where = notes.places()
    assert places == list(range(FIRST, N))
    assert len(where) == 1


def test_a_busy_cluster_is_not_waited_for(cluster, pictures, tmp_path, watched, monkeypatch):
    import ray

    notes = watched()
    monkeypatch.setattr(ray_decoding, "PATIENCE", 3.0)
    with signals_kept():
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    try:
        sleep = ray.remote(num_cpus=1)(lambda seconds: time.sleep(seconds))  # no built-in function
        busy = [sleep.remote(600) for _ in range(2)]
        while ray.available_resources().get("CPU", 0):
            time.sleep(0.1)
        said = decode(cluster, pictures, tmp_path, monkeypatch)
        for reference in busy:
            ray.cancel(reference, force=True)
    finally:
        ray.shutdown()
    assert said[-1] == ("No machine of the Ray cluster has decoded anything for 3 s: going on here")
    assert notes.places()[0] == []


def test_one_machine_decodes_without_ray_s_tasks(pictures, tmp_path, watched, monkeypatch):
    notes = watched()
    with nodes(0, head_cpus=2) as alone:
        decode(alone, pictures, tmp_path, monkeypatch)
    assert notes.places()[0] == []


def test_the_bytes_under_way_are_bounded(cluster, pictures, tmp_path, watched, monkeypatch):
    watched()
    monkeypatch.setattr(ray_decoding, "BYTES_UNDER_WAY", 1)
    most = []
    hand_out = ray_decoding._Handing._hand_out

    def noted(handing):
        hand_out(handing)
        most.append(len(handing._under_way))

    monkeypatch.setattr(ray_decoding._Handing, "_hand_out", noted)
    decode(cluster, pictures, tmp_path, monkeypatch)
    assert max(most) == 1


HEAD_IS_LOST = """
import os, sys, time
from pathlib import Path
from training.data import blocks, cache, decode_rest
from training.executors import ray_cluster, ray_decoding
pictures, address, head, *names = sys.argv[1:]
ray_cluster.SECONDS_WITHOUT_HEAD = 3.0
decode_rest.WORTH_SECONDS = decode_rest.ENOUGH_SECONDS = 0.0
decode_rest.FIRST = {first}
blocks.BLOCK_BYTES = {block_bytes}
decode_block = blocks.decode_block
def slowly(block):
    import time
    time.sleep(0.5)
    return decode_block(block)
ray_decoding.decode_block = slowly
taken = []
def elsewhere(blocks):
    for block in ray_decoding.RayDecoding(address, Path(pictures), print)(blocks):
        taken.append(block)
        if len(taken) == 3:
            os.kill(int(head), 9)
        yield block
try:
    cache.decode_all(Path(pictures), names, {size}, elsewhere=elsewhere)
except ray_cluster.HeadLostError as error:
    print(error.message)
    os._exit(7)
"""


def test_a_lost_head_is_an_error_and_what_was_decoded_is_kept(pictures, tmp_path, monkeypatch):
    source = HEAD_IS_LOST.format(first=FIRST, size=SIZE, block_bytes=IN_A_BLOCK * 3 * SIZE**2)
    with nodes(1) as cluster:
        (head, *_) = cluster.head_node.all_processes["gcs_server"]
        ended = subprocess.run(
            [sys.executable, "-c", source, str(pictures), cluster.address, str(head.process.pid),
             *names_in(pictures)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    assert ended.returncode == 7, ended.stderr
    assert "The head of the Ray cluster hasn't answered for 3 s." in ended.stdout
    said = []
    decode_all(pictures, names_in(pictures), SIZE, say=said.append)
    (line,) = [line for line in said if "were decoded before" in line]
    assert FIRST + 3 * IN_A_BLOCK <= int(line.split()[0]) < N
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "plain"))
    decode_all(pictures, names_in(pictures), SIZE)
    assert kept(tmp_path / "cache") == kept(tmp_path / "plain")
