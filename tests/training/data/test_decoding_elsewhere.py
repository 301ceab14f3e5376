"""Images that other machines decode are those that this one would, whatever becomes of a block."""

import os
import random
import signal
import subprocess
import sys

import numpy as np
import pytest
from pictures import noise, noisy_folder
from PIL import Image

from training.data import blocks as blocks_module
from training.data import decode_rest
from training.data.blocks import decode_block
from training.data.cache import decode_all
from training.data.contents import ROW

FIRST = 4
IN_A_BLOCK = 5
SIZE = 16
NAMES = [f"{i:02d}.png" for i in range(40)]
UNREADABLE = (NAMES[20], NAMES[9], NAMES[2])
REMARKED = (NAMES[37], NAMES[11])

SETTINGS = f"""
from training.data import blocks, decode_rest
decode_rest.WORTH_SECONDS = decode_rest.ENOUGH_SECONDS = 0.0
decode_rest.FIRST = {FIRST}
blocks.BLOCK_BYTES = {IN_A_BLOCK * 3 * SIZE**2}
"""


@pytest.fixture
def pictures(tmp_path):
    folder = noisy_folder(tmp_path, NAMES)
    for name in UNREADABLE:
        (folder / name).write_text("no picture")
    levels = np.full((40, 50), 5, np.uint16)
    levels[0] = range(5, 55)
    levels[1, 0] = 2**16 - 1
    for name in REMARKED:
        Image.fromarray(levels).save(folder / name)
    return folder


@pytest.fixture(autouse=True)
def worth_it(monkeypatch):
    monkeypatch.setattr(decode_rest, "WORTH_SECONDS", 0.0)
    monkeypatch.setattr(decode_rest, "ENOUGH_SECONDS", 0.0)
    monkeypatch.setattr(decode_rest, "FIRST", FIRST)
    monkeypatch.setattr(blocks_module, "BLOCK_BYTES", IN_A_BLOCK * 3 * SIZE**2)


@pytest.fixture
def files(pictures, tmp_path, monkeypatch):
    """Return a function that gives the bytes of what is kept, and of what one machine would."""

    def kept(where):
        return {file.name: file.read_bytes() for file in (where / "pixels").iterdir()}

    with monkeypatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(tmp_path / "plain"))
        decode_all(pictures, NAMES, SIZE)
    return lambda: (kept(tmp_path / "cache"), kept(tmp_path / "plain"))


def in_any_order(blocks):
    """Decode all blocks, and give them back in another order."""
    answers = [decode_block(block) for block in blocks]
    random.Random(0).shuffle(answers)
    yield from answers


def test_blocks_in_any_order_make_the_files_of_one_machine(pictures, files):
    sizes = []

    def noted(blocks):
        for answer in in_any_order(blocks):
            sizes.append(len(answer.places))
            yield answer

    decode_all(pictures, NAMES, SIZE, elsewhere=noted)
    ours, plain = files()
    assert ours == plain
    assert sum(sizes) == len(NAMES) - FIRST
    assert max(sizes) == IN_A_BLOCK


def test_a_block_that_is_lost_is_decoded_here(pictures, files, decoded):
    lost = []

    def losing(blocks):
        for number, block in enumerate(blocks):
            if number % 3 == 1:
                lost.extend(block.paths)
            else:
                yield decode_block(block)

    decoded.clear()
    found = decode_all(pictures, NAMES, SIZE, elsewhere=losing)
    ours, plain = files()
    assert ours == plain
    assert lost
    assert sorted(decoded) == sorted([*NAMES, *(set(UNREADABLE[:2]) - set(lost))])
    assert list(found.contents.unreadable) == sorted(NAMES.index(name) for name in UNREADABLE)


def test_what_another_machine_cannot_read_is_read_here(pictures, files, monkeypatch):
    """It may lack the right to a file, or a format."""

    def unable(blocks):
        for block in blocks:
            with monkeypatch.context() as patch:
                patch.setattr(blocks_module, "decode_into", lambda pixels, files: broken(files))
                yield decode_block(block)

    def broken(files):
        return [blocks_module.Decoded(problem="Permission denied") for _ in files]

    decode_all(pictures, NAMES, SIZE, elsewhere=unable)
    ours, plain = files()
    assert ours == plain


