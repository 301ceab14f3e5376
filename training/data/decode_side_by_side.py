"""Decode many images at a time: by threads, and where there are many of both, by processes.

Pillow lets go of Python's lock while it decodes and resizes, but not in between, so that threads
wait for each other: 16 of them were about as fast as 3 processes. A process is worth its start only
where there are many images. One that dies is done without.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data.decode import AT_ONCE, Decoded, decode_into

WORTH_PICTURES = 1500
WORTH_CORES = 4
"""From so many images and cores on, processes decode."""

START = f"""
import sys
place = sys.argv.pop(1)
if place not in sys.path:  # the package isn't installed, or elsewhere, too
    sys.path.insert(0, place)
from {__name__} import main
main()
"""

Named = tuple[int, str]
"""An image's place in the array, and its path."""


def decode_side_by_side(
    array: Path, pixels: NDArray[np.uint8], pictures: Sequence[Named], root: Path
) -> Iterator[tuple[int, Decoded]]:
    """Fill an array of pixels from images' files; yield what was met, in no certain order.

    Args:
        array: The array's file.
        pixels: The same mapped, (N, S, S, 3).
        pictures: Which places of it to fill, from which files.
        root: The folder that paths are relative to.
    """
    n_cores = os.cpu_count() or 1
    many = len(pictures) >= WORTH_PICTURES and n_cores >= WORTH_CORES
    chunks = [pictures[i : i + AT_ONCE] for i in range(0, len(pictures), AT_ONCE)]
    idle: queue.SimpleQueue[_Process | None] = queue.SimpleQueue()
    with contextlib.ExitStack() as stack:
        for _ in range(n_cores):
            idle.put(stack.enter_context(_Process(array, root)) if many else None)

        def decode(chunk: Sequence[Named]) -> list[Decoded]:
            process = idle.get()
            try:
                answer = process.decode(chunk) if process is not None else None
            finally:
                idle.put(process)
            if answer is not None:
                return answer
            return decode_into(pixels, [(place, root / path) for place, path in chunk])

        pool = stack.enter_context(ThreadPoolExecutor(n_cores))
        for chunk, answers in zip(chunks, pool.map(decode, chunks), strict=True):
            for (place, _), decoded in zip(chunk, answers, strict=True):
                yield place, decoded


class _Process:
    """Python decoding images into an array, until its input ends."""

    def __init__(self, array: Path, root: Path) -> None:
        # -P: nothing from the current folder, where a file may be called numpy.py
        place = str(Path(__file__).parents[2])
        command = [sys.executable, "-P", "-c", START, place, str(array), str(root)]
        self._process: subprocess.Popen[str] | None = None
        with contextlib.suppress(OSError):  # no memory for another, or too many
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )

    def __enter__(self) -> "_Process":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def decode(self, chunk: Sequence[Named]) -> list[Decoded] | None:
        """Return what the process met; None where it is dead."""
        if self._process is None:
            return None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{json.dumps(chunk)}\n")
            self._process.stdin.flush()
            answers = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            return None
        return [
            Decoded(digest, (width, height), converted, problem, remark, look, crc32)
            for digest, width, height, converted, problem, remark, look, crc32 in answers
        ]


def main() -> None:
    """Decode what standard input names into the array; answer each line by one."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the parent decides
    array, root = sys.argv[1:]
    pixels = np.load(array, mmap_mode="r+")
    for line in sys.stdin:
        found = decode_into(pixels, [(place, Path(root, path)) for place, path in json.loads(line)])
        answers = [
            (
                item.digest,
                *item.size,
                item.converted,
                item.problem,
                item.remark,
                item.hash,
                item.crc32,
            )
            for item in found
        ]
        print(json.dumps(answers), flush=True)
