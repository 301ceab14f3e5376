"""The small pictures that lie in a study's folder."""

from pathlib import Path

LARGEST_FILE_BYTES = 256 * 1024
"""A thumbnail has a few kilobytes; what is much larger isn't one."""


def read_thumbnail(study: Path, file: str) -> bytes | None:
    """Return a thumbnail's bytes; None if it is missing, too large or outside the study's folder.

    Records are untrusted: a path in them must not lead to a person's other files.
    """
    try:
        path = (study / file).resolve()
        if not path.is_relative_to(study.resolve()) or not path.is_file():
            return None
        return path.read_bytes() if path.stat().st_size <= LARGEST_FILE_BYTES else None
    except (OSError, ValueError):
        return None
