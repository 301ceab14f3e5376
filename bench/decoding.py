"""Decode drawn JPEGs by one process, and by Ray clusters of nodes with one CPU each.

    python bench/decoding.py --pictures 20000 --nodes 1 2

Every way is a process of its own that begins with an empty cache: its seconds with the start of
Python and the connection to Ray, but without the start of the cluster; and the most memory that it
had to itself. The last column stands for the bytes that it wrote: they are to be the same.
"""

import argparse
import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from many_pictures import run_stage
from PIL import Image

CLASSES = 20
WIDTH, HEIGHT = 320, 240

ONE_PROCESS = """
import os, sys
from pathlib import Path
from training.data.prepare import prepare
if sys.argv[3] == "one thread":
    os.cpu_count = lambda: 1
prepare(Path(sys.argv[1]), None, int(sys.argv[2]), None, 0)
"""

CLUSTER = """
import sys
from pathlib import Path
from training.data import decode_rest
from training.data.prepare import prepare
from training.executors.ray_decoding import RayDecoding
decode_rest.WORTH_SECONDS = 0.0
folder = Path(sys.argv[1])
elsewhere = RayDecoding(sys.argv[3], folder, print)
prepare(folder, None, int(sys.argv[2]), None, 0, say=print, elsewhere=elsewhere)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--nodes", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--place", type=Path, help="where to draw; kept if given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = options.place or Path(temporary)
        if not (place / "pictures").is_dir():
            draw(place / "pictures", options.pictures)
        print("| decoded by | seconds | own memory, MB | files |\n|---|---|---|---|", flush=True)
        for _ in range(options.rounds):
            for threads in ("one thread", "a thread a core"):
                measure(f"one process, {threads}", ONE_PROCESS, threads, place, options)
            for n in options.nodes:
                with cluster_of(n) as address:
                    measure(f"{n} nodes of one CPU", CLUSTER, address, place, options)


def draw(folder: Path, n: int) -> None:
    """Draw `n` JPEGs of soft noise, in folders of classes."""
    with ProcessPoolExecutor() as pool:
        list(pool.map(draw_class, *zip(*((folder, i, n) for i in range(CLASSES)), strict=True)))


def draw_class(folder: Path, number: int, n: int) -> None:
    place = folder / f"class-{number:02d}"
    place.mkdir(parents=True)
    for i in range(number, n, CLASSES):
        cells = np.random.default_rng(i).integers(0, 256, (24, 32, 3), np.uint8)
        Image.fromarray(cells).resize((WIDTH, HEIGHT), 3).save(place / f"{i:06d}.jpg", quality=85)


@contextlib.contextmanager
def cluster_of(n: int) -> Iterator[str]:
    """Start a head without CPUs and `n` nodes with one each; give the address."""
    from ray.cluster_utils import Cluster

    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    try:
        for _ in range(n):
            found.add_node(num_cpus=1)
        yield found.address
    finally:
        found.shutdown()


def measure(name: str, source: str, how: str, place: Path, options: argparse.Namespace) -> None:
    """Print the row of one way, and which bytes it made."""
    for file in kept(place):
        file.unlink()
    arguments = ["-c", source, str(place / "pictures"), str(options.image_size), how]
    seconds, peak = run_stage(arguments, place)
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in kept(place))).hexdigest()
    print(f"| {name} | {seconds:.1f} | {peak / 1e6:,.0f} | {digest[:12]} |", flush=True)


def kept(place: Path) -> list[Path]:
    """Return the array and what lies beside it, sorted."""
    return sorted(file for file in (place / "cache" / "pixels").glob("*") if file.is_file())


if __name__ == "__main__":
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    main()
