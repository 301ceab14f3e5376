"""Decode each image once: a memory-mapped array of pixels, and what was met while decoding.

The array is named after the files' names, sizes and times, and lies behind a checksum: a folder
that didn't change is never decoded again, of one that did only what changed, and an array that is
damaged or another's is made anew.
"""

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import PIL

from training.byte_sizes import human_size
from training.data.decode import Decoded
from training.data.decode_side_by_side import decode_side_by_side
from training.data.formats import reads_heic
from training.data.pixel_files import (
    Contents,
    PixelCache,
    Sources,
    describe,
    load,
    most_alike,
)
from training.errors import DataError, RecordError
from training.folders import cache_folder
from training.locks import locked
from training.plurals import counted
from training.records import remove_leftovers, replacing

Stage = Callable[[int, int, str], None]
"""Receives (done, total, what)."""

DECODER = 3
"""Changes whenever the pixels made from a file would, or what is kept beside them."""


def contents_of(decoded: Sequence[Decoded]) -> Contents:
    """Put together what was met in decoding some images."""
    return Contents(
        digests=[item.digest for item in decoded],
        sizes=[item.size for item in decoded],
        converted=[item.converted for item in decoded],
        unreadable={i: item.problem for i, item in enumerate(decoded) if item.problem},
        remarks={i: item.remark for i, item in enumerate(decoded) if item.remark},
        hashes=[item.hash for item in decoded],
    )


def kept_pixels(root: Path, paths: Sequence[str], image_size: int) -> PixelCache | None:
    """Return the images at `image_size` if the cache holds them; decode and write nothing."""
    sources = _sources(root, paths, image_size)
    return load(_array(sources, image_size), sources, image_size)


def will_store(n: int, image_size: int) -> str:
    """Say what decoding images will write, and where."""
    n_bytes = n * image_size * image_size * 3
    return (
        f"Decoding {counted(n, 'image')} to {image_size} × {image_size} pixels: "
        f"{human_size(n_bytes)} will be cached in {cache_folder() / 'pixels'} "
        "(`homework data clean` removes them)."
    )


def _array(sources: Sources, image_size: int) -> Path:
    return cache_folder() / "pixels" / f"{sources.name()}-{image_size}px.npy"


def decode_all(
    root: Path,
    paths: Sequence[str],
    image_size: int,
    progress: Stage | None = None,
    say: Callable[[str], None] | None = None,
) -> PixelCache:
    """Return the images at `image_size`, decoding only what the cache doesn't hold.

    Args:
        say: Told beforehand what will be stored, and where.

    Raises:
        DataError: No space or no permission in the cache folder.
    """
    folder = cache_folder() / "pixels"
    sources = _sources(root, paths, image_size)
    array = _array(sources, image_size)
    found = load(array, sources, image_size)
    if found is not None:
        with contextlib.suppress(OSError):
            array.touch()
            array.with_suffix(".json").touch()
        return found
    lock = cache_folder() / "locks" / f"{array.stem}.lock"
    try:
        with locked(lock, _says_that_it_waits(progress, len(paths))):
            found = load(array, sources, image_size)
            if found is None and say is not None:
                say(will_store(len(paths), image_size))
            return found or _decode(array, sources, root, paths, image_size, progress)
    except RecordError as error:
        raise _no_room(folder, error) from error


def _says_that_it_waits(progress: Stage | None, n: int) -> Callable[[str], None]:
    say = progress or (lambda done, total, what: None)
    return lambda holder: say(0, n, f"waiting for {holder}, which is decoding these images")


def _decode(
    array: Path,
    sources: Sources,
    root: Path,
    paths: Sequence[str],
    image_size: int,
    progress: Stage | None,
) -> PixelCache:
    sidecar = array.with_suffix(".json")
    remove_leftovers(array.parent, [array.name, sidecar.name])
    _check_space(array.parent, len(paths) * image_size * image_size * 3)
    alike = most_alike(array.parent, sources, image_size)
    with replacing(array) as temporary:
        description = _decode_into(temporary, sources, root, paths, image_size, alike, progress)
    with replacing(sidecar) as temporary:
        temporary.write_bytes(description)
    loaded = load(array, sources, image_size)
    if loaded is None:
        raise DataError(f"{array} can't be read back.", "Remove it and run again.")
    return loaded


def _sources(root: Path, paths: Sequence[str], image_size: int) -> Sources:
    more = " heif" if reads_heic() else ""  # what was unreadable without is tried again
    kind = _short(f"{DECODER} {PIL.__version__} {image_size} {root.resolve()}{more}")
    return Sources(kind, [_short(_state(root, path)) for path in paths])


def _state(root: Path, path: str) -> str:
    try:
        state = (root / path).stat()
    except OSError:
        return f"{path} missing"
    # the last is set by the system alone: a file rewritten under its old time has another
    return f"{path} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}"


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def _check_space(folder: Path, n_bytes: int) -> None:
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    place = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(place).free
    needed = n_bytes * 1.02 + 2**20
    if free < needed:
        raise DataError(
            f"The decoded images need {human_size(needed)} in {folder}, "
            f"but only {human_size(free)} are free.",
            "Free some space, or name a folder on another disk in the variable HOMEWORK_CACHE.",
        )


def _no_room(folder: Path, error: RecordError) -> DataError:
    cause = error.__cause__
    full = isinstance(cause, OSError) and cause.errno == errno.ENOSPC
    what = "no space left" if full else str(error.message)
    return DataError(
        f"Can't cache the decoded images in {folder}: {what}",
        "Free some space, or name a folder that can be written in the variable HOMEWORK_CACHE.",
    )


def _reserve(file: Path) -> None:
    """Claim the file's space now: writing to a map on a full disk would kill the process."""
    if hasattr(os, "posix_fallocate"):
        with file.open("rb+") as stream:
            os.posix_fallocate(stream.fileno(), 0, file.stat().st_size)


def _decode_into(
    file: Path,
    sources: Sources,
    root: Path,
    paths: Sequence[str],
    image_size: int,
    alike: tuple[PixelCache, dict[int, int]] | None,
    progress: Stage | None,
) -> bytes:
    """Fill an array's file, from another array where that has the image; return what it holds."""
    shape = (len(paths), image_size, image_size, 3)
    pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)
    _reserve(file)

    kept, rows = alike or (None, {})

    found: dict[int, Decoded] = {}

    def count() -> None:
        if progress is not None:
            progress(len(found), len(paths), "images decoded")

    for position, row in rows.items():
        assert kept is not None
        known = kept.contents
        pixels[position] = kept.pixels[row]
        found[position] = Decoded(
            known.digests[row],
            known.sizes[row],
            known.converted[row],
            remark=known.remarks.get(row, ""),
            hash=known.hashes[row],
        )
        count()
    new = [(position, path) for position, path in enumerate(paths) if position not in rows]
    for position, result in decode_side_by_side(file, pixels, new, root):
        found[position] = result
        count()
    decoded = [found[position] for position in range(len(paths))]
    pixels.flush()
    return describe(sources, pixels, contents_of(decoded))
