"""Read a report's PDF: its pages' text, and what is attached to it. The only user of pypdf."""

import io
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from report.audit.manifest import MANIFEST_NAME, RECORDS_NAME, Manifest, read_manifest
from report.errors import ReportError
from training.records import content_of

PATH_DRAWING = re.compile(rb"(?m)^[-+\d. ]+ (?:m|l|c|v|y|re)\r?\n")
"""Strokes of figures, which hold no text and take long to read."""

FIGURE = re.compile(rb"(?s)/Figure\r?\n<</MCID \d+>>\r?\nBDC\r?\n((?!BDC).)*?\nEMC\r?\n")
"""A picture with its lettering, which stands elsewhere in the page's stream than on the page."""

DRAWN_OVER = ("/FreeText", "/Stamp", "/Ink", "/Square", "/Redact", "/Widget", "/Highlight")
"""Annotations that can hide or change what a page shows."""


@dataclass(frozen=True)
class ReportPdf:
    """A PDF made by this program.

    Attributes:
        pages: The text of each page.
        contents: The content stream and the resources of each page.
        annotated: Numbers of the pages that something was drawn over.
        records: The attached records, packed; None if they were taken out.
    """

    manifest: Manifest
    pages: tuple[str, ...]
    contents: tuple[tuple[bytes, Any], ...]
    annotated: tuple[int, ...]
    records: bytes | None


def read_pdf(file: Path) -> ReportPdf:
    """Read a report.pdf.

    Raises:
        ReportError: The file can't be read, isn't a PDF, or carries no manifest.
    """
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)  # it tells of every repair
    try:
        reader = PdfReader(io.BytesIO(content_of(file)))
        attached = {name: files[0] for name, files in reader.attachments.items() if files}
        if MANIFEST_NAME not in attached:
            raise ReportError(
                f"{file} has no {MANIFEST_NAME} attached, so its numbers have no sources.",
                "Name a report.pdf made by homework, or make one: homework render --format pdf",
            )
        manifest = read_manifest(attached[MANIFEST_NAME])
        contents = tuple(_content(page) for page in reader.pages)
        pages = tuple(_text(page) for page in reader.pages)
        annotated = tuple(n for n, page in enumerate(reader.pages, 1) if _is_drawn_over(page))
    except ReportError:
        raise
    except Exception as error:  # on damaged files pypdf raises whatever it meets
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ReportError(
            f"Can't read the report {file}: {reason}.", "Render one: homework render --format pdf"
        ) from error
    return ReportPdf(manifest, pages, contents, annotated, attached.get(RECORDS_NAME))


def _content(page: Any) -> tuple[bytes, Any]:
    content = page.get_contents()
    return (content.get_data() if content is not None else b""), page.get("/Resources", {})


def _text(page: "object") -> str:
    """Return a page's text without its figures."""
    from pypdf import PageObject
    from pypdf.generic import DecodedStreamObject, NameObject

    assert isinstance(page, PageObject)
    contents = page.get_contents()
    if contents is None:
        return ""
    light = DecodedStreamObject()
    light.set_data(PATH_DRAWING.sub(b"", FIGURE.sub(b"", contents.get_data())))
    page[NameObject("/Contents")] = light
    _name_encodings(page)
    return page.extract_text()


def _name_encodings(page: "object") -> None:
    """Give fonts with an encoding of their own the usual one's name, which pypdf understands.

    Their codes also have two bytes, and a table elsewhere maps them to text. WeasyPrint
    writes such an encoding where one glyph stands for two characters.
    """
    from pypdf import PageObject
    from pypdf.generic import NameObject, StreamObject

    assert isinstance(page, PageObject)
    for font in (page.get("/Resources", {}).get("/Font") or {}).values():
        described = font.get_object()
        encoding = described.get("/Encoding")
        if encoding is not None and isinstance(encoding.get_object(), StreamObject):
            described[NameObject("/Encoding")] = NameObject("/Identity-H")


def _is_drawn_over(page: "object") -> bool:
    from pypdf import PageObject

    assert isinstance(page, PageObject)
    return any(a.get_object().get("/Subtype") in DRAWN_OVER for a in page.annotations or ())
