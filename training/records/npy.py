"""The header of a NumPy file, so that files are the same bytes with every version of NumPy."""

from collections.abc import Sequence
from typing import Any


def header(fields: Sequence[tuple[Any, ...]], n: int) -> bytes:
    """Return the header of NumPy's format 1.0, padded to a multiple of 64 bytes.

    Args:
        fields: As `numpy.dtype` takes them: name, type, and perhaps shape.
        n: Entries.
    """
    about = {"descr": list(fields), "fortran_order": False, "shape": (n,)}
    text = repr(about).encode()
    padding = -(10 + len(text) + 1) % 64
    length = len(text) + padding + 1
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + text + b" " * padding + b"\n"
