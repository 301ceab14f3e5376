"""Pictures are told by their content; values of more than eight bits are scaled by a rule."""

import struct
import sys

import numpy as np
import pytest
from pictures import noise
from PIL import Image

from training.data import formats
from training.data.decode import UnreadableError, open_picture
from training.data.index import index_folder
from training.data.tree import read_tree


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("x.jfif", "JPEG"), ("x.jpe", "JPEG"), ("x.JPG", "JPEG"), ("x.jpg_large", "JPEG"),
        ("x", "PNG"), ("x.txt", "PNG"), ("x.bin", "GIF"), ("x.mpo", "JPEG"), ("x.tif", "TIFF"),
        ("x.tga", "TGA"), ("x.ico", "ICO"), ("x.pcx", "PCX"), ("x.jp2", "JPEG2000"),
        ("x.avif", "AVIF"), ("x.webp", "WEBP"), ("x.img", "TIFF"),
    ],
)  # fmt: skip
def test_every_format_that_pillow_opens_is_a_picture(tmp_path, name, kind):
    Image.init()
    if kind not in Image.SAVE:
        pytest.skip(f"Pillow has no {kind} here")
    noise(32, 32, 1).save(tmp_path / name, kind)
    assert read_tree(tmp_path).pictures == [name]
    assert open_picture(tmp_path / name).image.mode == "RGB"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", b"P1 is a patient"), ("x.svg", b"<svg></svg>"), ("x.xml", b"<?xml?>"),
        ("x.npy", b"\x93NUMPY" + bytes(99)), ("x.mp4", b"\0\0\0\x18ftypmp42" + bytes(99)),
        ("x.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"), ("x.pdf", b"%PDF-1.7"),
        ("empty", b""), ("x.dcm", bytes(128) + b"DICM"), ("x.h5", b"\x89HDF\r\n\x1a\n" + bytes(99)),
        ("x.mpg", b"\0\0\1\xb3" + bytes(99)), ("x.csv", b"a,b\n"), ("x.zip", b"PK\3\4" + bytes(99)),
    ],
)  # fmt: skip
def test_other_files_are_none(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    tree = read_tree(tmp_path)
    assert (tree.pictures, tree.others) == ([], [name])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<!DOCTYPE html><p>404", "a web page"),
        (b"<svg xmlns='x'></svg>", "SVG"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (b"what", "not an image in a format that Pillow"),
    ],
)
def test_what_goes_by_a_pictures_name_is_unreadable_for_its_reason(tmp_path, content, why):
    (tmp_path / "x.jpg").write_bytes(content)
    with pytest.raises(UnreadableError, match=why):
        open_picture(tmp_path / "x.jpg")


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)


