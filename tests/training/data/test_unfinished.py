"""Decoding that was killed goes on where it was, with nothing that isn't whole."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pictures import noisy_folder

from training.data import cache as cache_module
from training.data.cache import decode_all
from training.data.contents import ROW
from training.errors import DataError

NAMES = [f"{i}.png" for i in range(8)]
BEFORE = 4
SIZE = 16

KILLED = f"""
import os, signal, sys, time
from pathlib import Path
from training.data import cache, contents, decode, decode_side_by_side
decode_side_by_side.AT_ONCE = 1
os.cpu_count = lambda: 1
noted, note, open_picture = [], contents.Contents.note, decode.open_picture
def noting(self, position, decoded):
    note(self, position, decoded)
    noted.append(position)
def until_killed(path):
    if path.name == "{NAMES[BEFORE + 1]}":
        while len(noted) <= {BEFORE}:
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGKILL)
    return open_picture(path)
contents.Contents.note, decode.open_picture = noting, until_killed
cache.decode_all(Path(sys.argv[1]), sys.argv[2:], {SIZE})
"""


@pytest.fixture
def pictures(tmp_path):
    folder = noisy_folder(tmp_path, NAMES)
    (folder / NAMES[1]).write_text("no picture")
    return folder


@pytest.fixture
def parts(pictures, own_cache):
    """Kill a process that decodes; return the files that it left."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-c", KILLED, str(pictures), *NAMES]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    array, journal = sorted(
        (own_cache / "pixels").iterdir(), key=lambda file: ".npy" not in file.name
    )
    assert (array.name[-8:], journal.suffixes[-2:]) == ("npy.part", [".contents", ".part"])
    assert (np.fromfile(journal, ROW)["flags"] > 0).sum() == BEFORE  # not the unreadable one
    return array, journal


@pytest.fixture
def plain(pictures, tmp_path, monkeypatch):
    """Return what an undisturbed process makes."""
    with monkeypatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(tmp_path / "plain"))
        return decode_all(pictures, NAMES, SIZE)


def test_what_was_decoded_before_is_kept(pictures, plain, parts, decoded, own_cache):
    said = []
    found = decode_all(pictures, NAMES, SIZE, say=said.append)
    assert len(decoded) == len(NAMES) - BEFORE
    assert NAMES[1] in decoded  # nothing is known of why it couldn't be read
    assert f"{BEFORE} of them were decoded before, by a process that was ended." in said
    assert np.array_equal(found.pixels, plain.pixels)
    assert found.contents == plain.contents
    assert {file.suffix for file in (own_cache / "pixels").iterdir()} == {".npy", ".contents"}


def test_what_was_not_whole_is_decoded_again(pictures, plain, parts, decoded):
    content = bytearray(parts[0].read_bytes())
    content[-SIZE * SIZE * 3 * len(NAMES) + 5] ^= 1  # of the first image
    parts[0].write_bytes(content)
    found = decode_all(pictures, NAMES, SIZE)
    assert NAMES[0] in decoded
    assert len(decoded) == len(NAMES) - BEFORE + 1
    assert np.array_equal(found.pixels, plain.pixels)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_files_that_are_something_else_are_made_anew(
    pictures, plain, parts, decoded, which, content
):
    whole = parts[which].read_bytes()
    parts[which].write_bytes(whole[:-1] if content is None else content)
    found = decode_all(pictures, NAMES, SIZE)
    assert sorted(decoded) == NAMES
    assert np.array_equal(found.pixels, plain.pixels)
    assert found.contents == plain.contents


@pytest.mark.skipif(
    not hasattr(Path.cwd().stat(), "st_blocks"), reason="no file says what it takes"
)
def test_room_that_is_taken_already_is_not_asked_for_again(pictures, parts, monkeypatch):
    few = type("Usage", (), {"free": 2**20 + 100})
    monkeypatch.setattr(cache_module.shutil, "disk_usage", lambda _: few)
    with pytest.raises(DataError, match=r"only 1\.05 MB are free"):
        decode_all(pictures, NAMES[::-1], SIZE)
    assert len(decode_all(pictures, NAMES, SIZE).pixels) == len(NAMES)


def test_an_array_of_other_images_does_not_go_on_with_it(pictures, parts, decoded):
    names = [*NAMES[1:], NAMES[0]]
    decode_all(pictures, names, SIZE)
    assert sorted(decoded) == NAMES
