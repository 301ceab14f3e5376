"""`homework data clean`: what can be made again goes, all else stays."""

import json
import os
import time

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.data.cache import decode_all
from training.data.clean import SECONDS_OF_A_DAY

KEPT = ("weights/alexnet.pth", "caltech101/a.jpg", "remote/1/runs/quick/study.json", "sample/a.png")
GONE = ("pixels/a-64px.npy", "pixels/a-64px.json", "features/b.tensors", "figures/c.svg",
        "reports/d/e.json")  # fmt: skip


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    for name in (*KEPT, *GONE):
        file = tmp_path / "cache" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"12345")
    return tmp_path / "cache"


def age(file, days):
    then = time.time() - days * SECONDS_OF_A_DAY
    os.utime(file, (then, then))


def there(cache):
    return {p.relative_to(cache).as_posix() for p in cache.rglob("*") if p.is_file()}


def clean(*options):
    result = CliRunner().invoke(cli, ["data", "clean", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_what_was_used_lately_stays(cache):
    age(cache / GONE[0], 31)
    age(cache / KEPT[0], 31)
    clean()
    assert there(cache) == {*KEPT, *GONE[1:]}


def test_all_goes_but_what_cannot_be_made_again(cache):
    assert "\n25 bytes would be removed" in clean("--all", "--dry-run")
    assert there(cache) == {*KEPT, *GONE}
    answer = json.loads(clean("--all", "--json"))
    assert answer["kinds"]["pixels"] == {"files": 2, "bytes": 10}
    assert there(cache) == set(KEPT)


def test_use_keeps_decoded_pictures(tmp_path, monkeypatch):
    from PIL import Image

    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    array = decode_all(tmp_path, ["a.png"], 4).path
    age(array, 40)
    age(array.with_suffix(".contents"), 40)
    decode_all(tmp_path, ["a.png"], 4)
    clean()
    assert array.exists()
    assert array.with_suffix(".contents").exists()


def test_a_picture_rewritten_under_its_old_time_is_decoded_again(tmp_path, monkeypatch):
    from PIL import Image

    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "a.bmp"
    Image.new("RGB", (8, 8), (10, 20, 30)).save(file)
    before = file.stat()
    assert decode_all(tmp_path, ["a.bmp"], 4).pixels[0, 0, 0].tolist() == [10, 20, 30]
    time.sleep(0.02)  # coarser clocks than this one are rare
    Image.new("RGB", (8, 8), (90, 80, 70)).save(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert decode_all(tmp_path, ["a.bmp"], 4).pixels[0, 0, 0].tolist() == [90, 80, 70]
