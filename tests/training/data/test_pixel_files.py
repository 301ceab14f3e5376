"""An array of pixels is used only whole and only for its pictures; what changed is made anew."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from pictures import noise, noisy_folder

from training.data import cache as cache_module
from training.data.cache import decode_all
from training.data.pixel_files import BESIDE
from training.data.statistics import channel_statistics

NAMES = [f"{i}.png" for i in range(6)]


@pytest.fixture
def pictures(tmp_path):
    return noisy_folder(tmp_path, NAMES)


def first_array(folder, names=NAMES, size=16):
    """Return the pixels as they should be, and their file, which is no longer open."""
    cache = decode_all(folder, names, size)
    return cache.pixels.copy(), cache.path


def flipped(place):
    def damage(content):
        at = place if place >= 0 else len(content) + place
        return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]

    return damage


DAMAGE = {
    "a pixel": flipped(-1),
    "an early pixel": flipped(128),
    "a pixel in the middle": flipped(2000),
    "the head": flipped(20),
    "the magic": flipped(0),
    "cut by one byte": lambda content: content[:-1],
    "cut in half": lambda content: content[: len(content) // 2],
    "a byte too many, and one less before": lambda content: content[:128] + content[129:] + b"x",
    "nothing": lambda content: b"",
    "zeros": lambda content: bytes(len(content)),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_array_is_made_again(pictures, damage):
    expected, file = first_array(pictures)
    whole = file.read_bytes()
    file.write_bytes(DAMAGE[damage](whole))
    assert np.array_equal(decode_all(pictures, NAMES, 16).pixels, expected)
    assert file.read_bytes() == whole


def test_a_flip_anywhere_in_the_head_changes_nothing(pictures):
    expected, file = first_array(pictures)
    whole = file.read_bytes()
    for place in range(len(whole) - expected.size):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 7)
        file.write_bytes(damaged)
        assert np.array_equal(decode_all(pictures, NAMES, 16).pixels, expected), place


def test_a_flip_anywhere_beside_the_array_changes_nothing(pictures):
    cache = decode_all(pictures, NAMES, 16)
    expected, contents, sidecar = (
        cache.pixels.copy(),
        cache.contents,
        cache.path.with_suffix(BESIDE),
    )
    whole = sidecar.read_bytes()
    for place in range(0, len(whole), 37):
        sidecar.write_bytes(flipped(place)(whole))
        again = decode_all(pictures, NAMES, 16)
        assert np.array_equal(again.pixels, expected)
        assert again.contents == contents


def test_damaged_or_foreign_statistics_are_measured_again(pictures):
    cache = decode_all(pictures, NAMES, 16)
    expected = channel_statistics(cache, np.arange(4))
    (file,) = cache.path.parent.glob("*.stats.json")
    other = channel_statistics(cache, np.arange(3))
    (foreign,) = set(cache.path.parent.glob("*.stats.json")) - {file}
    assert other != expected
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(flipped(place)(whole))
        assert channel_statistics(cache, np.arange(4)) == expected
    file.write_bytes(foreign.read_bytes())
    assert channel_statistics(cache, np.arange(4)) == expected


def test_an_array_of_other_pictures_is_not_taken(pictures, tmp_path):
    others = tmp_path / "others"
    others.mkdir()
    for i, name in enumerate(NAMES):
        noise(30 + i, 24, 100 + i).save(others / name)
    expected, file = first_array(pictures)
    _, foreign = first_array(others)
    file.write_bytes(foreign.read_bytes())
    assert np.array_equal(decode_all(pictures, NAMES, 16).pixels, expected)
    file.write_bytes(foreign.read_bytes())
    file.with_suffix(BESIDE).write_bytes(foreign.with_suffix(BESIDE).read_bytes())
    assert np.array_equal(decode_all(pictures, NAMES, 16).pixels, expected)


def test_only_what_changed_is_decoded(pictures, decoded):
    first, _ = first_array(pictures)
    noise(50, 40, 77).save(pictures / "2.png")
    noise(50, 40, 78).save(pictures / "new.png")
    (pictures / "4.png").unlink()
    names = ["0.png", "1.png", "2.png", "3.png", "5.png", "new.png"]
    decoded.clear()
    second = decode_all(pictures, names, 16)
    assert sorted(decoded) == ["2.png", "new.png"]
    assert np.array_equal(second.pixels[[0, 1, 3, 4]], first[[0, 1, 3, 5]])
    cache_module.shutil.rmtree(second.path.parent)
    plain = decode_all(pictures, names, 16)
    assert np.array_equal(second.pixels, plain.pixels)
    assert second.contents == plain.contents


def test_damaged_pixels_are_not_taken_over(pictures, decoded):
    _, file = first_array(pictures)
    content = bytearray(file.read_bytes())
    content[-5] ^= 8
    file.write_bytes(content)
    decoded.clear()
    decode_all(pictures, NAMES[1:], 16)
    assert sorted(decoded) == ["5.png"]


def test_pixels_of_another_size_or_folder_are_not_taken_over(pictures, tmp_path, decoded):
    decode_all(pictures, NAMES, 16)
    decoded.clear()
    decode_all(pictures, NAMES, 20)
    assert sorted(decoded) == NAMES
    copy = tmp_path / "copy"
    cache_module.shutil.copytree(pictures, copy)  # with the times
    decoded.clear()
    decode_all(copy, NAMES, 16)
    assert sorted(decoded) == NAMES


def test_what_was_unreadable_is_tried_again(pictures, decoded):
    (pictures / "bad.png").write_text("no picture")
    decode_all(pictures, [*NAMES, "bad.png"], 16)
    decoded.clear()
    cache = decode_all(pictures, ["0.png", "bad.png"], 16)
    assert decoded == ["bad.png"]
    assert list(cache.contents.unreadable) == [1]


def test_threads_that_meet_decode_once(pictures, decoded):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(decode_all(pictures, NAMES, 16)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(decoded) == NAMES
    assert all(np.array_equal(cache.pixels, found[0].pixels) for cache in found)


DECODE = """
import sys, time, zlib
from pathlib import Path
from training.data import cache, decode
original = decode.open_picture
def slow(path):
    print(f"decoded {path.name}\\n", end="", flush=True)  # at once: threads print side by side
    time.sleep(0.05)
    return original(path)
decode.open_picture = slow
found = cache.decode_all(Path(sys.argv[1]), sys.argv[2:], 16)
print("checksum", zlib.crc32(found.pixels.copy().tobytes()))
"""


def test_processes_that_meet_decode_once(pictures, own_cache):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    processes = [
        subprocess.Popen([sys.executable, "-c", DECODE, str(pictures), *NAMES],
                         env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]  # fmt: skip
    said = [process.communicate(timeout=60)[0].splitlines() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    lines = [line for lines in said for line in lines]
    assert sorted(line for line in lines if line.startswith("decoded")) == [
        f"decoded {name}" for name in NAMES
    ]
    assert len({line for line in lines if line.startswith("checksum")}) == 1
    assert len(list((own_cache / "pixels").iterdir())) == 2
