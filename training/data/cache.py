"""Decode each image once: a memory-mapped array of pixels, and what was met while decoding.

The array is named after the files' names, sizes and times, and each image lies behind a checksum: a
folder that didn't change is never decoded again, of one that did only what changed, and an image
that is damaged is made anew when it is wanted. Decoding that was ended goes on where it was.
"""

import contextlib
import errno
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from training.byte_sizes import human_size
from training.data import old_pixel_files, unfinished
from training.data.blocks import Elsewhere
from training.data.contents import write_contents
from training.data.decode_rest import Rest
from training.data.pixel_files import (
    BESIDE,
    Mender,
    PixelCache,
    load,
    most_alike,
)
from training.data.sources import Sources, sources_of
from training.errors import DataError, RecordError
from training.folders import cache_folder
from training.locks import locked
from training.plurals import counted
from training.records import remove_leftovers, writing

Stage = Callable[[int, int, str], None]
"""Receives (done, total, what)."""


def kept_pixels(root: Path, paths: Sequence[str], image_size: int) -> PixelCache | None:
    """Return the images at `image_size` if the cache holds them; decode nothing.

    One that is damaged there is mended when it is touched.
    """
    sources = sources_of(root, paths, image_size)
    return load(Mender(_array(sources, image_size), root, paths), sources, image_size)


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
    elsewhere: Elsewhere | None = None,
) -> PixelCache:
    """Return the images at `image_size`, decoding only what the cache doesn't hold.

    Args:
        say: Told beforehand what will be stored, and where.
        elsewhere: Decodes blocks on other machines, where there are many images.

    Raises:
        DataError: No space or no permission in the cache folder.
    """
    folder = cache_folder() / "pixels"
    sources = sources_of(root, paths, image_size)
    array = _array(sources, image_size)
    mender = Mender(array, root, paths, say)
    found = load(mender, sources, image_size)
    if found is not None:
        for file in (array, array.with_suffix(BESIDE)):
            with contextlib.suppress(OSError):
                file.touch()
        return found
    lock = cache_folder() / "locks" / f"{array.stem}.lock"
    try:
        with locked(lock, _says_that_it_waits(progress, len(paths))):
            found = load(mender, sources, image_size) or _of_old(mender, sources, image_size)
            return found or _decode(mender, sources, image_size, progress, elsewhere)
    except RecordError as error:
        raise _no_room(folder, error) from error


def _says_that_it_waits(progress: Stage | None, n: int) -> Callable[[str], None]:
    say = progress or (lambda done, total, what: None)
    return lambda holder: say(0, n, f"waiting for {holder}, which is decoding these images")


def _of_old(mender: Mender, sources: Sources, image_size: int) -> PixelCache | None:
    """Write beside an earlier version's array what today's has there, if it is whole."""
    old = mender.array.with_suffix(old_pixel_files.BESIDE)
    if not old.is_file():
        return None
    if mender.say is not None:
        mender.say(f"Checking {mender.array}, which an earlier version decoded: only this once.")
    contents = old_pixel_files.read_old(mender.array, sources, image_size)
    if contents is None:
        return None
    write_contents(mender.array.with_suffix(BESIDE), sources.kind, contents)
    old.unlink(missing_ok=True)
    return load(mender, sources, image_size)


def _decode(
    mender: Mender,
    sources: Sources,
    image_size: int,
    progress: Stage | None,
    elsewhere: Elsewhere | None,
) -> PixelCache:
    array, beside, n = mender.array, mender.array.with_suffix(BESIDE), len(mender.paths)
    remove_leftovers(array.parent, [array.name, beside.name])
    there = unfinished.n_reserved(array)
    _check_space(array.parent, n * image_size * image_size * 3 - there)
    if mender.say is not None:
        mender.say(will_store(n, image_size))
    try:
        with writing(array):
            _fill(mender, sources, image_size, progress, elsewhere)
            unfinished.give_name(array)
    except RecordError:
        unfinished.remove(array)
        raise
    loaded = load(mender, sources, image_size)
    if loaded is None:
        raise DataError(f"{array} can't be read back.", "Remove it and run again.")
    return loaded


def _fill(
    mender: Mender,
    sources: Sources,
    image_size: int,
    progress: Stage | None,
    elsewhere: Elsewhere | None,
) -> None:
    """Decode what no array has yet; nothing is mapped any more when this is done."""
    array, n = mender.array, len(mender.paths)
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, n, "images decoded")

    new = unfinished.begin(array, sources, image_size)
    unfinished.keep_what_is_whole(new, count)
    if done and mender.say is not None:
        mender.say(f"{done:,} of them were decoded before, by a process that was ended.")
    alike = most_alike(array.parent, sources, image_size)
    if alike is not None:
        unfinished.take_over(new, alike, count)
    Rest(new, mender.root, mender.paths, sources, count).decode(elsewhere)
    new.pixels.flush()  # type: ignore[attr-defined]
    write_contents(array.with_suffix(BESIDE), sources.kind, new.contents)


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
