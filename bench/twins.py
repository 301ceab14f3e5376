"""Say what the search for pictures that look nearly the same adds to decoding them.

    python bench/twins.py --data DIR [--pictures 704] [--turns 25]

Pictures are decoded to 224 pixels, 16 at a time as a cache is filled, with and without their hash
in turn; each sixteen counts with its fastest turn of each.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch

import training.data.decode as decode
from training.device.environment import device_name


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=704)
    parser.add_argument("--turns", type=int, default=25)
    options = parser.parse_args()
    files = sorted(options.data.rglob("*.jpg"))
    files = files[:: max(1, len(files) // options.pictures)][: options.pictures]
    fastest = np.min([_turn(files, number) for number in range(options.turns)], axis=0)
    without, with_hash = fastest.sum(axis=0) * 1000 / len(files)
    each = f"{without:.3f} ms each without the hash, {with_hash:.3f} ms with it"
    where = device_name(torch.device("cpu"))
    print(f"{where}: {len(files)} pictures, {each}: {with_hash / without - 1:.1%} more")


def _turn(files: list[Path], number: int) -> list[tuple[float, float]]:
    """Return the seconds of every sixteen files, without and with the hash."""
    found = []
    for start in range(0, len(files), decode.AT_ONCE):
        some = files[start : start + decode.AT_ONCE]
        seconds = {hashing: _seconds(some, hashing) for hashing in _order(number)}
        found.append((seconds[False], seconds[True]))
    return found


def _order(number: int) -> tuple[bool, bool]:
    return (False, True) if number % 2 else (True, False)


def _seconds(files: list[Path], hashing: bool) -> float:
    pixels = np.zeros((len(files), 224, 224, 3), np.uint8)
    kept = decode.small_copy, decode.difference_hashes
    if not hashing:
        decode.small_copy = lambda image: b""
        decode.difference_hashes = lambda copies: [""] * len(copies)
    try:
        begun = time.perf_counter()
        decode.decode_into(pixels, list(enumerate(files)))
        return time.perf_counter() - begun
    finally:
        decode.small_copy, decode.difference_hashes = kept


if __name__ == "__main__":
    main()
