"""Pictures beside a person's Markdown, made part of the study: small, re-encoded, as `data:`."""

import base64
import errno
import io
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from training.byte_sizes import human_size
from training.errors import StudyError

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
"""What is read. SVG isn't a picture but a program for one."""

LONGEST_SIDE = 1600
"""Pixels; larger pictures are made smaller."""

LARGEST_FILE_BYTES = 50_000_000
LARGEST_PNG_BYTES = 500_000
"""Of a drawing; what is larger as PNG becomes a JPEG."""

LARGEST_TOTAL_BYTES = 10_000_000
"""Of all pictures of a section, encoded."""

ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)


def pictures_of(text: str, folder: Path, root: Path, where: str) -> dict[str, str]:
    """Return the pictures beside a Markdown text as `data:` addresses, by the path it names.

    Those that lie elsewhere, such as on the web, aren't fetched.

    Args:
        folder: That paths start from.
        root: The study file's folder; what lies outside isn't taken.
        where: Names the text in an error.

    Raises:
        StudyError: One isn't there, isn't a picture, is too large or lies outside.
    """
    found: dict[str, str] = {}
    for address in _addresses(text):
        if not ELSEWHERE.match(address) and address not in found:
            found[address] = _embedded(folder / unquote(address), root, where)
    n_bytes = sum(map(len, found.values()))
    if n_bytes > LARGEST_TOTAL_BYTES:
        raise StudyError(
            f"In {where}: its pictures take {human_size(n_bytes)}.",
            f"Up to {human_size(LARGEST_TOTAL_BYTES)} are possible: leave some out.",
        )
    return found


def _addresses(text: str) -> Iterator[str]:
    if "![" not in text:
        return
    from markdown_it import MarkdownIt

    for block in MarkdownIt("commonmark").parse(text):
        for token in block.children or ():
            if token.type == "image":
                yield str(token.attrs.get("src", ""))


def _embedded(file: Path, root: Path, where: str) -> str:
    if not file.resolve().is_relative_to(root.resolve()):
        raise StudyError(
            f"In {where}: the picture {file} lies outside of the study file’s folder.",
            "Copy it there.",
        )
    from PIL import Image

    too_large = Image.DecompressionBombError, Image.DecompressionBombWarning
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            kind, content = _encoded(file)
    except (OSError, ValueError, SyntaxError, *too_large) as error:  # of damaged files, too
        reason = getattr(error, "strerror", None) or "it isn’t a picture that can be read"
        raise StudyError(
            f"In {where}: can’t embed the picture {file}: {reason}.",
            f"Pictures lie beside the text and are {', '.join(FORMATS)}.",
        ) from error
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _encoded(file: Path) -> tuple[str, bytes]:
    """Return a picture as PNG, or as JPEG where that would be large, without its metadata."""
    from PIL import Image, ImageOps

    if not file.is_file():
        raise OSError(errno.ENOENT, "there is no such file")
    if file.stat().st_size > LARGEST_FILE_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {human_size(LARGEST_FILE_BYTES)}")
    with Image.open(io.BytesIO(file.read_bytes()), formats=FORMATS) as opened:
        turned = ImageOps.exif_transpose(opened)
        has_alpha = turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info
        picture = turned.convert("RGBA" if has_alpha else "RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    if stream.tell() <= LARGEST_PNG_BYTES:
        return "png", stream.getvalue()
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A") if has_alpha else None)
    stream = io.BytesIO()
    paper.save(stream, "JPEG", quality=85, optimize=True)
    return "jpeg", stream.getvalue()
