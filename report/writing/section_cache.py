"""Remember a report's sections between renders, so that `--only` can leave the others alone.

The memory lies in the user's cache folder, never in the study's: a study folder may come from
somebody else, and nothing in it is ever printed as HTML.
"""

import contextlib
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from training import __version__
from training.folders import cache_folder
from training.records import HomeworkError, write_bytes

VERSION = f"{__version__}, 2"
"""Of the program, and of how records are hashed: sections of others aren't mixed with new ones."""


@dataclass(frozen=True)
class Fragment:
    """A section's finished HTML, for screens and for paper.

    Attributes:
        html: Escaped already; its figures stand in it as `figure:NAME`.
        paper: The same for the pages of a PDF.
        records: Hash of the records that it was made from.
        pictures: Its figures as SVG text, by name.
    """

    slug: str
    title: str
    html: str
    paper: str
    records: str
    pictures: dict[str, str] = field(default_factory=dict)


class Memory(msgspec.Struct, frozen=True):
    """What one report file was assembled from.

    Attributes:
        version: `VERSION` of the program that made it.
        templates: `Theme.digest` of a person's own templates that it was printed through.
        made_from: `staleness.everything_hash` when every section was made; empty after `--only`.
        digest: SHA-256 of the report file.
        fragments: Its sections in order.
    """

    version: str
    made_from: str
    templates: str
    digest: str
    fragments: list[Fragment]

    def fragment(self, slug: str) -> Fragment | None:
        return next((f for f in self.fragments if f.slug == slug), None)


def _file(report: Path) -> Path:
    """Return the memory of one report file, by a hash of where that file is."""
    place = hashlib.sha256(str(report.resolve()).encode("utf-8", "surrogateescape")).hexdigest()
    return cache_folder() / "reports" / f"{place[:32]}.json"


def remember(
    report: Path,
    content: bytes,
    fragments: list[Fragment],
    made_from: str = "",
    templates: str = "",
) -> None:
    """Keep the sections of a report just written; a cache that can't be written is no error."""
    digest = hashlib.sha256(content).hexdigest()
    memory = Memory(VERSION, made_from, templates, digest, fragments)
    with contextlib.suppress(HomeworkError):
        write_bytes(_file(report), msgspec.json.encode(memory))


def recall(report: Path) -> Memory | None:
    """Return what a report file was assembled from; None if it isn't what was remembered."""
    try:
        memory = msgspec.json.decode(_file(report).read_bytes(), type=Memory)
        digest = hashlib.sha256(report.read_bytes()).hexdigest()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return memory if (memory.version, memory.digest) == (VERSION, digest) else None
