"""Print a person's Markdown as HTML that can do no harm: no HTML, no scripts, nothing fetched."""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

LINK = re.compile(r"(?:https?://|mailto:|#)[^\s]*", re.IGNORECASE)
PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+")
LONGEST_SHOWN = 60
"""Characters of an address in a message."""

HIGHEST, DEEPEST = 3, 6
"""Levels of headings below a section's own, which is the second."""


def markdown(text: str, pictures: Mapping[str, str] = {}) -> Markup:
    """Return Markdown (CommonMark and tables) as HTML.

    HTML in the text is printed as text. Links lead to the web, to an address or into the report;
    of others the words stay. Pictures must be embedded as `data:`; of others the description
    stays. Headings start below the section's own and skip no level.

    Args:
        pictures: `data:` addresses by the path that stands for them in the text.
    """
    parser = _parser()
    return Markup(parser.renderer.render(_safe(parser.parse(text), pictures), parser.options, {}))


def pictures_left_out(text: str, pictures: Mapping[str, str] = {}) -> list[str]:
    """Say of each picture that isn't shown why; see `markdown`."""
    found = []
    for block in _parser().parse(text):
        for token in block.children or ():
            address = str(token.attrs.get("src", ""))
            if token.type == "image" and _shown(address, pictures) is None:
                found.append(f"{_short(address)} isn’t shown: {_why_not(address)}")
    return found


def _shown(address: str, pictures: Mapping[str, str]) -> str | None:
    """Return the `data:` address of a picture, or None where it must not be shown."""
    content = pictures.get(address, address)
    return content if PICTURE.fullmatch(content) else None


def _short(address: str) -> str:
    return address if len(address) <= LONGEST_SHOWN else f"{address[:LONGEST_SHOWN]}…"


def _why_not(address: str) -> str:
    if address.lower().startswith("data:"):
        return "embedded pictures are PNG, JPEG, GIF or WebP in base64"
    if re.match(r"[a-z][a-z0-9+.-]*:|//", address, re.IGNORECASE):
        return "a report fetches nothing; copy the picture beside the study file"
    return "it was not embedded; give the study file that it lies beside (-f FILE)"


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # `_inline` decides
    return parser


def _safe(tokens: Sequence[Token], pictures: Mapping[str, str]) -> list[Token]:
    levels: list[int] = []
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{_level(token, levels)}"
        elif token.type == "inline":
            token.children = list(_inline(token.children or [], pictures))
        elif token.type in ("th_open", "td_open"):
            _align(token)
        elif token.type == "fence":
            token.info = ""
    return list(_boxed(tokens))


def _level(token: Token, levels: list[int]) -> int:
    """Return a heading's level in the report; `levels` holds those of the headings around it."""
    if token.type == "heading_open":
        own = int(token.tag[1:])
        while levels and levels[-1] >= own:
            levels.pop()
        levels.append(own)
    return min(HIGHEST + len(levels) - 1, DEEPEST)


def _inline(tokens: Sequence[Token], pictures: Mapping[str, str]) -> Iterator[Token]:
    kept: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            kept.append(bool(LINK.fullmatch(str(token.attrs.get("href", "")))))
            if kept[-1]:
                yield token
        elif token.type == "link_close":
            if kept.pop():
                yield token
        elif token.type == "image":
            content = _shown(str(token.attrs.get("src", "")), pictures)
            if content is None:
                yield Token("text", "", 0, content=token.content)
            else:
                token.attrs["src"] = content
                yield token
        else:
            yield token


def _align(token: Token) -> None:
    """Say by class, not by style, that a column is one of numbers: the page allows no style."""
    style = str(token.attrs.pop("style", ""))
    token.attrs["class"] = "number" if style == "text-align:right" else "text"
    if token.type == "th_open":
        token.attrs["scope"] = "col"


def _boxed(tokens: Sequence[Token]) -> Iterator[Token]:
    """Put each table into a box that scrolls where the page is narrow."""
    for token in tokens:
        if token.type == "table_open":
            box = {"class": "scroll", "role": "group", "tabindex": "0", "aria-label": "Table"}
            yield Token("box_open", "div", 1, attrs=dict(box), block=True)
        yield token
        if token.type == "table_close":
            yield Token("box_close", "div", -1, block=True)
