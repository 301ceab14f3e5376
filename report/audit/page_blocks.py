"""Read a page as blocks: paragraphs, rows, captions, notices, figures, and what is around them.

A block keeps every tag, attribute and character, so that two pages with equal blocks look alike;
only runs of white space count as one space.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal

from report.audit.about_this_study import ENDS
from report.audit.read_html import RECORDS_META, VOID, Piece
from report.audit.rendering import RENDERING_META

Kind = Literal[
    "sentence", "heading", "notice", "table row", "caption", "figure", "cover line",
    "contents line", "style sheet", "script", "head", "markup",
]  # fmt: skip

Token = tuple[str, ...]

KINDS: dict[str, Kind] = {
    "p": "sentence", "li": "sentence", "dt": "sentence", "dd": "sentence", "pre": "sentence",
    "blockquote": "sentence", "summary": "sentence", "tr": "table row", "figcaption": "caption",
    "img": "figure", "style": "style sheet", "script": "script", "title": "head", "meta": "head",
    "link": "head", **{f"h{level}": "heading" for level in range(1, 7)},
}  # fmt: skip
"""What the elements are in which text stands; a block begins and ends with each."""

AROUND = frozenset(
    ("html", "head", "body", "header", "nav", "main", "section", "div", "figure", "details",
     "table", "thead", "tbody", "ul", "ol", "dl", "br", "hr", "form", "iframe", "object", "article")
)  # fmt: skip
"""Elements around others; a block of their own for each tag."""

FIGURES = frozenset(("plot", "gallery"))
"""Classes of the elements that hold figures."""


@dataclass(frozen=True)
class Block:
    """A stretch of a page that is held against another as a whole.

    Attributes:
        section: Slug of the section that it stands in, empty outside of sections.
        text: What a reader sees; for a figure its description.
        tokens: All of it but the sources of pictures: tags with attributes, and text.
        place: For a picture, where it stands: the figure's id, and its number there.
    """

    section: str
    kind: Kind
    text: str
    tokens: tuple[Token, ...]
    place: tuple[str, int] | None = None

    @property
    def n_sentences(self) -> int:
        if self.kind not in ("sentence", "notice", "caption", "cover line"):
            return 0
        return sum(bool(part.strip()) for part in ENDS.split(self.text))

    @property
    def begins_table(self) -> bool:
        return self.tokens[0][:2] == ("begin", "table")

    @property
    def begins_figure(self) -> bool:
        tag = self.tokens[0]
        return tag[:2] == ("begin", "figure") and bool(FIGURES & _classes(tag))


@dataclass(frozen=True)
class PageBlocks:
    """A page's blocks in order, and the sources of its pictures by their places."""

    blocks: tuple[Block, ...]
    pictures: dict[tuple[str, int], str]


def read_blocks(page: str) -> PageBlocks:
    """Return the blocks of a page."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    reader.end_block()
    return PageBlocks(tuple(reader.blocks), reader.pictures)


def blocks_of(pieces: Iterable[Piece]) -> tuple[Block, ...]:
    """Return the blocks of what a PDF's pages say."""
    found: list[Block] = []
    tokens: list[Token] = []
    text, section = "", ""
    for piece in (*pieces, Piece("block")):
        if tokens and (piece.kind == "block" or piece.section != section):
            found.append(Block(section, "sentence", " ".join(text.split()), tuple(tokens)))
            text, tokens = "", []
        section = piece.section
        if piece.kind != "block":
            text += piece.text
            _append(tokens, piece)
    return tuple(found)


def _append(tokens: list[Token], piece: Piece) -> None:
    """Add what a piece says; text that is only marked up otherwise counts as one."""
    plain = " ".join(piece.text.split())
    kind = "text" if piece.kind == "result" else piece.kind
    if kind == "text" and tokens and tokens[-1][0] == "text":
        tokens[-1] = ("text", f"{tokens[-1][1]} {plain}".strip(), "", "")
    elif kind != "text" or plain:
        tokens.append((kind, plain, piece.value, piece.source))


@dataclass
class _Open:
    """An element that has begun."""

    tag: str
    section: str
    figure: str
    classes: frozenset[str] = field(default_factory=frozenset)


