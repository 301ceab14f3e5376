"""JSON text behind its SHA-256, so that a damaged file is known as one."""

import hashlib
from pathlib import Path

import msgspec


class _Sealed(msgspec.Struct, frozen=True):
    sha256: str
    content: msgspec.Raw


def sealed(content: bytes) -> bytes:
    """Return JSON text behind its SHA-256, as JSON."""
    seal = hashlib.sha256(content).hexdigest()
    return msgspec.json.encode(_Sealed(seal, msgspec.Raw(content)))


def read_sealed(file: Path) -> bytes | None:
    """Return the text that a file holds `sealed`; None if it isn't there or isn't whole."""
    try:
        found = msgspec.json.decode(file.read_bytes(), type=_Sealed)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    content = bytes(found.content)
    return content if hashlib.sha256(content).hexdigest() == found.sha256 else None
