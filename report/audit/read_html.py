"""Read a rendered report back: its numbers, each with the source it names, and the text between."""

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Literal

import msgspec

Kind = Literal["number", "quote", "result", "text", "block", "picture"]


class Piece(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stretch of a report, in the order of reading.

    Attributes:
        kind: `number`: printed through the number macro. `quote`: a record's own words. `result`:
            of a generated sentence or a table's cell. `text`: of anything else. `block`: a
            paragraph, cell or caption begins or ends here. `picture`: something that isn't read
            stands here; only in reports of version 0.2.0 and older.
        section: Slug of the section that it stands in, empty outside of sections.
        text: What a reader sees.
        value: A number's exact value, as written beside it.
        source: A number's or quote's source, see `numbers.Quantity`.
    """

    kind: Kind
    section: str = ""
    text: str = ""
    value: str = ""
    source: str = ""


RECORDS_META = "homework-records"
"""Name of the `<meta>` element that names the records behind a report."""

VOID = frozenset(("br", "img", "hr", "meta", "link", "input", "wbr", "source"))

INLINE = frozenset(
    ("a", "abbr", "b", "cite", "code", "data", "em", "i", "kbd", "mark", "q", "s", "small",
     "span", "strong", "sub", "sup", "time", "var", "wbr")
)  # fmt: skip

UNREAD = frozenset(("script", "style", "template", "noscript", "title"))
SCREEN_ONLY = frozenset(("button", "dialog", "details"))
SCREEN_CLASSES = frozenset(("skip", "screen"))
"""What no page of paper shows."""

SOURCED: dict[str, Kind] = {"data": "number", "q": "quote"}
"""Elements that name the place in the records that their text comes from."""

UNSOURCED = re.compile(r"\d[\d.,]*")
CONSTANT = re.compile(r"95\s%\sintervals?|Caltech-101|First-?\d|top-?\d", re.IGNORECASE)
"""Digits of a result that no record decides."""


def read_pieces(html: str, paper: bool = False) -> list[Piece]:
    """Return all that a report's body says, in order; for paper without what only screens show."""
    reader = _Reader(paper)
    reader.feed(html)
    reader.close()
    return reader.pieces


def read_records(html: str) -> dict[str, str]:
    """Return the records that a report says it was made from: path to digest."""
    found = re.search(rf'<meta name="{RECORDS_META}" content="([^"]*)">', html)
    pairs = (entry.rpartition("=") for entry in (found[1].split() if found else ()))
    return {path: digest for path, _, digest in pairs}


def unsourced(pieces: Sequence[Piece]) -> Iterator[tuple[Piece, str]]:
    """Yield digits of results that didn't come through the number macro."""
    for piece in pieces:
        if piece.kind == "result":
            for found in UNSOURCED.findall(CONSTANT.sub("", piece.text)):
                yield piece, found


class _Reader(HTMLParser):
    def __init__(self, paper: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._paper = paper
        self.pieces: list[Piece] = []
        self._open: list[tuple[str, Kind | None, str]] = []  # tag, kind of its text, section
        self._sourced: dict[str, str | None] | None = None  # attributes of what is being read
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        kind = self._kind(tag, attributes)
        if tag not in INLINE:
            self._add("block")
        if tag in VOID:
            return
        section = (attributes.get("id") or "") if tag == "section" else ""
        self._open.append((tag, kind, section or self._state[1]))
        if tag in SOURCED:
            self._sourced, self._text = attributes, ""

    def _kind(self, tag: str, attributes: dict[str, str | None]) -> Kind | None:
        """Tell how an element's text is to be read; None for what is no part of the pages."""
        inherited = self._state[0]
        classes = set((attributes.get("class") or "").split())
        if inherited is None and tag != "body":
            return None
        if tag in UNREAD or tag == "svg" or "hidden" in attributes:
            return None
        if self._paper and (tag in SCREEN_ONLY or classes & SCREEN_CLASSES):
            return None
        if "finding" in classes or (tag == "td" and self._in_table()):
            return "result"
        if tag in ("code", "a") or "name" in classes:
            return "text"
        return "text" if tag == "body" else inherited

    def _in_table(self) -> bool:
        return any(tag == "figure" for tag, _, _ in self._open)

    @property
    def _state(self) -> tuple[Kind | None, str]:
        return self._open[-1][1:] if self._open else (None, "")

    def handle_data(self, data: str) -> None:
        kind, _ = self._state
        if self._sourced is not None:
            self._text += data
        elif kind is not None and data:
            self._add(kind, data)

    def handle_endtag(self, tag: str) -> None:
        if tag in SOURCED:
            if self._sourced is not None and self._state[0] is not None:
                value, source = self._sourced.get("value"), self._sourced.get("data-source")
                self._add(SOURCED[tag], self._text, value or "", source or "")
            self._sourced = None
        if any(tag == name for name, _, _ in self._open):
            while self._open.pop()[0] != tag:
                pass
        if tag not in INLINE and self._state[0] is not None:
            self._add("block")

    def _add(self, kind: Kind, text: str = "", value: str = "", source: str = "") -> None:
        if kind == "block" and self.pieces and self.pieces[-1].kind == "block":
            return
        self.pieces.append(Piece(kind, self._state[1], text, value, source))
