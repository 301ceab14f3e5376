"""Open one image and bring it to size: the same pixels as torchvision's transforms on it."""

import hashlib
import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile, ImageOps

from training.data.difference_hash import difference_hashes, small_copy
from training.data.formats import HEAD, load_formats, why_none
from training.data.geometry import centre_box, resize_size, resized
from training.data.grey_levels import SCIENTIFIC, is_unsigned, to_grey

AT_ONCE = 16
"""Images that are decoded in one go."""

MAXIMUM_PIXELS = 100_000_000
"""Larger images are refused unopened: a small file can claim to be a huge image."""


class UnreadableError(Exception):
    """An image can't be decoded; the message says why in a few words."""


@dataclass(frozen=True)
class Opened:
    """A decoded image.

    Attributes:
        image: RGB, upright, at its own size.
        converted: It was not RGB (grey, CMYK, palette, with transparency).
        digest: Of the file's bytes.
        remark: What got lost, where many grey levels became few.
    """

    image: Image.Image
    converted: bool
    digest: str
    remark: str = ""


@dataclass(frozen=True)
class Decoded:
    """What was met while decoding an image.

    Attributes:
        digest: Of the file's bytes.
        size: (width, height) in pixels.
        converted: See `Opened`.
        problem: Why there are no pixels, in a few words; empty where there are.
        remark: See `Opened`.
        hash: Of what the picture looks like, see `difference_hash`.
        crc32: Of the pixels that were made; 0 where none were kept.
    """

    digest: str = ""
    size: tuple[int, int] = (0, 0)
    converted: bool = False
    problem: str = ""
    remark: str = ""
    hash: str = ""
    crc32: int = 0


def decode_into(pixels: NDArray[np.uint8], pictures: Sequence[tuple[int, Path]]) -> list[Decoded]:
    """Fill rows of pixels (N, S, S, 3) from images' files, where these can be read.

    Args:
        pixels: The whole array.
        pictures: The row and the file of each image.

    Returns:
        What was met, with the CRC-32 of each row, black ones too.
    """

    def fill(place: int, image: Image.Image) -> None:
        pixels[pictures[place][0]] = np.asarray(squared(image, pixels.shape[1]))

    found = decode_each([path for _, path in pictures], fill)
    return [
        replace(item, crc32=zlib.crc32(pixels[row].data))  # while they are in the processor's cache
        for item, (row, _) in zip(found, pictures, strict=True)
    ]


def decode_each(paths: Sequence[Path], use: Callable[[int, Image.Image], None]) -> list[Decoded]:
    """Decode images' files one after the other and return what was met.

    Args:
        paths: Some sixteen files: their hashes are computed together.
        use: Gets the place in `paths` and the image of each that can be read.
    """
    found: list[Decoded] = []
    hashed: list[int] = []
    copies: list[bytes] = []
    for place, path in enumerate(paths):
        try:
            opened = open_picture(path)
        except UnreadableError as error:
            found.append(Decoded(problem=str(error)))
            continue
        image = opened.image
        hashed.append(place)
        copies.append(small_copy(image))  # while the image is still in the processor's cache
        found.append(Decoded(opened.digest, image.size, opened.converted, remark=opened.remark))
        use(place, image)
    for place, look in zip(hashed, difference_hashes(copies), strict=True):
        found[place] = replace(found[place], hash=look)
    return found


def open_picture(path: Path) -> Opened:
    """Decode an image file to RGB.

    Transparent pixels become white. The camera's orientation mark is obeyed. Values of more than
    eight bits are scaled as `grey_levels` says.

    Raises:
        UnreadableError: The file can't be read or decoded, or is too large to be decoded safely.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableError(error.strerror or str(error)) from error
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    if not content:
        raise UnreadableError("the file is empty")
    load_formats()
    try:
        with Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > MAXIMUM_PIXELS:
                raise UnreadableError(f"{image.width} × {image.height} pixels are too many")
            _refuse_cut_files()
            image.load()
            upright = ImageOps.exif_transpose(image)
            if upright.mode in SCIENTIFIC:
                grey, remark = to_grey(upright, is_unsigned(image))
                return Opened(grey.convert("RGB"), True, digest, remark)
            return Opened(_to_rgb(upright), image.mode != "RGB", digest)
    except UnreadableError:
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableError("too many pixels") from error
    except Exception as error:  # decoders raise many kinds on damaged files
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "cannot identify" in reason:
            reason = why_none(content[:HEAD])
        raise UnreadableError(reason) from error


def _refuse_cut_files() -> None:
    """Make a cut file an error, whatever another library in this process asked of Pillow.

    WeasyPrint asks for cut files to be shown, for the whole process, when it is imported.
    """
    ImageFile.LOAD_TRUNCATED_IMAGES = False


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode == "LAB":
        profiles = (ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"))
        converted = ImageCms.profileToProfile(image, *profiles, outputMode="RGB")
        assert converted is not None
        return converted
    if image.mode in ("La", "RGBa"):
        image = image.convert("LA" if image.mode == "La" else "RGBA")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def resize(image: Image.Image, image_size: int) -> Image.Image:
    """Bring the shorter side to `resize_size(image_size)`, bilinear with antialiasing."""
    size = resized(image.size, resize_size(image_size))
    return image if size == image.size else _stretched(image, size)


def crop(image: Image.Image, image_size: int) -> Image.Image:
    """Cut the centre square."""
    return image.crop(centre_box(image.size, image_size))


def squared(image: Image.Image, image_size: int) -> Image.Image:
    """Return what `resize` and `crop` make of an image, the same pixels.

    Pillow resizes in two passes, along the rows and then along each column by itself: columns that
    the crop cuts away are left out of the second.
    """
    width, height = resized(image.size, resize_size(image_size))
    left, top, right, bottom = centre_box((width, height), image_size)
    image = image if width == image.width else _stretched(image, (width, image.height))
    image = image.crop((left, 0, right, image.height))
    image = image if height == image.height else _stretched(image, (image.width, height))
    return image.crop((0, top, image.width, bottom))


def _stretched(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.resize(size, Image.Resampling.BILINEAR)
