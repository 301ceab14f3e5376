"""Tell whether the records behind a section have changed."""

import contextlib
import functools
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

import training
from report.evidence.load import StudyView
from report.evidence.once import once
from report.evidence.record_files import Read
from report.sections import WORDS
from report.writing.theme import template_folder
from training.fonts import fonts_digest
from training.records import OF_A_STUDY, Outline, encode

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
    if (dataset := view.files.get(view.folder.dataset.name)) is not None:
        digest.update(dataset.digest)
    for experiment_id in _read_by(view, reads):
        digest.update(view.digests.get(experiment_id, b""))
    return digest.hexdigest()


def _read_by(view: StudyView, reads: Sequence[str]) -> Iterable[str]:
    """Return the ids of the experiments whose records are read, in the list's order."""
    ids = [experiment.id for experiment in view.study.experiments]
    if "*" in reads:
        return ids
    by_section = _by_section(view)
    read = {name for name in reads if view.experiment(name)}
    for name in reads:
        read.update(by_section.get(name, ()))
        read.update(experiment.id for experiment in view.group(name))
    return [experiment_id for experiment_id in ids if experiment_id in read]


@once
def _by_section(view: StudyView) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for experiment in view.study.experiments:
        found.setdefault(experiment.section, []).append(experiment.id)
    return found


def everything_hash(study: Path, files: Mapping[str, Read], choices: str = "") -> str:
    """Hash all that a complete report depends on: records, thumbnails, program, libraries, fonts.

    Reads files without parsing them, so that an unchanged report costs next to nothing.

    Args:
        study: The study's folder.
        files: What is known of its records' content, see `read_files`.
        choices: What a person asked for beside the records: templates, paper, words.
    """
    digest = hashlib.sha256(f"{choices}\n".encode("utf-8", "surrogateescape"))
    for library in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):  # HTML needs no WeasyPrint
            digest.update(f"{library} {version(library)}\n".encode())
    _add_states(digest, *_program())
    texts = [choices]
    for name, read in files.items():
        digest.update(f"{name}\0".encode("utf-8", "surrogateescape") + read.digest)
        if name.endswith(".json") and not read.is_ascii:
            texts.append((study / name).read_text("utf-8", "replace"))
    _add_thumbnails(digest, study)
    digest.update(fonts_digest(texts).encode())
    return digest.hexdigest()


def rest_of_findings(view: StudyView) -> str:
    """Hash what is found out about a run rests on beside the records of its experiment."""
    digest = hashlib.sha256(_questions(view))
    _add_states(digest, *_program(), Path(training.__file__).parent)
    for name in OF_A_STUDY[1:]:  # of study.json that is left out which changes nothing
        digest.update(name.encode() + (view.files[name].digest if name in view.files else b""))
    _add_thumbnails(digest, view.folder.path)
    return digest.hexdigest()


def _add_thumbnails(digest: "hashlib._Hash", study: Path) -> None:
    for file in sorted(file for file in study.glob("thumbnails/**/*") if file.is_file()):
        content = file.read_bytes()
        name = file.relative_to(study).as_posix()
        digest.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        digest.update(content)


def _add_states(digest: "hashlib._Hash", *folders: Path) -> None:
    """Hash which program files there are, by their sizes and times."""
    for file in sorted(file for folder in folders for file in folder.rglob("*.*")):
        if file.suffix != ".pyc":
            state = file.stat()
            digest.update(f"{file} {state.st_size} {state.st_mtime_ns}\n".encode())


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


@once
def _questions(view: StudyView) -> bytes:
    """Return the study's record without what only the cover prints."""
    blank = msgspec.structs.replace(view.study, title="", author="", course="", abstract="",
                                    command="", report=Outline())  # fmt: skip
    return encode(blank)
