"""Remember a report's sections between renders, so that `--only` can leave the others alone.

The memory lies in the user's cache folder, never in the study's: a study folder may come from
somebody else, and nothing in it is ever printed as HTML.
"""

import contextlib
import hashlib
import os
from pathlib import Path

import msgspec
import platformdirs

from report.render import Fragment
from training import __version__
from training.records import HomeworkError, write_bytes


class Memory(msgspec.Struct, frozen=True):
    """What one report file was assembled from.

    Attributes:
        version: The program's version; another one's sections aren't mixed with new ones.
        digest: SHA-256 of the report file.
        fragments: Its sections in order.
    """

    version: str
    digest: str
    fragments: list[Fragment]

    def fragment(self, slug: str) -> Fragment | None:
        return next((f for f in self.fragments if f.slug == slug), None)


def cache_folder() -> Path:
    """Return where things are remembered: `HOMEWORK_CACHE`, else the user's cache folder."""
    chosen = os.environ.get("HOMEWORK_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("homework")


def _file(report: Path) -> Path:
    """Return the memory of one report file, by a hash of where that file is."""
    place = hashlib.sha256(str(report.resolve()).encode("utf-8", "surrogateescape")).hexdigest()
    return cache_folder() / "reports" / f"{place[:32]}.json"


def remember(report: Path, content: bytes, fragments: list[Fragment]) -> None:
    """Keep the sections of a report just written; a cache that can't be written is no error."""
    memory = Memory(__version__, hashlib.sha256(content).hexdigest(), fragments)
    with contextlib.suppress(HomeworkError):
        write_bytes(_file(report), msgspec.json.encode(memory))


def recall(report: Path) -> Memory | None:
    """Return what a report file was assembled from; None if it isn't what was remembered."""
    try:
        memory = msgspec.json.decode(_file(report).read_bytes(), type=Memory)
        digest = hashlib.sha256(report.read_bytes()).hexdigest()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return memory if (memory.version, memory.digest) == (__version__, digest) else None
