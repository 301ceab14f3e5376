"""Pictures decoded by processes are those decoded by threads, whatever happens to a process."""

import os
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.data import decode_side_by_side as side_by_side
from training.data.decode import Decoded
from training.data.decode_side_by_side import decode_side_by_side

SIDE = 32
N_PICTURES = 40


@pytest.fixture
def pictures(tmp_path):
    """Draw pictures of several sizes; one can't be read, one has no name in UTF-8."""
    random = np.random.default_rng(0)
    names = [f"{number:02d}.png" for number in range(N_PICTURES)]
    names[7] = os.fsdecode(b"H\xfcnd.png")
    for number, name in enumerate(names):
        shape = (40 + number, 50, 3) if number % 3 else (40 + number, 50)
        Image.fromarray(random.integers(0, 256, shape, np.uint8)).save(tmp_path / name)
    (tmp_path / names[3]).write_bytes(b"no picture")
    odd = np.full((40, 50), 5, np.uint16)
    odd[0] = range(5, 55)
    odd[1, 0] = 2**16 - 1
    Image.fromarray(odd).save(tmp_path / names[9])
    return tmp_path, list(enumerate(names))


def decoded(root, named, name):
    array = root / f"{name}.npy"
    shape = (N_PICTURES, SIDE, SIDE, 3)
    pixels = np.lib.format.open_memmap(array, mode="w+", dtype=np.uint8, shape=shape)
    found = dict(decode_side_by_side(array, pixels, named, root))
    return found, np.array(pixels)


@pytest.fixture
def by_processes(monkeypatch):
    monkeypatch.setattr(side_by_side, "WORTH_PICTURES", 1)
    monkeypatch.setattr(side_by_side, "WORTH_CORES", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(side_by_side, "AT_ONCE", 3)


def same(one, other):
    assert one[0] == other[0]
    assert np.array_equal(one[1], other[1])


def test_processes_give_the_pixels_of_threads(pictures, by_processes, monkeypatch):
    processes = decoded(*pictures, "processes")
    assert processes[0][3].problem.startswith("not an image in a format that Pillow")
    black = zlib.crc32(bytes(SIDE * SIDE * 3))
    assert processes[0][3] == Decoded(problem=processes[0][3].problem, crc32=black)
    assert processes[0][9].remark == "2 of 51 grey levels are left"
    assert processes[0][4].size == (50, 44)
    assert processes[0][6].converted
    assert processes[1][7].any()
    monkeypatch.setattr(side_by_side, "WORTH_PICTURES", 10**9)
    same(processes, decoded(*pictures, "threads"))


def test_a_process_that_is_killed_is_done_without(pictures, by_processes, monkeypatch):
    whole = decoded(*pictures, "whole")
    started = []
    start = subprocess.Popen

    def killed(*arguments, **more):
        process = start(*arguments, **more)
        started.append(process)
        if len(started) == 1:
            process.send_signal(signal.SIGKILL)
        return process

    monkeypatch.setattr(subprocess, "Popen", killed)
    same(decoded(*pictures, "killed"), whole)
    assert started[0].returncode == -signal.SIGKILL


def test_where_no_process_can_be_started_threads_decode(pictures, by_processes, monkeypatch):
    whole = decoded(*pictures, "whole")

    def refused(*arguments, **more):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refused)
    same(decoded(*pictures, "refused"), whole)


def test_a_file_called_like_a_library_changes_nothing(pictures, by_processes, monkeypatch):
    root, named = pictures
    whole = decoded(root, named, "whole")
    for name in ("numpy", "PIL", "json", "training"):
        (root / f"{name}.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(root)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    answers = []
    decode = side_by_side._Process.decode

    def noted(process, chunk):
        answers.append(decode(process, chunk))
        return answers[-1]

    monkeypatch.setattr(side_by_side._Process, "decode", noted)
    same(decoded(root, named, "beside"), whole)
    assert None not in answers  # processes did it


def test_no_process_outlives_the_parent(pictures):
    root, _ = pictures
    pixels = np.lib.format.open_memmap(
        root / "x.npy", mode="w+", dtype=np.uint8, shape=(1, SIDE, SIDE, 3)
    )
    pixels.flush()
    place = str(Path(side_by_side.__file__).parents[2])
    command = [sys.executable, "-c", side_by_side.START, place, str(root / "x.npy"), str(root)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.close()
    assert process.wait(60) == 0
    process.stdout.close()
