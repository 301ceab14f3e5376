"""An array of images that is checked where it is touched for the first time, and nowhere else."""

import concurrent.futures
import os
import threading
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import DataError

WORTH_THREADS = 2**25
"""Bytes from which several threads check them."""


class CheckedPixels:
    """Images, uint8 (N, H, W, 3), of which no row is given out that differs from its checksum.

    Each image has its own CRC-32. It is computed when the image is first read, as part of the
    reading that training does anyway; one that differs is mended before it is given out.
    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        crc32s: NDArray[np.uint32],
        mend: Callable[[int, int], None],
    ) -> None:
        """Take an array that `mend` changes.

        Args:
            pixels: (N, H, W, 3).
            crc32s: Of each image, (N,).
            mend: Is given a row and its CRC-32, and makes `pixels` have it; or raises.
        """
        self.shape: tuple[int, ...] = pixels.shape
        self.dtype, self.nbytes = pixels.dtype, pixels.nbytes
        self._pixels, self._crc32s, self._mend = pixels, crc32s, mend
        self._seen = np.zeros(len(pixels), np.bool_)
        self._all_seen = not len(pixels)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, which: Any) -> NDArray[np.uint8]:
        """Return some images: by a number, a slice or an array of numbers, as of a numpy array.

        Raises:
            DataError: One is damaged and can't be mended.
        """
        if not self._all_seen:
            self._check(which)
        some: NDArray[np.uint8] = self._pixels[which]
        return some

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.uint8]:
        return np.array(self[:], dtype)

    def copy(self) -> NDArray[np.uint8]:
        """Return all images, in memory."""
        return np.array(self[:])

    def _check(self, which: Any) -> None:
        if isinstance(which, slice):
            rows = np.arange(*which.indices(len(self)))
        else:
            rows = np.atleast_1d(np.asarray(which)) % len(self)
        new = np.unique(rows[~self._seen[rows]])
        if not len(new):
            return
        wrong = wrong_rows(self._pixels, self._crc32s, new)
        for row in wrong:
            with self._lock:
                self._mend(row, int(self._crc32s[row]))
        if wrong_rows(self._pixels, self._crc32s, np.array(wrong, np.int64)):
            raise DataError(
                "Cached pixels stay damaged after they were decoded anew: another process has "
                "replaced their file.",
                "Run again.",
            )
        self._seen[new] = True
        self._all_seen = bool(self._seen.all())


def wrong_rows(
    pixels: NDArray[np.uint8], crc32s: NDArray[np.uint32], rows: NDArray[np.int64]
) -> list[int]:
    """Return those of some rows whose pixels differ from their checksums.

    Args:
        pixels: (N, H, W, 3).
        crc32s: Of each row, (N,).
    """

    def wrong(some: NDArray[np.int64]) -> list[int]:
        pairs = zip(some.tolist(), crc32s[some].tolist(), strict=True)
        return [row for row, crc32 in pairs if zlib.crc32(pixels[row].data) != crc32]

    n_threads = os.cpu_count() or 1
    if n_threads < 2 or len(rows) * pixels.nbytes < WORTH_THREADS * len(pixels):
        return wrong(rows)
    with concurrent.futures.ThreadPoolExecutor(n_threads) as pool:
        parts = pool.map(wrong, np.array_split(rows, n_threads))
        return [row for part in parts for row in part]


Pixels = CheckedPixels | NDArray[np.uint8]
"""Images, uint8 (N, H, W, 3): mapped and checked, or in memory."""