@pytest.mark.parametrize("differs", ["a file", "all files", "the decoder"])
def test_a_machine_that_sees_something_else_decodes_none_of_it(
    pictures, files, monkeypatch, differs
):
    answers = []

    def elsewhere(blocks):
        for block in blocks:
            with monkeypatch.context() as patch:
                if differs == "the decoder":
                    patch.setattr(blocks_module.PIL, "__version__", "0.1")
                else:
                    others = block.paths if differs == "all files" else block.paths[:1]
                    patch.setattr(blocks_module, "sources_of", of_other_files(others))
                answers.append(decode_block(block))
            if not isinstance(answers[-1], str):
                yield answers[-1]

    def of_other_files(names):
        def sources(root, paths, image_size):
            found = sources_of(root, paths, image_size)
            states = found.states.copy()
            states[[paths.index(name) for name in names]] += 1
            return blocks_module.Sources(found.kind, states)

        return sources

    sources_of = blocks_module.sources_of
    decode_all(pictures, NAMES, SIZE, elsewhere=elsewhere)
    ours, plain = files()
    assert ours == plain
    if differs == "a file":
        assert [len(answer.places) for answer in answers[:-1]] == [IN_A_BLOCK - 1] * 7
    elif differs == "all files":
        assert answers[0] == f"doesn't see in {pictures} what this one sees"
    else:
        assert answers[0] == "doesn't decode as this one does (it has Pillow 0.1)"


def test_few_images_are_decoded_here(pictures, monkeypatch):
    asked = []

    def elsewhere(blocks):
        asked.append(len(list(blocks)))
        yield from ()

    monkeypatch.setattr(decode_rest, "WORTH_SECONDS", 20.0)
    decode_all(pictures, NAMES, SIZE, elsewhere=elsewhere)
    assert not asked
    decode_all(pictures, NAMES[: FIRST - 1], SIZE, elsewhere=elsewhere)
    assert not asked
    monkeypatch.setattr(decode_rest, "WORTH_SECONDS", 0.0)
    decode_all(pictures, NAMES[1:], 2 * SIZE, elsewhere=elsewhere)
    assert asked == [len(NAMES) - 1 - FIRST]  # of which one fits a block


KILLED = (
    SETTINGS
    + f"""
import os, signal, sys
from pathlib import Path
from training.data import cache
def elsewhere(blocks):
    blocks = list(blocks)
    for block in (blocks[3], blocks[1]):
        yield decode_block(block)
    os.kill(os.getpid(), signal.SIGKILL)
decode_block = blocks.decode_block
cache.decode_all(Path(sys.argv[1]), sys.argv[2:], {SIZE}, elsewhere=elsewhere)
"""
)


def test_a_process_that_was_killed_between_blocks_goes_on(pictures, files, own_cache, decoded):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-c", KILLED, str(pictures), *NAMES]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    (journal,) = (own_cache / "pixels").glob("*.contents.part")
    there = np.flatnonzero(np.fromfile(journal, ROW)["flags"])
    expected = [*range(FIRST), *range(FIRST + 5, FIRST + 10), *range(FIRST + 15, FIRST + 20)]
    assert [NAMES[i] for i in there] == [NAMES[i] for i in expected if NAMES[i] not in UNREADABLE]
    decoded.clear()
    said = []
    decode_all(pictures, NAMES, SIZE, say=said.append, elsewhere=in_any_order)
    kept = {NAMES[i] for i in there} - set(REMARKED)  # nothing is known of what they lost
    assert f"{len(kept)} of them were decoded before, by a process that was ended." in said
    assert not kept & set(decoded)
    ours, plain = files()
    assert ours == plain


def test_large_images_make_small_blocks(pictures):
    noise(8, 8, 0).save(pictures / "x.png")
    sources = blocks_module.sources_of(pictures, NAMES, 8)
    places = np.arange(len(NAMES))
    found = blocks_module.blocks_of(pictures, NAMES, sources, 8, places, 1.0)
    assert [len(block.paths) for block in found] == [5] * 8
    found = blocks_module.blocks_of(pictures, NAMES, sources, 1000, places, 0.0)
    assert {len(block.paths) for block in found} == {1}
