"""A hash of what a picture looks like, and the pairs of hashes that lie close together.

The hash says of 256 places in a small grey copy whether the next pixel to the right, or below, is
brighter. Compressing or scaling a picture changes a few of these bits, another picture about half.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 16
"""Differences along a side of the small copy, of which every second column is used."""

SAMPLED = (8 * (SIDE + 1), 4 * (SIDE + 1))
"""Columns and rows of a large picture that are looked at. More columns than rows: those of a row
lie side by side in memory."""

AVERAGED = (4, 2)
"""Columns and rows of which the mean is taken first; it is cheaper than weighing each of them."""

BRIGHTER = 2
"""Grey levels of 255 from which a difference counts: less is noise, in flat parts above all."""

N_BYTES = 2 * SIDE * SIDE // 2 // 8

NEAR = 10
"""Bits in which two pictures may differ and still be nearly the same."""

DETAIL = 16
"""Set bits that a hash needs to be compared, and that a pair needs together for each bit in which
it differs: pictures of little but a plain background look alike without being copies."""

_PLACES = np.arange((SIDE + 1) ** 2).reshape(SIDE + 1, SIDE + 1)
_HERE = np.tile(_PLACES[:SIDE, :SIDE:2].ravel(), 2)
_NEXT = np.concatenate([_PLACES[:SIDE, 1::2].ravel(), _PLACES[1:, :SIDE:2].ravel()])
"""Places in the small copy that are compared: with the next to the right, then the next below."""

_COMPARED_AT_ONCE = 2**18
_UNPACKED_AT_ONCE = 2**15
_SET_BITS = np.unpackbits(np.arange(2**16, dtype=np.uint16).view(np.uint8)).reshape(-1, 16).sum(1)
_SET_BITS_OF_TWO_BYTES = _SET_BITS.astype(np.uint8)


def difference_hash(image: Image.Image) -> str:
    """Return the hash of an RGB picture, 64 hexadecimal digits; empty where it has no detail."""
    return difference_hashes([small_copy(image)])[0]


def small_copy(image: Image.Image) -> bytes:
    """Return the grey levels that an RGB picture is hashed from, row by row, (`SIDE` + 1)².

    Green stands for grey. Rows and columns are left out of large pictures before averaging.
    """
    size = (min(image.width, SAMPLED[0]), min(image.height, SAMPLED[1]))
    sampled = image.resize(size, Image.Resampling.NEAREST).getchannel("G")
    averaged = sampled.reduce(AVERAGED) if size == SAMPLED else sampled
    return averaged.resize((SIDE + 1, SIDE + 1), Image.Resampling.BILINEAR).tobytes()


def difference_hashes(copies: Sequence[bytes]) -> list[str]:
    """Return the hash of each small copy, see `difference_hash`: many at once cost little more."""
    grey = np.frombuffer(b"".join(copies), np.uint8).reshape(-1, _PLACES.size).astype(np.int16)
    bits = np.packbits(grey.take(_NEXT, 1) - grey.take(_HERE, 1) > BRIGHTER, axis=1)
    detailed = _set_bits(bits.view(np.uint16)) >= DETAIL
    return [row.tobytes().hex() if has else "" for row, has in zip(bits, detailed, strict=True)]


def near_pairs(hashes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return all pairs of hashes that are nearly the same, (P, 2), the smaller row first, sorted.

    Of `limit` + 1 bands of bits, two hashes that differ in at most `limit` have at least one in
    common: only hashes that share a band are compared. A band's bits come from all over the
    picture, so that pictures with the same margins don't share it. Hashes of few set bits, which
    have most bits in common anyhow, may differ in fewer, and are compared by fewer, longer bands.

    Args:
        hashes: (N, `N_BYTES`), each of them once.
    """
    n = len(hashes)
    found = np.zeros(0, np.int64)
    words = np.ascontiguousarray(hashes).view(np.uint16)
    n_set = _set_bits(words)
    for limit in range(1, NEAR + 1):
        some = _may_differ(n_set, limit)
        for band in range(limit + 1):
            keys = _keys(hashes[some], band, limit + 1)
            order = np.argsort(keys, kind="stable")
            new = [found]
            for rows, others in _sharing(keys[order], some[order]):
                near = _are_near(words, n_set, rows, others)
                low, high = np.minimum(rows, others)[near], np.maximum(rows, others)[near]
                new.append(low * n + high)
            found = np.unique(np.concatenate(new))
    return np.stack([found // max(n, 1), found % max(n, 1)], axis=1)


def _may_differ(n_set: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    """Return the hashes that may be of a pair that may differ in `limit` bits, and no more.

    Such a pair has `DETAIL` set bits together for each of these, and neither has over `limit` more
    than the other.
    """
    twice = 2 * n_set
    enough = twice >= (DETAIL - 1) * limit
    few = twice <= (DETAIL + 1) * limit + DETAIL - 1
    return np.flatnonzero(enough & few if limit < NEAR else enough)


def _keys(hashes: NDArray[np.uint8], band: int, n_bands: int) -> NDArray[np.int64]:
    """Return a number for each hash that is the same where the bits of a band are."""
    weights = np.random.Generator(np.random.PCG64(0)).integers(2**63, size=8 * N_BYTES)
    parts = [np.zeros(0, np.int64)]
    for start in range(0, len(hashes), _UNPACKED_AT_ONCE):
        bits = np.unpackbits(hashes[start : start + _UNPACKED_AT_ONCE], axis=1)[:, band::n_bands]
        parts.append(bits @ weights[: bits.shape[1]])  # beyond 64 bits it wraps around
    return np.concatenate(parts)


def _sharing(
    keys: NDArray[np.int64], order: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the pairs of rows that have the same key, some at a time.

    Args:
        keys: Sorted.
        order: The row behind each.
    """
    places = np.arange(len(keys))
    apart = 0
    while len(places):
        apart += 1
        places = places[: np.searchsorted(places, len(keys) - apart)]
        places = places[keys[places] == keys[places + apart]]
        for start in range(0, len(places), _COMPARED_AT_ONCE):
            some = places[start : start + _COMPARED_AT_ONCE]
            yield order[some], order[some + apart]


def _are_near(
    words: NDArray[np.uint16],
    n_set: NDArray[np.int64],
    rows: NDArray[np.int64],
    others: NDArray[np.int64],
) -> NDArray[np.bool_]:
    distance = _set_bits(words[rows] ^ words[others])
    near: NDArray[np.bool_] = distance <= np.minimum(NEAR, (n_set[rows] + n_set[others]) // DETAIL)
    return near


def _set_bits(words: NDArray[np.uint16]) -> NDArray[np.int64]:
    set_bits: NDArray[np.int64] = _SET_BITS_OF_TWO_BYTES[words].sum(1, dtype=np.int64)
    return set_bits
