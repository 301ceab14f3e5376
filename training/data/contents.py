"""What decoding found of each image, 73 bytes an image, and the file that keeps it.

The file holds a magic line, the SHA-256 of all that follows, the length of a head, the head as JSON
(what can't be read, with reasons), and then the rows, which are mapped, not read into memory.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from training.data.decode import Decoded
from training.records import replacing

ROW = np.dtype(
    [
        ("flags", "u1"),
        ("state", "u1", 12),
        ("digest", "u1", 16),
        ("hash", "u1", 32),
        ("width", "<u4"),
        ("height", "<u4"),
        ("crc32", "<u4"),
    ]
)
"""Of an image: what holds for it; what stands for its file's path, size and time; the digest of its
bytes; the hash of its look (`difference_hash`); its size before resizing; the CRC-32 of its pixels.

The flags come first and the CRC last: of a row that lies on two pages of which a crash kept one,
one of them is missing.
"""

READ, CONVERTED, HASHED, REMARKED = 1, 2, 4, 8
"""Flags: it could be read; it wasn't RGB; it has a hash; something got lost in converting."""

Rows = NDArray[np.void]

MAGIC = b"homework images 1\n"
_DIGEST = hashlib.sha256().digest_size
_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, eq=False)
class Contents:
    """What decoding found.

    Attributes:
        rows: One an image, of `ROW`.
        unreadable: Position to reason.
        remarks: Position to what got lost in converting.
    """

    rows: Rows
    unreadable: dict[int, str] = field(default_factory=dict)
    remarks: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Contents)
            and self.rows.tobytes() == other.rows.tobytes()
            and (self.unreadable, self.remarks) == (other.unreadable, other.remarks)
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def digests(self) -> NDArray[np.uint8]:
        """Of each file's bytes, (N, 16); zeros where it couldn't be read."""
        return self.rows["digest"]

    @property
    def hashes(self) -> NDArray[np.uint8]:
        """Of what each looks like, (N, 32); zeros where there is none, see `hashed`."""
        return self.rows["hash"]

    @property
    def hashed(self) -> NDArray[np.bool_]:
        """Which have enough detail to have a hash, (N,)."""
        return self._has(HASHED)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Widths and heights in pixels before resizing, (N, 2); zeros where unreadable."""
        return np.stack([self.rows["width"], self.rows["height"]], axis=1).astype(np.int64)

    @property
    def converted(self) -> NDArray[np.bool_]:
        """Which were not RGB, (N,)."""
        return self._has(CONVERTED)

    def _has(self, flag: int) -> NDArray[np.bool_]:
        return (self.rows["flags"] & flag) > 0

    def note(self, position: int, decoded: Decoded) -> None:
        """Enter what was met in decoding an image; its row must be writable.

        The flags are set last: without them the image counts as not decoded.
        """
        row = self.rows[position]
        row["flags"] = 0
        if decoded.problem:
            self.unreadable[position] = decoded.problem
        else:
            row["digest"] = np.frombuffer(bytes.fromhex(decoded.digest), np.uint8)
        if decoded.hash:
            row["hash"] = np.frombuffer(bytes.fromhex(decoded.hash), np.uint8)
        if decoded.remark:
            self.remarks[position] = decoded.remark
        row["width"], row["height"] = decoded.size
        row["crc32"] = decoded.crc32
        row["flags"] = (
            READ * (not decoded.problem)
            | CONVERTED * decoded.converted
            | HASHED * bool(decoded.hash)
            | REMARKED * bool(decoded.remark)
        )


def no_contents(n: int) -> Contents:
    """Return rows of images of which nothing is known yet."""
    return Contents(np.zeros(n, ROW))


def contents_of(decoded: Sequence[Decoded]) -> Contents:
    """Put together what was met in decoding some images."""
    contents = no_contents(len(decoded))
    for position, item in enumerate(decoded):
        contents.note(position, item)
    return contents


class _Head(msgspec.Struct, frozen=True):
    kind: str
    n: int
    unreadable: dict[int, str]
    remarks: dict[int, str]


def write_contents(file: Path, kind: str, contents: Contents) -> None:
    """Write what decoding found, atomically.

    Args:
        kind: See `Sources`.

    Raises:
        RecordError: The file can't be written.
    """
    head = msgspec.json.encode(
        _Head(
            kind,
            len(contents),
            dict(contents.unreadable),
            dict(sorted(contents.remarks.items())),
        )
    )
    with replacing(file) as temporary, temporary.open("wb+") as stream:
        stream.write(MAGIC + bytes(_DIGEST) + _LENGTH.pack(len(head)) + head)
        stream.flush()
        contents.rows.tofile(stream)
        stream.seek(len(MAGIC) + _DIGEST)
        digest = hashlib.file_digest(stream, "sha256").digest()
        stream.seek(len(MAGIC))
        stream.write(digest)


def read_contents(file: Path, kind: str) -> Contents | None:
    """Return what `write_contents` wrote of a kind; None if it isn't that, or isn't whole."""
    try:
        with file.open("rb") as stream:
            magic, seal = stream.read(len(MAGIC)), stream.read(_DIGEST)
            (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
            if magic != MAGIC or length > file.stat().st_size:
                return None
            head = msgspec.json.decode(stream.read(length), type=_Head)
            if head.kind != kind:
                return None
            start = stream.tell()
            stream.seek(len(MAGIC) + _DIGEST)
            if hashlib.file_digest(stream, "sha256").digest() != seal:
                return None
            if stream.tell() != start + head.n * ROW.itemsize:
                return None
            rows = np.memmap(stream, ROW, "r", start, (head.n,)) if head.n else np.zeros(0, ROW)
    except (OSError, struct.error, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return Contents(rows, head.unreadable, head.remarks)
