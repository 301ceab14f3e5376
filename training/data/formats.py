"""Which files are images: those that the installed Pillow opens, whatever they are called."""

import functools
import os
import stat
from pathlib import Path
from typing import Any

import PIL
from PIL import Image, TiffImagePlugin

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".bmp", ".dib", ".gif", ".webp", ".tif",
     ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".avif", ".avifs", ".mpo", ".jp2", ".j2k",
     ".jpx", ".j2c", ".heic", ".heif", ".hif"}
)  # fmt: skip
"""What an image's name ends in, in lower case. A file so named that can't be opened is an
unreadable image; one named otherwise is an image if it can be opened, else it is none."""

STUBS = frozenset({"BUFR", "GRIB", "HDF5", "MPEG", "WMF", "EPS"})
"""Formats that Pillow recognises but hands to other programs."""

MORE_TIFF: dict[Any, tuple[str, str]] = {
    (b"MM", 1, (1,), 1, (32,), ()): ("I", "I;32B"),
    (b"MM", 0, (1,), 1, (16,), ()): ("I;16B", "I;16B"),
    (b"MM", 1, (1,), 1, (12,), ()): ("I;16", "I;12"),
    (b"II", 1, (3,), 1, (64,), ()): ("F", "F;64F"),
    (b"MM", 1, (3,), 1, (64,), ()): ("F", "F;64BF"),
}
"""Grey images whose values Pillow can unpack, but whose TIFF headers it doesn't know: byte order,
photometric interpretation, sample format, fill order, bits, extra samples; mode and raw mode."""

HEAD = 32
"""First bytes of a file, which identify its format."""

HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"mif1", b"msf1")
HEIC_EXTRA = "HEIC, which needs an extra: pip install 'cnn-homework[heic]'"


@functools.cache
def load_formats() -> None:
    """Let Pillow know all its formats, and HEIC where pillow-heif is installed."""
    Image.init()
    for header, modes in MORE_TIFF.items():
        TiffImagePlugin.OPEN_INFO.setdefault(header, modes)
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return
    register_heif_opener()


@functools.cache
def _signed_formats() -> tuple[str, ...]:
    """Return the formats that tell themselves by their first bytes."""
    load_formats()
    return tuple(name for name, (_, accept) in Image.OPEN.items() if accept and name not in STUBS)


def named_as_picture(name: str) -> bool:
    """Tell whether a file's suffix is an image's."""
    return os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122


def opens(file: Path) -> bool:
    """Tell whether Pillow recognises a file by its content, in a format that it can decode."""
    head = _head(file)
    if not head:
        return False
    formats = [name for name in _signed_formats() if _accepts(name, head)]
    suffix = file.suffix.lower()
    unsigned = Image.registered_extensions().get(suffix)  # such as .tga, which has no signature
    if unsigned in Image.OPEN and unsigned not in STUBS and unsigned not in formats:
        formats.append(unsigned)
    if not formats:
        return False
    try:
        with Image.open(file, formats=formats):
            return True
    except Exception:  # whatever a decoder raises on what isn't its own
        return False


def _accepts(name: str, head: bytes) -> bool:
    accept = Image.OPEN[name][1]
    try:
        return accept is not None and accept(head[:16]) is True
    except Exception:
        return False


def _head(file: Path) -> bytes:
    """Return a regular file's first bytes; nothing where it can't be read, never waiting."""
    try:
        handle = os.open(
            file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
    except (OSError, ValueError):
        return b""
    try:
        found = os.fstat(handle)
        return os.read(handle, HEAD) if stat.S_ISREG(found.st_mode) and found.st_size else b""
    except OSError:
        return b""
    finally:
        os.close(handle)


def reads_heic() -> bool:
    """Tell whether pillow-heif is installed."""
    load_formats()
    return "HEIF" in Image.OPEN


def is_heic(head: bytes) -> bool:
    """Tell whether a file's first bytes are those of HEIC."""
    return head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS


def why_none(head: bytes) -> str:
    """Say why a file that ought to be an image couldn't be opened."""
    if is_heic(head) and not reads_heic():
        return HEIC_EXTRA
    start = head.lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        return "a web page with an image’s name"
    if start.startswith((b"<svg", b"<?xml")):
        return "SVG or XML, not a pixel image"
    if head.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS: fetch the file itself by `git lfs pull`"
    return f"not an image in a format that Pillow {PIL.__version__} opens"
