"""Tensors in a file that knows when it is damaged. Read without executing anything."""

import contextlib
import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from training.errors import RecordError
from training.records import replacing

MAGIC = b"homework tensors 1\n"
_DIGEST = hashlib.sha256().digest_size


def save_tensors(path: Path, value: Any) -> None:
    """Write tensors in dicts and lists of plain values, behind their SHA-256, atomically.

    Raises:
        RecordError: The file can't be written.
    """
    with replacing(path) as temporary, temporary.open("wb+") as file:
        file.write(MAGIC + bytes(_DIGEST))
        _save(value, file)
        file.seek(len(MAGIC) + _DIGEST)
        digest = hashlib.file_digest(file, "sha256").digest()
        file.seek(len(MAGIC))
        file.write(digest)


def _save(value: Any, file: io.BufferedRandom) -> None:
    """Save; torch hides a full disk behind a complaint about its own position in the file."""
    failure: list[OSError] = []

    class Remembering(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, content: Any) -> int:
            try:
                return file.write(content)
            except OSError as error:
                failure.append(error)
                raise

        def flush(self) -> None:
            with contextlib.suppress(ValueError):
                file.flush()

    try:
        torch.save(value, Remembering())  # type: ignore[arg-type]
        file.flush()
    except (RuntimeError, OSError) as error:
        raise failure[0] if failure else error from None


def load_tensors(path: Path) -> Any:
    """Read what `save_tensors` wrote, onto the CPU.

    Raises:
        RecordError: It isn't there, or isn't what was written.
    """
    hint = "Remove it and run again."
    try:
        with path.open("rb") as file:
            head = file.read(len(MAGIC) + _DIGEST)
            content = file.read()
    except OSError as error:
        raise RecordError(f"Can't read {path}: {error.strerror or error}.", hint) from error
    if head != MAGIC + hashlib.sha256(content).digest():
        raise RecordError(f"{path} is damaged: its checksum doesn't match.", hint)
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch's readers raise whatever they meet
        raise RecordError(f"{path} can't be loaded: {error}", hint) from error
