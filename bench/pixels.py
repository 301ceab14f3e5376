"""Compare ways from picture files to batches that a network can take, in one run.

    python bench/pixels.py --data DIR

naive: PIL in DataLoader workers, every epoch anew. peer: torchvision's decoder and v2 transforms in
workers that stay. ours, first: decode into the pixel cache, then gather; ours, later: open the
cache, as every later run does, then gather. Every row ends with the same normalised float batches;
the mean of all values stands beside the time, because a fast wrong pass is worth nothing. Rounds
alternate the ways; the fastest of each counts. The system has the files in its memory for all ways.
"""

import argparse
import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from recipes import IMAGENET, add_options, picture_loader, spec_of
from torch import Tensor

from training.data.cache import decode_all
from training.data.locate import locate
from training.data.prepare import PreparedData, prepare
from training.device.environment import device_name, keep_memory
from training.engine.batches import PictureInputs, in_order

Way = Callable[[], Iterator[Tensor]]


def main() -> None:
    """Run all ways in turn and print the table."""
    options = _options()
    device = torch.device("cpu")
    keep_memory()
    with _cache_of_its_own():
        data = _data(options)
        ways = _ways(options, data, device)
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, way in ways.items():
                found[name].append(_timed(way))
    print(f"{device_name(device)}, torch {torch.__version__}; {len(data.paths)} pictures of "
          f"{options.data}, {options.image_size} px, batch {options.batch_size}, "
          f"{options.workers} workers, {torch.get_num_threads()} threads\n")  # fmt: skip
    print(f"{'way':14} {'seconds':>8} {'pictures/s':>11} {'speed-up':>9}  mean of all values")
    slowest = min(seconds for seconds, _ in found["naive"])
    for name, rounds in found.items():
        seconds = min(seconds for seconds, _ in rounds)
        print(f"{name:14} {seconds:8.2f} {len(data.paths) / seconds:11,.0f} "
              f"{slowest / seconds:8.2f}×  {rounds[0][1]:.4f}")  # fmt: skip


def _options() -> argparse.Namespace:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    add_options(parser)
    parser.add_argument("--rounds", type=int, default=3)
    parser.set_defaults(task="all")
    return parser.parse_args()


@contextlib.contextmanager
def _cache_of_its_own() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as place:
        os.environ["HOMEWORK_CACHE"] = place
        yield


def _data(options: argparse.Namespace) -> PreparedData:
    """Return the data set, of it as many pictures as asked for, all of them to be read."""
    data = prepare(locate(options.data), None, options.image_size, None, 0)
    chosen = torch.randperm(len(data.paths), generator=torch.Generator().manual_seed(0))
    rows = chosen[: options.pictures].sort().values.numpy()
    data.paths = [data.paths[row] for row in rows]
    data.labels = data.labels[rows]
    data.splits["train"] = torch.arange(len(rows)).numpy()
    return data


def _ways(options: argparse.Namespace, data: PreparedData, device: torch.device) -> dict[str, Way]:
    spec = spec_of(options, 1)

    def loaded(recipe: str) -> Way:
        loader = picture_loader(recipe, spec, data, "train", device, options.workers)
        return lambda: (pictures for pictures, _ in loader)

    def ours() -> Iterator[Tensor]:
        pixels = decode_all(data.root, data.paths, options.image_size).pixels
        inputs = PictureInputs(
            pixels, data.splits["train"], data.labels, mean=IMAGENET[0], std=IMAGENET[1],
            device=device,
        )  # fmt: skip
        for chosen in in_order(len(data.paths), options.batch_size):
            yield inputs.gather(chosen)

    def first() -> Iterator[Tensor]:
        for file in (Path(os.environ["HOMEWORK_CACHE"]) / "pixels").glob("*"):
            file.unlink()
        return ours()

    return {"naive": loaded("naive"), "peer": loaded("peer"), "ours, first": first,
            "ours, later": ours}  # fmt: skip


def _timed(way: Way) -> tuple[float, float]:
    """Return the seconds of a pass, and the mean of what came."""
    started = time.perf_counter()
    total, n = 0.0, 0
    for pictures in way():
        total += float(pictures.sum())
        n += pictures.numel()
    return time.perf_counter() - started, total / n


if __name__ == "__main__":
    main()
