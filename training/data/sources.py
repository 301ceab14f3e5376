"""What pixels were made from: images' files as they were, and how they were decoded."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray

from training.data.formats import reads_heic

DECODER = 3
"""Changes whenever the pixels made from a file would, or what is kept beside them."""

_HASHED_AT_ONCE = 2**16


@dataclass(frozen=True)
class Sources:
    """What pixels were made from.

    Attributes:
        kind: Stands for the folder of the images and all that decides how they are decoded.
        states: Of each image's file, in order, (N, 12): stands for its path, size and time.
    """

    kind: str
    states: NDArray[np.uint8]

    def name(self) -> str:
        """Return 24 characters that stand for all of it."""
        digest = hashlib.blake2b(self.kind.encode(), digest_size=12)
        for start in range(0, len(self.states), _HASHED_AT_ONCE):
            some = self.states[start : start + _HASHED_AT_ONCE]
            digest.update(b"\n" + some.tobytes().hex("\n", some.shape[1]).encode())
        return digest.hexdigest()


def sources_of(root: Path, paths: Sequence[str], image_size: int) -> Sources:
    """Return what stands for some images as they are now, at a size."""
    more = " heif" if reads_heic() else ""  # what was unreadable without is tried again
    kind = _short(f"{DECODER} {PIL.__version__} {image_size} {root.resolve()}{more}").hex()
    states = bytearray()
    for path in paths:
        states += _short(_state(root, path))
    return Sources(kind, np.frombuffer(bytes(states), np.uint8).reshape(len(paths), -1))


def _state(root: Path, path: str) -> str:
    try:
        state = (root / path).stat()
    except OSError:
        return f"{path} missing"
    # the last is set by the system alone: a file rewritten under its old time has another
    return f"{path} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}"


def _short(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=12).digest()
