"""Decode what an unfinished array doesn't have yet: here, or on other machines too."""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data.blocks import Elsewhere, blocks_of
from training.data.decode_side_by_side import decode_side_by_side
from training.data.sources import Sources
from training.data.unfinished import Count, Unfinished

WORTH_SECONDS = 20.0
"""Of decoding here, from which on other machines are asked."""

FIRST = 64
ENOUGH_SECONDS = 1.0
"""So many images are decoded here first, and more until it takes as long: that tells the pace."""


@dataclass(frozen=True)
class Rest:
    """Images that an array doesn't have yet.

    Attributes:
        root: The folder that `paths` are relative to.
        paths: Of all images of the array, as `sources`.
        count: Is told how many images more are there.
    """

    unfinished: Unfinished
    root: Path
    paths: Sequence[str]
    sources: Sources
    count: Count

    def decode(self, elsewhere: Elsewhere | None = None) -> None:
        """Decode them.

        Args:
            elsewhere: Takes a part, where this machine would take `WORTH_SECONDS`.
        """
        if elsewhere is not None:
            seconds = self._seconds_each()
            if seconds * len(self.unfinished.left()) >= WORTH_SECONDS:
                self._decode_elsewhere(elsewhere, seconds)
        self._decode_here(self.unfinished.left())

    def _decode_here(self, places: NDArray[np.int64]) -> None:
        named = [(place, self.paths[place]) for place in places.tolist()]
        file, pixels = self.unfinished.file, self.unfinished.pixels
        for place, decoded in decode_side_by_side(file, pixels, named, self.root):
            self.unfinished.contents.note(place, decoded)
            self.count(1)

    def _seconds_each(self) -> float:
        """Decode some images here, and return what one takes."""
        n = FIRST
        while True:
            some = self.unfinished.left()[:n]
            started = time.perf_counter()
            self._decode_here(some)
            seconds = time.perf_counter() - started
            if seconds >= ENOUGH_SECONDS or len(some) < n:
                return seconds / max(1, len(some))
            n *= 2

    def _decode_elsewhere(self, elsewhere: Elsewhere, seconds: float) -> None:
        """Take what other machines decode; what they couldn't read is left to this one."""
        image_size, left = self.unfinished.pixels.shape[1], self.unfinished.left()
        blocks = blocks_of(self.root, self.paths, self.sources, image_size, left, seconds)
        with contextlib.closing(elsewhere(blocks)) as found:
            for block in found:
                for row, decoded in enumerate(block.found):
                    if not decoded.problem:
                        place = int(block.places[row])
                        self.unfinished.pixels[place] = block.pixels[row]
                        self.unfinished.contents.note(place, decoded)
                        self.count(1)
