"""Arrays that earlier versions decoded are taken over, once they were checked whole."""

import hashlib
import json
import zlib

import numpy as np
import pytest
from pictures import noise, noisy_folder
from PIL import Image

from training.data import old_pixel_files
from training.data.cache import decode_all

NAMES = [*(f"{i}.png" for i in range(5)), "bad.png", "grey.png", "deep.png"]
SIZE = 16


@pytest.fixture
def pictures(tmp_path):
    folder = noisy_folder(tmp_path, NAMES)
    (folder / "bad.png").write_text("no picture")
    noise(30, 24, 9).convert("L").save(folder / "grey.png")
    deep = np.full((40, 50), 5, np.uint16)
    deep[0], deep[1, 0] = range(5, 55), 2**16 - 1
    Image.fromarray(deep).save(folder / "deep.png")
    return folder


@pytest.fixture
def old(pictures, monkeypatch):
    """Leave an array as earlier versions did; return its file and what it holds."""
    per_part = 3
    monkeypatch.setattr(old_pixel_files, "CHECKED_AT_ONCE", per_part * SIZE * SIZE * 3)
    cache = decode_all(pictures, NAMES, SIZE)
    pixels, rows = cache.pixels.copy(), cache.contents.rows
    states = [row["state"].tobytes().hex() for row in rows]
    name = hashlib.blake2b("\n".join([cache.kind, *states]).encode(), digest_size=12).hexdigest()
    assert cache.path.name == f"{name}-{SIZE}px.npy"
    contents = {
        "digests": [row["digest"].tobytes().hex() if row["flags"] & 1 else "" for row in rows],
        "sizes": [[int(row["width"]), int(row["height"])] for row in rows],
        "converted": [bool(row["flags"] & 2) for row in rows],
        "unreadable": cache.contents.unreadable,
        "remarks": cache.contents.remarks,
        "hashes": [row["hash"].tobytes().hex() if row["flags"] & 4 else "" for row in rows],
    }
    described = {
        "sources": {"kind": cache.kind, "states": states},
        "pixels_crc32": [
            zlib.crc32(pixels[i : i + per_part].tobytes()) for i in range(0, len(pixels), per_part)
        ],
        "contents": contents,
    }
    content = json.dumps(described, separators=(",", ":"))
    seal = hashlib.sha256(content.encode()).hexdigest()
    cache.path.with_suffix(".json").write_text(f'{{"sha256":"{seal}","content":{content}}}')
    cache.path.with_suffix(".contents").unlink()
    return cache.path, pixels, cache.contents


def test_it_is_described_anew_and_nothing_is_decoded(pictures, old, decoded):
    file, pixels, contents = old
    said = []
    found = decode_all(pictures, NAMES, SIZE, say=said.append)
    assert decoded == []
    assert said == [f"Checking {file}, which an earlier version decoded: only this once."]
    assert np.array_equal(found.pixels, pixels)
    assert found.contents == contents
    assert not file.with_suffix(".json").exists()
    said.clear()
    decode_all(pictures, NAMES, SIZE, say=said.append)
    assert said == []


@pytest.mark.parametrize("place", [-1, -SIZE * SIZE * 3 * 4, 130, 3])
def test_one_that_is_damaged_is_decoded_anew(pictures, old, decoded, place):
    file, pixels, contents = old
    content = bytearray(file.read_bytes())
    content[place] ^= 2
    file.write_bytes(content)
    found = decode_all(pictures, NAMES, SIZE)
    assert set(decoded) == set(NAMES)
    assert np.array_equal(found.pixels, pixels)
    assert found.contents == contents


def test_damage_beside_it_has_it_decoded_anew(pictures, old, decoded):
    file, pixels, _ = old
    beside = file.with_suffix(".json")
    beside.write_text(beside.read_text().replace("[30,24]", "[31,24]", 1))
    assert np.array_equal(decode_all(pictures, NAMES, SIZE).pixels, pixels)
    assert set(decoded) == set(NAMES)
