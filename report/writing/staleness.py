"""Tell whether the records behind a section have changed."""

import contextlib
import functools
import hashlib
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from report.evidence.load import StudyView
from report.sections import WORDS
from report.writing.theme import template_folder
from training.fonts import fonts_digest
from training.records import (
    OF_A_RUN,
    OF_A_STUDY,
    Experiment,
    Outline,
    encode,
    matches_group,
)

RECORDS = (*OF_A_STUDY, "thumbnails/**/*", *(f"*/*/seed-*/{name}" for name in OF_A_RUN))
AT_ONCE = 2**22
"""Bytes of a record that are held in memory at once."""

LIBRARIES = ("jinja2", "matplotlib", "seaborn", "weasyprint")

PROGRAM = (".py", ".html", ".css", ".js", ".json", ".woff2")
"""Endings of the files that decide what a report says."""

DRAWING_LIBRARIES = ("matplotlib", "seaborn", "numpy", "pillow", "font-source-sans-pro")
"""Whose versions decide what a figure looks like to the last point."""

LAYOUT = "weasyprint"


def records_hash(view: StudyView, reads: Sequence[str]) -> str:
    """Hash the bytes of all records that a section reads.

    Args:
        view: The study.
        reads: Experiment ids, sections, grid prefixes such as `transfer/grid`, `*` for all, or
            `words` for the sections that a person wrote.
    """
    digest = hashlib.sha256(_questions(view))
    if WORDS in reads:
        digest.update(encode(view.study.report))
    for file in _files(view, reads):
        if file.is_file():
            _add(digest, file, file.relative_to(view.folder.path).as_posix())
    return digest.hexdigest()


def everything_hash(study: Path, choices: str = "") -> str:
    """Hash all that a complete report depends on: records, thumbnails, program, libraries, fonts.

    Reads files without parsing them, so that an unchanged report costs next to nothing.

    Args:
        study: The study's folder.
        choices: What a person asked for beside the records: templates, paper, words.
    """
    digest = hashlib.sha256(f"{choices}\n".encode("utf-8", "surrogateescape"))
    for library in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):  # HTML needs no WeasyPrint
            digest.update(f"{library} {version(library)}\n".encode())
    for file in sorted(file for place in _program() for file in place.rglob("*.*")):
        if file.suffix != ".pyc":
            state = file.stat()
            digest.update(f"{file} {state.st_size} {state.st_mtime_ns}\n".encode())
    texts = [choices]
    for pattern in RECORDS:
        for file in sorted(file for file in study.glob(pattern) if file.is_file()):
            ascii_only = _add(digest, file, file.relative_to(study).as_posix())
            if file.suffix == ".json" and not ascii_only:
                texts.append(file.read_bytes().decode("utf-8", "replace"))
    digest.update(fonts_digest(texts).encode())
    return digest.hexdigest()


@functools.cache
def program_digest() -> str:
    """Return the first digits of a hash of this program: the report's code and its templates."""
    digest = hashlib.sha256()
    for place in _program():
        for file in sorted(file for file in place.rglob("*") if file.suffix in PROGRAM):
            content = file.read_bytes().replace(b"\r\n", b"\n")
            name = file.relative_to(place).as_posix()
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:16]


@functools.cache
def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that decide what a report looks like."""
    found = {}
    for library in (*DRAWING_LIBRARIES, LAYOUT):
        with contextlib.suppress(PackageNotFoundError):
            found[library] = version(library)
    return found


def _program() -> Iterable[Path]:
    yield Path(__file__).parent.parent
    yield template_folder()


def _add(digest: "hashlib._Hash", file: Path, name: str) -> bool:
    """Add a file's name, size and content to a hash; tell whether all of it is ASCII."""
    digest.update(f"{name}\0{file.stat().st_size}\0".encode("utf-8", "surrogateescape"))
    ascii_only = True
    with file.open("rb") as opened:
        while chunk := opened.read(AT_ONCE):
            digest.update(chunk)
            ascii_only = ascii_only and chunk.isascii()
    return ascii_only


def _questions(view: StudyView) -> bytes:
    """Return the study's record without what only the cover prints."""
    blank = msgspec.structs.replace(view.study, title="", author="", course="", abstract="",
                                    command="", report=Outline())  # fmt: skip
    return encode(blank)


def _files(view: StudyView, reads: Sequence[str]) -> Iterable[Path]:
    yield from (view.folder.path / name for name in OF_A_STUDY if name != "study.json")
    for experiment in view.study.experiments:
        if any(_reads(name, experiment) for name in reads):
            for run in sorted((view.folder.path / experiment.id).glob("seed-*")):
                yield from (run / name for name in OF_A_RUN)


def _reads(name: str, experiment: Experiment) -> bool:
    return name in ("*", experiment.id, experiment.section) or matches_group(experiment.id, name)
