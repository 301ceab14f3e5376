"""What a PDF carries beside its pages: what they say, and the records that they were made from."""

import base64
import hashlib
import html
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

import msgspec

from report.audit.read_html import Piece, read_pieces, read_records
from report.audit.rendering import Rendering
from report.errors import ReportError
from report.evidence.record_files import MANY, Read, record_files
from training import __version__
from training.records import (
    PICTURE_FILES,
    RECORD_NAMES,
    SCORES_NAME,
    content_of,
)

FORMAT = 1
"""Number of the manifest's format. 1: the first."""

MANIFEST_NAME = "manifest.json"
RECORDS_NAME = "records.zip"

ALL = "*"
"""Stands for all runs of a section."""

THUMBNAILS = "thumbnails"
PICTURES = (".jpg", ".png")

MOST_SCORES = 12 * 2**20
"""Scores that take more in all aren't attached to a PDF; the finalists of Caltech-101 take less.
So are the files that have an entry a picture in the place of lists in JSON."""

MOST_RECORDS = 128 * 2**20
"""Records that take more in all aren't attached to a PDF."""

MAXIMUM_BYTES = 512 * 2**20
"""Attached records may not be larger than this when unpacked."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest date that a zip file can hold stands for none, so that the bytes are the same on
any day."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`manifest.json`: all that the pages say, in order, and the records behind it.

    Attributes:
        homework: The program's version.
        study: The study's name.
        records: Path in the study's folder to the first digits of the file's SHA-256.
        pieces: See `read_html.Piece`.
        rendering: How the report was made; older versions didn't say.
        running: What can stand as running titles on the pages.
    """

    format: int = FORMAT
    homework: str
    study: str
    records: dict[str, str]
    pieces: list[Piece]
    rendering: Rendering | None = None
    running: list[str] = []

    @property
    def made(self) -> Rendering:
        """How the report was made, as far as it says."""
        return self.rendering or Rendering(homework=self.homework, study=self.study)


@dataclass(frozen=True)
class Attachment:
    """A file that a PDF carries."""

    name: str
    content: bytes
    description: str


def attachments(page: str, study: Path, rendering: Rendering) -> list[Attachment]:
    """Return what the PDF of a study's report carries.

    Args:
        page: The report's page for screens, on which every number names its source.
        study: The study's folder.
        rendering: How the report is made.
    """
    manifest = make_manifest(page, study.resolve().name, rendering)
    found = [Attachment(MANIFEST_NAME, manifest, "What the pages say, and where from")]
    if not too_large_to_attach(study):
        records = pack_records(study, page)
        found.append(Attachment(RECORDS_NAME, records, "The records that the report shows"))
    return found


def too_large_to_attach(study: Path) -> bool:
    """Tell whether a study's records are too large for a PDF to carry.

    Those that have an entry a picture are left out by themselves, see `_attached_records`.
    """
    files = record_files(study)
    sizes = (file.st_size for name, file in files if not name.endswith(PICTURE_FILES))
    return sum(sizes) > MOST_RECORDS


def make_manifest(page: str, study: str, rendering: Rendering) -> bytes:
    """Return the manifest of a report's page."""
    manifest = Manifest(
        homework=__version__,
        study=study,
        records=read_records(page),
        pieces=read_pieces(page, paper=True),
        rendering=rendering,
        running=running_titles(page),
    )
    return msgspec.json.encode(manifest)


def running_titles(page: str) -> list[str]:
    """Return the titles that run along the pages of a report."""
    return ["Contents", *map(html.unescape, re.findall(r'data-running="([^"]*)"', page))]


def read_manifest(content: bytes) -> Manifest:
    """Read a manifest back.

    Raises:
        ReportError: It isn't one of this format.
    """
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ReportError(f"The PDF’s {MANIFEST_NAME} can’t be read: {error}.") from error
    if manifest.format != FORMAT:
        raise ReportError(
            f"The PDF’s {MANIFEST_NAME} has format {manifest.format}; this version reads {FORMAT}.",
            f"Use homework {manifest.homework}, which made it.",
        )
    return manifest


def _is_record(path: PurePath) -> bool:
    return path.name in RECORD_NAMES


