"""An image that is damaged in the cache is found when it is touched, and only then; and mended."""

import pickle

import numpy as np
import pytest
from pictures import noisy_folder

from training.data import checked_pixels
from training.data.cache import decode_all
from training.errors import DataError

NAMES = [f"{i}.png" for i in range(6)]
SIZE = 16


@pytest.fixture
def pictures(tmp_path):
    return noisy_folder(tmp_path, NAMES)


def damage(file, *rows):
    """Flip a bit of some rows of an array's file; return what it held."""
    whole = file.read_bytes()
    content = bytearray(whole)
    start = len(whole) - len(NAMES) * SIZE * SIZE * 3
    for row in rows:
        content[start + row * SIZE * SIZE * 3 + 100 + row] ^= 4
    file.write_bytes(content)
    return whole


@pytest.fixture
def damaged(pictures):
    """Return the pixels as they should be, and an array's file of which row 3 is damaged."""
    cache = decode_all(pictures, NAMES, SIZE)
    expected, file = cache.pixels.copy(), cache.path
    damage(file, 3)
    return expected, file


CHOSEN = [0, -1, slice(0, 3), slice(None), slice(4, None, -1), np.int64(3), np.array([5, 3, 3]),
          np.array([], np.int64), np.array([[0, 1], [2, 3]])]  # fmt: skip


@pytest.mark.parametrize("chosen", CHOSEN, ids=str)
def test_what_is_given_out_is_what_a_plain_array_gives(pictures, damaged, chosen):
    expected, _ = damaged
    pixels = decode_all(pictures, NAMES, SIZE).pixels
    assert (pixels.shape, pixels.nbytes, len(pixels)) == (expected.shape, expected.nbytes, 6)
    assert np.array_equal(pixels[chosen], expected[chosen])
    assert np.array_equal(pixels[chosen], expected[chosen])  # seen before, now


def test_only_what_is_touched_is_checked_and_only_what_is_damaged_is_decoded(
    pictures, damaged, decoded
):
    expected, file = damaged
    before, said = file.read_bytes(), []
    pixels = decode_all(pictures, NAMES, SIZE, say=said.append).pixels
    assert np.array_equal(pixels[np.array([5, 0, 2])], expected[[5, 0, 2]])
    assert (decoded, said, file.read_bytes()) == ([], [], before)
    assert np.array_equal(pixels[np.array([-2, -3])], expected[[4, 3]])
    assert decoded == ["3.png"]
    assert said == [
        f"The cached pixels of 3.png are damaged (row 3 of {file}): it was decoded anew."
    ]
    assert np.array_equal(np.load(file), expected)


def test_what_was_checked_is_not_checked_again(pictures, monkeypatch):
    pixels = decode_all(pictures, NAMES, SIZE).pixels
    read, original = [], checked_pixels.zlib.crc32
    monkeypatch.setattr(checked_pixels.zlib, "crc32", lambda x: read.append(len(x)) or original(x))
    for rows in ([0, 1], [1, 2], [0, 2], [0, 1, 2]):
        pixels[np.array(rows)]
    assert len(read) == 3


def test_threads_check_what_one_would(pictures, monkeypatch):
    cache = decode_all(pictures, NAMES, SIZE)
    expected, file = cache.pixels.copy(), cache.path
    damage(file, 0, 2, 5)
    monkeypatch.setattr(checked_pixels, "WORTH_THREADS", 1)
    monkeypatch.setattr(checked_pixels.os, "cpu_count", lambda: 4)
    assert np.array_equal(decode_all(pictures, NAMES, SIZE).pixels[:], expected)


def test_a_black_row_of_an_unreadable_image_is_black_again(pictures, decoded):
    (pictures / "bad.png").write_text("no picture")
    cache = decode_all(pictures, ["bad.png", *NAMES[1:]], SIZE)
    decoded.clear()
    assert not cache.pixels[0].any()
    assert decoded == []
    damage(cache.path, 0)
    assert not decode_all(pictures, ["bad.png", *NAMES[1:]], SIZE).pixels[0].any()


def test_an_image_that_is_gone_cannot_mend_its_pixels(pictures, damaged):
    _, file = damaged
    pixels = decode_all(pictures, NAMES, SIZE).pixels
    (pictures / "3.png").unlink()
    with pytest.raises(DataError, match=r"3\.png are damaged .* isn't what it was") as caught:
        pixels[3]
    assert caught.value.hint == f"Remove {file} and run again."


def test_damage_that_cannot_be_written_over_is_never_given_out(pictures, damaged, monkeypatch):
    pixels = decode_all(pictures, NAMES, SIZE).pixels
    load = np.load

    def read_only(file, mmap_mode=None, **more):
        if mmap_mode == "r+":
            raise PermissionError(13, "Permission denied")
        return load(file, mmap_mode=mmap_mode, **more)

    monkeypatch.setattr(np, "load", read_only)
    for _ in range(2):
        with pytest.raises(DataError, match=r"3\.png .* can't be written: Permission denied"):
            pixels[3]
    assert pixels[4].any()


def test_what_stays_damaged_is_never_given_out(pictures, damaged):
    pixels = decode_all(pictures, NAMES, SIZE).pixels
    file = damaged[1]
    other = file.with_name("other")
    other.write_bytes(file.read_bytes())
    other.replace(file)  # what is mapped has no name any more
    for _ in range(2):
        with pytest.raises(DataError, match="stay damaged"):
            pixels[2:5]
    assert pixels[4].any()


def test_a_whole_array_is_read_where_nothing_can_be_written(pictures, own_cache, monkeypatch):
    expected = decode_all(pictures, NAMES, SIZE).pixels.copy()

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    for name in ("mkdir", "touch", "write_bytes"):
        monkeypatch.setattr(f"pathlib.Path.{name}", refused)
    monkeypatch.setattr("training.data.cache.locked", refused)
    assert np.array_equal(decode_all(pictures, NAMES, SIZE).pixels, expected)


def test_another_process_maps_the_same_files_and_checks_them_itself(pictures, damaged, decoded):
    expected, file = damaged
    sent = pickle.dumps(decode_all(pictures, NAMES, SIZE))
    assert b"IDAT" not in sent
    assert len(sent) < expected.nbytes / 4
    received = pickle.loads(sent)
    assert (received.path, decoded) == (file, [])
    assert np.array_equal(received.pixels[:], expected)
    assert decoded == ["3.png"]
    assert received.contents == decode_all(pictures, NAMES, SIZE).contents


def test_another_process_says_what_file_is_gone(pictures, damaged):
    sent = pickle.dumps(decode_all(pictures, NAMES, SIZE))
    damaged[1].unlink()
    with pytest.raises(DataError, match="are gone"):
        pickle.loads(sent)
