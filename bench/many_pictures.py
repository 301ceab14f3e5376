"""Draw very many small pictures, and measure each stage of a study on them.

    python bench/scale.py pictures --pictures 10000

Every stage is a process of its own: its seconds with the start of Python and imports, and the most
memory that it had to itself at a time. Pages of mapped files, which the system takes back when it
needs them, don't count.
"""

import argparse
import multiprocessing
import os
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

SIDE = 32
"""Of the drawn pictures."""

DECODED = 64
"""That they are decoded to, the smallest that a study takes."""

CLASSES = 100
IN_A_FOLDER = 10_000
CELLS = 16
SECONDS_BETWEEN_LOOKS = 0.05


def add_options(part: argparse.ArgumentParser) -> None:
    part.add_argument("--pictures", type=int, default=10_000)
    part.add_argument("--place", type=Path, help="where to draw; kept if given")
    part.add_argument("--stages", nargs="+", default=list(STAGES), choices=list(STAGES))
    part.set_defaults(run=measure)


def draw(folder: Path, n: int) -> None:
    """Draw `n` pictures of `CLASSES` classes, at most `IN_A_FOLDER` in a folder."""
    with multiprocessing.get_context("spawn").Pool() as pool:
        jobs = [(folder, number, len(range(number, n, CLASSES))) for number in range(CLASSES)]
        pool.starmap(draw_class, jobs, chunksize=1)


def draw_class(folder: Path, number: int, n: int) -> None:
    """Draw a class: noise of its own colours, in large cells, so that files are small."""
    dice = np.random.default_rng(number)
    palette = dice.integers(0, 256, (4, 3), np.uint8)
    cell = np.ones((SIDE // CELLS, SIDE // CELLS), np.uint8)
    for i in range(n):
        if i % IN_A_FOLDER == 0:
            place = folder / f"class-{number:03d}"
            place = place / f"part-{i // IN_A_FOLDER:03d}" if n > IN_A_FOLDER else place
            place.mkdir(parents=True, exist_ok=True)
        cells = np.frombuffer(dice.bytes(CELLS * CELLS), np.uint8).reshape(CELLS, CELLS) % 4
        (place / f"{i:06d}.png").write_bytes(png(palette[np.kron(cells, cell)]))


def png(square: np.ndarray) -> bytes:
    """Return an RGB picture, uint8 (H, W, 3), as a PNG file; faster than Pillow does it."""
    height, width, _ = square.shape
    lines = np.zeros((height, 1 + 3 * width), np.uint8)  # each behind the number of its filter
    lines[:, 1:] = square.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR" + head, b"IDAT" + zlib.compress(lines, 1), b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in parts
    )


INDEX = """
import sys
from pathlib import Path
from training.data.layouts import index_pictures
from training.data.splits import split
index = index_pictures(Path(sys.argv[1]))
split(index, None, 0)
"""

PREPARE = """
import sys
from pathlib import Path
from training.data.prepare import prepare
prepare(Path(sys.argv[1]), None, int(sys.argv[2]), None, 0)
"""

TWINS = """
import sys
from pathlib import Path
from training.data.cache import kept_pixels
from training.data.duplicates import find_twins
from training.data.layouts import index_pictures
from training.data.prepare import used_pictures
from training.data.splits import split
index = index_pictures(Path(sys.argv[1]))
used = used_pictures(index, split(index, None, 0))
kept = kept_pixels(index.root, used.paths, int(sys.argv[2]))
find_twins(kept.contents, used.splits).record(used.paths, used.splits)
"""

STUDY = ("--preset", "quick", "--image-size", str(DECODED), "--width", "0.05", "--epochs", "1")


def _code(source: str) -> Callable[[Path], list[str]]:
    return lambda place: ["-c", source, str(place / "pictures"), str(DECODED)]


def _homework(*words: str) -> Callable[[Path], list[str]]:
    return lambda place: ["-m", "training", *(w.replace("PLACE", str(place)) for w in words)]


_WHERE = ("--data", "PLACE/pictures", "--runs", "PLACE/runs")

STAGES: dict[str, Callable[[Path], list[str]]] = {
    "index and split": _code(INDEX),
    "decode": _code(PREPARE),
    "prepare from the cache": _code(PREPARE),
    "find duplicates": _code(TWINS),
    "`data check`, from the cache": _homework(
        "data", "check", "PLACE/pictures", "--image-size", str(DECODED)
    ),
    "`plan`": _homework("plan", "scratch/baseline", *STUDY, *_WHERE),
    "`run`: one epoch, tested": _homework("run", "scratch/baseline", *STUDY, *_WHERE),
    "`render`": _homework("render", "--runs", "PLACE/runs", "--study", "quick"),
    "`verify`": _homework("verify", "PLACE/runs/quick/report.html"),
}
"""Of each stage what Python is given."""


def measure(options: argparse.Namespace) -> None:
    """Draw pictures, unless they are there, and print a row for each stage."""
    with tempfile.TemporaryDirectory() as temporary:
        place = options.place or Path(temporary)
        pictures = place / "pictures"
        if not pictures.is_dir():
            started = time.perf_counter()
            draw(pictures, options.pictures)
            print(f"Drew {options.pictures:,} pictures in {time.perf_counter() - started:.0f} s")
        print("| stage | pictures | seconds | own memory, MB |\n|---|---|---|---|", flush=True)
        for name in options.stages:
            seconds, peak = run_stage(STAGES[name](place), place)
            print(f"| {name} | {options.pictures:,} | {seconds:.1f} | {peak / 1e6:,.0f} |",
                  flush=True)  # fmt: skip
        for suffix in (".npy", ".contents"):
            n_bytes = sum(file.stat().st_size for file in (place / "cache").rglob(f"*{suffix}"))
            print(f"{suffix} files: {n_bytes / options.pictures:.0f} bytes a picture")


def run_stage(arguments: list[str], place: Path) -> tuple[float, int]:
    """Return the seconds and the most own memory, in bytes, that Python and what it starts took."""
    environment = {**os.environ, "HOMEWORK_CACHE": str(place / "cache")}
    with (place / "log.txt").open("ab") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments], env=environment, stdout=log, stderr=log
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, own_memory(process.pid))
            time.sleep(SECONDS_BETWEEN_LOOKS)
        seconds = time.perf_counter() - started
    if process.returncode:
        print(f"ended with {process.returncode}, see {place / 'log.txt'}", file=sys.stderr)
    return seconds, peak


def own_memory(pid: int) -> int:
    """Return the bytes of memory that a process and its children have to themselves."""
    return sum(_anonymous(number) for number in _family(pid))


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = [file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return
    for child in " ".join(children).split():
        # one that hasn't started its own program yet shares all memory with this one
        if _program(int(child)) != _program(pid):
            yield from _family(int(child))


def _program(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _anonymous(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("RssAnon")]
    return 1024 * int(found[0]) if found else 0
