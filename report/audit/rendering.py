"""How a report was made, in its own words: what must be known to make it again."""

import html
import re
from typing import Literal

import msgspec

from training.records import Outline

RENDERING_META = "homework-rendering"
"""Name of the `<meta>` element that says how a page was made."""


Detail = Literal["brief", "full"]
"""How much of a study a report has: the first page, figures and tests, or all sections."""


class Words(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stood in for the words of `study.json`; of sections that a person wrote, the titles."""

    title: str = ""
    author: str = ""
    course: str = ""
    abstract: str = ""
    report: Outline | None = None


class Rendering(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a report was made.

    Attributes:
        homework: The program's version.
        program: Digest of the program's files that make reports.
        study: Name of the study's folder.
        detail: How much of the study it has.
        templates: A person's own templates: name to digest.
        words: None where those of `study.json` were printed.
        kept: Sections that were kept although their records had changed.
        libraries: Versions of what draws and lays out.
    """

    homework: str = ""
    program: str = ""
    study: str = ""
    paper: Literal["a4", "letter"] = "a4"
    detail: Detail = "full"
    templates: dict[str, str] = {}
    words: Words | None = None
    kept: tuple[str, ...] = ()
    libraries: dict[str, str] = {}


def write_rendering(rendering: Rendering) -> str:
    """Return the text that a page's `<meta>` element holds."""
    return msgspec.json.encode(rendering).decode()


def read_rendering(page: str) -> Rendering:
    """Return how a page was made; what it doesn't say is left empty."""
    head = page.partition("<body")[0]
    found = re.search(rf'<meta name="{RENDERING_META}" content="([^"]*)">', head)
    if found is not None:
        try:
            return msgspec.json.decode(html.unescape(found[1]), type=Rendering)
        except (msgspec.MsgspecError, RecursionError):
            pass
    version = re.search(r'<meta name="generator" content="homework ([^"]*)">', head)
    return Rendering(homework=version[1] if version else "")