@pytest.mark.parametrize("name", ["x.heic", "x.jpg"])
def test_heic_without_its_extra_names_the_extra(tmp_path, name, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.setattr(formats, "reads_heic", lambda: False)
    (tmp_path / name).write_bytes(HEIC)
    with pytest.raises(UnreadableError, match=r"cnn-homework\[heic\]"):
        open_picture(tmp_path / name)


def test_heic_with_its_extra_is_read(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    noise(64, 64, 1).save(tmp_path / "x.heic")
    assert open_picture(tmp_path / "x.heic").image.size == (64, 64)


def test_a_class_of_another_suffix_is_a_class(tmp_path):
    for name, suffix, kind in (
        ("cat", "jpg", "JPEG"),
        ("emu", "jfif", "JPEG"),
        ("fox", "webp", "WEBP"),
    ):
        (tmp_path / name).mkdir()
        for i in range(3):
            noise(32, 32, i).save(tmp_path / name / f"{i}.{suffix}", kind)
    assert index_folder(tmp_path).classes == ("cat", "emu", "fox")


def tiff(file, rows, order, sample):
    """Write a grey TIFF by hand; `sample` is one of struct's letters."""
    height, width = len(rows), len(rows[0])
    data = b"".join(struct.pack(order + sample, value) for row in rows for value in row)
    bits = struct.calcsize(sample) * 8
    kind = {"H": 1, "I": 1, "i": 2, "f": 3, "d": 3}[sample]
    entries = [
        (256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 1), (262, 3, 1), (273, 4, 8),
        (277, 3, 1), (278, 4, height), (279, 4, len(data)), (339, 3, kind),
    ]  # fmt: skip
    mark = b"MM" if order == ">" else b"II"
    out = mark + struct.pack(order + "HI", 42, 8 + len(data)) + data
    out += struct.pack(order + "H", len(entries))
    for tag, form, value in entries:
        packed = (
            struct.pack(order + "HH", value, 0) if form == 3 else struct.pack(order + "I", value)
        )
        out += struct.pack(order + "HHI", tag, form, 1) + packed
    file.write_bytes(out + struct.pack(order + "I", 0))


def levels(file):
    opened = open_picture(file)
    assert opened.converted
    return np.asarray(opened.image)[:, :, 0].tolist()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("sample", "values", "expected"),
    [
        ("H", [0, 32768, 65535], [0, 128, 255]),
        ("H", [0, 2048, 4095], [0, 128, 255]),  # 12 bits in 16
        ("H", [0, 128, 255], [0, 128, 255]),
        ("H", [0, 4095, 4096], [0, 15, 16]),
        ("I", [0, 32768, 65535], [0, 128, 255]),
        ("i", [-1000, 0, 1000], [0, 128, 255]),
        ("I", [0, 10**6, 2 * 10**6], [0, 128, 255]),
        ("I", [0, 2**31, 2**32 - 1], [0, 128, 255]),
        ("d", [0.0, 0.5, 1.0], [0, 128, 255]),
        ("f", [0.0, 0.5, 1.0], [0, 128, 255]),
        ("f", [0.0, 100.0, 255.0], [0, 100, 255]),
        ("f", [-5.0, 0.0, 5.0], [0, 128, 255]),
        ("f", [1e6, 1.5e6, 2e6], [0, 128, 255]),
        ("f", [float("nan"), 0.5, 1.0], [0, 128, 255]),
        ("f", [float("inf"), 0.0, 1.0], [0, 0, 255]),
    ],
)
def test_scientific_values_are_scaled_by_the_rule(tmp_path, order, sample, values, expected):
    tiff(tmp_path / "x.tif", [values], order, sample)
    assert levels(tmp_path / "x.tif") == [expected]


def test_sixteen_bits_in_a_png_are_scaled(tmp_path):
    Image.fromarray(np.array([[0, 32768, 65535]], np.uint16)).save(tmp_path / "x.png")
    assert levels(tmp_path / "x.png") == [[0, 128, 255]]


def test_a_picture_that_keeps_few_of_many_levels_is_named(tmp_path):
    values = [[i * 10 for i in range(64)] for _ in range(64)]
    values[0][0] = 65535  # one hot pixel
    tiff(tmp_path / "x.tif", values, "<", "H")
    assert open_picture(tmp_path / "x.tif").remark == "4 of 65 grey levels are left"
    values[0][0] = 4096
    for row in values:
        row[:] = [value % 16 for value in row]
    values[0][0] = 5000
    tiff(tmp_path / "y.tif", values, "<", "H")
    assert "of 9 grey levels" in open_picture(tmp_path / "y.tif").remark


def test_a_picture_without_any_level_left_is_said_to_be_black(tmp_path):
    values = [[float("nan")] * 4 + [0.0, 0.001, 0.0015, 0.0019]]
    tiff(tmp_path / "x.tif", values, "<", "f")
    assert open_picture(tmp_path / "x.tif").remark.startswith("all black")


@pytest.mark.parametrize("mode", ["LA", "La", "RGBA", "RGBa", "LAB", "HSV", "YCbCr", "CMYK"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    from training.data.decode import _to_rgb

    picture = Image.new(mode, (4, 4))
    assert _to_rgb(picture).mode == "RGB"
