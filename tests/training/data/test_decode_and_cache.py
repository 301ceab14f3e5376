import os

import numpy as np
import pytest
from pictures import noise
from PIL import Image, ImageFile
from torchvision.transforms import v2

from training.data import cache as cache_module
from training.data import decode as decode_module
from training.data.cache import decode_all
from training.data.decode import UnreadableError, crop, open_picture, resize, squared
from training.data.geometry import resize_size
from training.errors import DataError


@pytest.mark.parametrize("size", [(300, 200), (200, 300), (96, 97), (41, 40), (640, 33), (50, 50)])
@pytest.mark.parametrize("image_size", [64, 96, 224])
def test_pixels_are_those_of_torchvisions_transforms(size, image_size):
    picture = noise(*size, seed=sum(size))
    expected = v2.Compose([v2.Resize(resize_size(image_size)), v2.CenterCrop(image_size)])(picture)
    for ours in (crop(resize(picture, image_size), image_size), squared(picture, image_size)):
        assert np.array_equal(np.asarray(ours), np.asarray(expected))


def test_224_pixels_come_from_256():
    assert resize_size(224) == 256


@pytest.mark.parametrize("mode", ["L", "CMYK", "1", "P", "LA", "RGBA", "I;16"])
def test_other_colour_modes_become_rgb(tmp_path, mode):
    file = tmp_path / ("x.tif" if mode in ("CMYK", "I;16") else "x.png")
    source = noise(30, 20, 1).convert("L") if mode == "I;16" else noise(30, 20, 1)
    source.convert("I;16" if mode == "I;16" else mode).save(file)
    opened = open_picture(file)
    assert opened.image.mode == "RGB"
    assert opened.converted


def test_transparency_becomes_white(tmp_path):
    Image.new("RGBA", (4, 4), (200, 0, 0, 0)).save(tmp_path / "x.png")
    assert open_picture(tmp_path / "x.png").image.getpixel((1, 1)) == (255, 255, 255)
    palette = Image.new("P", (4, 4), 3)
    palette.putpalette([0, 0, 0] * 256)
    palette.save(tmp_path / "y.png", transparency=3)
    assert open_picture(tmp_path / "y.png").image.getpixel((1, 1)) == (255, 255, 255)


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    values = np.array([[0, 32768, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "x.tif")
    red = np.asarray(open_picture(tmp_path / "x.tif").image)[0, :, 0]
    assert red.tolist() == [0, 128, 255]


def test_a_turned_camera_is_turned_back(tmp_path):
    picture = noise(30, 20, 1)
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "x.jpg", exif=exif)
    assert open_picture(tmp_path / "x.jpg").image.size == (20, 30)


def broken_files(folder):
    noise(40, 40, 1).save(folder / "whole.jpg")
    content = (folder / "whole.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(content[: len(content) // 2])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("not an image")
    return ["truncated.jpg", "empty.jpg", "text.jpg", "absent.jpg"]


def test_broken_files_are_unreadable_with_a_reason(tmp_path):
    for name in broken_files(tmp_path):
        with pytest.raises(UnreadableError, match=r"\w+"):
            open_picture(tmp_path / name)


def test_a_cut_file_is_an_error_whatever_another_library_asked_of_pillow(tmp_path, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    broken_files(tmp_path)
    with pytest.raises(UnreadableError, match="truncated"):
        open_picture(tmp_path / "truncated.jpg")


def test_a_picture_that_claims_to_be_huge_is_not_decoded(tmp_path):
    Image.new("1", (20_000, 10_000)).save(tmp_path / "bomb.png")
    with pytest.raises(UnreadableError, match="pixels"):
        open_picture(tmp_path / "bomb.png")


def test_broken_files_are_told_and_the_rest_is_decoded(tmp_path):
    names = [*broken_files(tmp_path), "whole.jpg"]
    cache = decode_all(tmp_path, names, 32)
    assert sorted(cache.contents.unreadable) == [0, 1, 2, 3]
    assert cache.pixels[4].any()
    assert not cache.pixels[:4].any()


def count_decoding(monkeypatch):
    opened = []
    original = decode_module.open_picture

    def counting(path):
        opened.append(path.name)
        return original(path)

    monkeypatch.setattr(decode_module, "open_picture", counting)
    return opened


def test_pictures_are_decoded_once(tmp_path, monkeypatch):
    noise(40, 30, 1).save(tmp_path / "a.png")
    opened = count_decoding(monkeypatch)
    first = decode_all(tmp_path, ["a.png"], 32)
    second = decode_all(tmp_path, ["a.png"], 32)
    assert opened == ["a.png"]
    assert np.array_equal(first.pixels, second.pixels)
    assert first.contents == second.contents


def test_a_changed_picture_is_decoded_again(tmp_path, monkeypatch):
    noise(40, 30, 1).save(tmp_path / "a.png")
    first = decode_all(tmp_path, ["a.png"], 32)
    noise(41, 30, 2).save(tmp_path / "a.png")
    second = decode_all(tmp_path, ["a.png"], 32)
    assert first.contents != second.contents
    assert not np.array_equal(first.pixels, second.pixels)


@pytest.mark.parametrize("damage", ["array", "sidecar", "truncate"])
def test_a_damaged_cache_is_made_again(tmp_path, damage):
    noise(40, 30, 1).save(tmp_path / "a.png")
    first = decode_all(tmp_path, ["a.png"], 32)
    expected, path = first.pixels.copy(), first.path
    del first
    if damage == "array":
        path.write_bytes(b"nonsense")
    elif damage == "truncate":
        path.write_bytes(path.read_bytes()[:200])
    else:
        path.with_suffix(".contents").write_text("{")
    assert np.array_equal(decode_all(tmp_path, ["a.png"], 32).pixels, expected)


def test_a_full_disk_is_said_before_decoding(tmp_path, monkeypatch):
    noise(40, 30, 1).save(tmp_path / "a.png")
    monkeypatch.setattr(cache_module.shutil, "disk_usage", lambda _: type("U", (), {"free": 10}))
    with pytest.raises(DataError) as caught:
        decode_all(tmp_path, ["a.png"], 32)
    assert "HOMEWORK_CACHE" in caught.value.hint
    assert "need 1.05 MB in" in caught.value.message
    assert "only 10 bytes are free" in caught.value.message


def test_a_disk_that_fills_up_leaves_no_half_file(tmp_path, monkeypatch, own_cache):
    noise(40, 30, 1).save(tmp_path / "a.png")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DataError, match="no space left"):
        decode_all(tmp_path, ["a.png"], 32)
    assert list((own_cache / "pixels").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_one_message(tmp_path, monkeypatch):
    noise(40, 30, 1).save(tmp_path / "a.png")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError) as caught:
        decode_all(tmp_path, ["a.png"], 32)
    assert "HOMEWORK_CACHE" in caught.value.hint