class _Reader(HTMLParser):
    """Collects every tag, text, comment and declaration of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.pictures: dict[tuple[str, int], str] = {}
        self._open: list[_Open] = []
        self._tokens: list[Token] = []
        self._text = ""
        self._kind: Kind = "markup"
        self._alt = ""
        self._place: tuple[str, int] | None = None

    def end_block(self) -> None:
        if self._tokens:
            text = " ".join((self._alt or self._text).split())
            kind = "sentence" if self._kind == "markup" and text else self._kind
            tokens = tuple(self._tokens)
            self.blocks.append(Block(self._section, kind, text, tokens, self._place))
        self._tokens, self._text, self._alt = [], "", ""
        self._kind, self._place = "markup", None

    @property
    def _section(self) -> str:
        return self._open[-1].section if self._open else ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = [(name, value or "") for name, value in attrs]
        named = dict(reversed(attributes))  # of two the first counts, as in browsers
        if named.get("name") in (RECORDS_META, RENDERING_META) and tag == "meta":
            return  # read by others
        if tag in KINDS or tag in AROUND:
            self.end_block()
            self._kind = self._kind_of(tag)
        if tag in ("td", "th") and self._text:
            self._text += " | "
        if tag == "img":
            attributes = self._picture(attributes, named)
        if tag not in VOID:
            self._begin(tag, named)
        flat = (item for pair in sorted(attributes) for item in pair)
        self._tokens.append(("begin", tag, *flat))
        if tag in AROUND or (tag in VOID and tag in KINDS):
            self.end_block()

    def _begin(self, tag: str, named: dict[str, str]) -> None:
        last = self._open[-1] if self._open else _Open("", "", "")
        section = named.get("id", "") if tag == "section" else last.section
        figure = named.get("id", "") if tag == "figure" else last.figure
        self._open.append(_Open(tag, section, figure, frozenset(named.get("class", "").split())))

    def _kind_of(self, tag: str) -> Kind:
        kind = KINDS.get(tag, "markup")
        inside = {item.tag for item in self._open}
        if kind != "sentence":
            return kind
        if any({"notice", "gap"} & item.classes for item in self._open):
            return "notice"
        if "nav" in inside:
            return "contents line"
        return "cover line" if "header" in inside else kind

    def _picture(
        self, attributes: list[tuple[str, str]], named: dict[str, str]
    ) -> list[tuple[str, str]]:
        """Keep where a picture comes from apart, if it is drawn or embedded."""
        source = named.get("src", "")
        self._alt = named.get("alt", "") or "a picture without description"
        if not source.startswith(("data:image/", "figure:")) or not self._open:
            return attributes
        figure = self._open[-1].figure or self._section
        number = sum(place == figure for place, _ in self.pictures)
        if any("gallery" in item.classes for item in self._open):
            self._alt += f", number {number + 1} of its figure"
        self._place = (figure, number)
        self.pictures[self._place] = source
        return [pair for pair in attributes if pair != ("src", source)]

    def handle_endtag(self, tag: str) -> None:
        self._tokens.append(("end", tag))
        if tag in AROUND and len(self._tokens) > 1:
            last = self._tokens.pop()
            self.end_block()
            self._tokens.append(last)
        if tag in KINDS or tag in AROUND:
            self.end_block()
        if any(item.tag == tag for item in self._open):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        plain = " ".join(data.split())
        if not plain:
            return
        if self._open and self._open[-1].tag in ("style", "script"):
            self._tokens.append(("text", plain))
            return
        space_before = " " if data[0].isspace() else ""
        space_after = " " if data[-1].isspace() else ""
        self._text += data
        self._tokens.append(("text", f"{space_before}{plain}{space_after}"))

    def handle_comment(self, data: str) -> None:
        self._tokens.append(("comment", data.strip()))
        if len(self._tokens) == 1:
            self.end_block()

    def handle_decl(self, decl: str) -> None:
        self._tokens.append(("declaration", decl))

    def handle_pi(self, data: str) -> None:
        self._tokens.append(("instruction", data))

    def unknown_decl(self, data: str) -> None:
        self._tokens.append(("declaration", data))


def _classes(tag: Token) -> set[str]:
    names, values = tag[2::2], tag[3::2]
    return set(dict(zip(names, values, strict=True)).get("class", "").split())