def record_digests(files: Mapping[str, Read]) -> dict[str, str]:
    """Return the first digits of every record's SHA-256, of very many one for all of a section.

    Nothing stands for a record that can't be read.

    Args:
        files: What is known of the records' content, see `read_files`.
    """
    digests = _digests(files)
    return _together(digests) if len(digests) >= MANY else digests


def digests_like(named: Collection[str], files: Mapping[str, Read]) -> dict[str, str]:
    """Return the digests of records in the form in which a report names them.

    Args:
        named: What the report names.
        files: What is known of the records' content now.
    """
    digests = _digests(files)
    return _together(digests) if any(name.endswith(f"/{ALL}") for name in named) else digests


def _digests(files: Mapping[str, Read]) -> dict[str, str]:
    return {name: read.digest.hex()[:16] for name, read in files.items()}


def _together(digests: Mapping[str, str]) -> dict[str, str]:
    """Put the digests of each section's runs together, as those of `section/*`."""
    found: dict[str, str] = {}
    sections: dict[str, list[str]] = {}
    for name, digest in digests.items():
        attached = not name.endswith(PICTURE_FILES)  # which may not be
        if "/" in name and attached:
            sections.setdefault(f"{name.partition('/')[0]}/{ALL}", []).append(f"{name}={digest}")
        else:
            found[name] = digest
    for name, lines in sections.items():
        found[name] = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
    return found


def shown_pictures(study: Path, page: str) -> Iterator[tuple[str, Path]]:
    """Yield every thumbnail of a study that a page shows, by its path in the study, in order."""
    shown = set(re.findall(r'src="data:image/\w+;base64,([^"]*)"', page))
    for file in sorted(study.glob(f"{THUMBNAILS}/**/*")) if shown else ():
        known = file.suffix in PICTURES and file.is_file()
        if known and base64.b64encode(file.read_bytes()).decode() in shown:
            yield file.relative_to(study).as_posix(), file


def _attached_records(study: Path) -> list[tuple[str, Path]]:
    files = [(name, study / name) for name, _ in record_files(study)]
    for names in ((SCORES_NAME,), [name for name in PICTURE_FILES if name != SCORES_NAME]):
        large = [(name, file) for name, file in files if file.name in names]
        if sum(file.stat().st_size for _, file in large) > MOST_SCORES:
            files = [entry for entry in files if entry not in large]
    return files


def pack_records(study: Path, page: str = "") -> bytes:
    """Return a zip file of a study's records; the same records give the same bytes.

    Scores are left out where all together take more than `MOST_SCORES`, and so are the other files
    with an entry a picture.

    Args:
        study: The study's folder.
        page: A report; the pictures that it shows are packed, too.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in (*_attached_records(study), *shown_pictures(study, page)):
            entry = zipfile.ZipInfo(f"{study.resolve().name}/{name}", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content_of(file), compresslevel=6)
    return packed.getvalue()


def unpack_records(content: bytes, folder: Path) -> Path:
    """Unpack attached records into a folder and return the study's folder in it.

    Raises:
        ReportError: The file is damaged, or holds anything but one study's records.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MAXIMUM_BYTES:
                raise ReportError(f"The PDF’s {RECORDS_NAME} is too large to unpack.")
            studies = {_study_of(entry.filename) for entry in entries}
            if len(studies) != 1:
                raise ReportError(f"The PDF’s {RECORDS_NAME} doesn’t hold exactly one study.")
            for entry in entries:
                file = folder.joinpath(*PurePosixPath(entry.filename).parts)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(archive.read(entry))
    except ReportError:
        raise
    except Exception as error:  # on damaged files zipfile raises whatever it meets
        raise ReportError(f"The PDF’s {RECORDS_NAME} can’t be unpacked: {error}.") from error
    return folder / studies.pop()


def _study_of(name: str) -> str:
    """Return the study's folder that an entry lies in; refuse what is no record."""
    path = PurePosixPath(name)
    picture = path.parts[1:2] == (THUMBNAILS,) and path.suffix in PICTURES
    known = _is_record(path) or picture
    if path.is_absolute() or ".." in path.parts or "\\" in name or not known:
        raise ReportError(f"The PDF’s {RECORDS_NAME} holds “{name[:60]}”, which isn’t a record.")
    if len(path.parts) not in ((3, 4) if picture else (2, 5)):
        raise ReportError(f"The PDF’s {RECORDS_NAME} holds “{name[:60]}” in the wrong place.")
    return path.parts[0]
