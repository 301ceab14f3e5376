"""Blocks of images that another machine decodes, exactly as this one would.

A machine that sees other files, or has another decoder, gives back nothing: what no other machine
decoded, this one does.
"""

import dataclasses
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray

from training.data.decode import AT_ONCE, Decoded, decode_into
from training.data.sources import Sources, sources_of

BLOCK_BYTES = 2**23
"""Of a block's pixels at most, or one image."""

BLOCK_SECONDS = 5.0
"""What a block may take here, so that no machine is waited for long."""


@dataclass(frozen=True)
class Block:
    """Images that are decoded in one go.

    Attributes:
        places: Of each image in the array, (n,).
        paths: Of each, below `root`.
        sources: What they and the decoder are on the machine that wants them.
    """

    root: Path
    image_size: int
    places: NDArray[np.int64]
    paths: tuple[str, ...]
    sources: Sources

    @property
    def n_bytes(self) -> int:
        """Of the pixels."""
        return 3 * self.image_size**2 * len(self.paths)


@dataclass(frozen=True)
class DecodedBlock:
    """Images of a block.

    Attributes:
        places: Of each image in the array, (n,).
        pixels: uint8 (n, S, S, 3).
        found: What was met in decoding each.
    """

    places: NDArray[np.int64]
    pixels: NDArray[np.uint8]
    found: list[Decoded]


Elsewhere = Callable[[Iterator[Block]], Generator[DecodedBlock, None, None]]
"""Decodes blocks on other machines; yields those that could be, in any order."""


def blocks_of(
    root: Path,
    paths: Sequence[str],
    sources: Sources,
    image_size: int,
    places: NDArray[np.int64],
    seconds: float,
) -> Iterator[Block]:
    """Cut some images of an array into blocks.

    Args:
        paths: Of all images of the array, as `sources`.
        places: Of those that are wanted.
        seconds: That one image takes here.
    """
    fit = BLOCK_BYTES // (3 * image_size**2)
    n = max(1, min(fit, int(BLOCK_SECONDS / max(seconds, 1e-9))))
    for start in range(0, len(places), n):
        some = places[start : start + n]
        named = tuple(paths[place] for place in some.tolist())
        of_some = dataclasses.replace(sources, states=sources.states[some])
        yield Block(root, image_size, some, named, of_some)


def decode_block(block: Block) -> DecodedBlock | str:
    """Decode those images whose files are here what they are where they are wanted.

    Returns:
        The images; or, without any, why, to complete “The machine …”.
    """
    here = sources_of(block.root, block.paths, block.image_size)
    if here.kind != block.sources.kind:
        return f"doesn't decode as this one does (it has Pillow {PIL.__version__})"
    same = np.flatnonzero((here.states == block.sources.states).all(axis=1))
    if not len(same):
        return f"doesn't see in {block.root} what this one sees"
    pixels = np.zeros((len(same), block.image_size, block.image_size, 3), np.uint8)
    files = [(row, block.root / block.paths[i]) for row, i in enumerate(same.tolist())]
    found: list[Decoded] = []
    for start in range(0, len(files), AT_ONCE):
        found += decode_into(pixels, files[start : start + AT_ONCE])
    return DecodedBlock(block.places[same], pixels, found)
