"""Turn the report's page, as pandoc reads it, into a document's body.

Pandoc reads a page into a tree of elements, `{"t": kind, "c": content}`; see its documentation of
pandoc-types. Style sheets number the page's captions and lay its galleries out. A document has no
style sheets, so the numbers become text here, and galleries tables.
"""

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

Element = dict[str, Any]

PER_ROW = 4
"""Pictures of a gallery that stand side by side."""

SIDE = 1.3
"""Inches that a picture of a gallery is wide, at most."""


def addresses(tree: Any) -> Iterator[list[str]]:
    """Yield the address and title of each picture in order, as a list that can be changed."""
    for image in _of_kind(tree, "Image"):
        yield image["c"][2]


def for_word(tree: Element, study: str) -> Element:
    """Return the tree for Word: the title is the document's, sections are headings of level 1."""
    body = _Body(captions_in_text=False)
    blocks = body.blocks(tree["blocks"])
    title = next(block for block in blocks if block["t"] == "Header" and block["c"][0] == 1)
    blocks.remove(title)
    for header in _of_kind(blocks, "Header"):
        header["c"][0] = max(1, header["c"][0] - 1)
    meta = {"title": {"t": "MetaInlines", "c": title["c"][2]}, **_meta("lang", "en")}
    return {**tree, "meta": meta, "blocks": [_notice(study), *blocks]}


def for_markdown(tree: Element, study: str) -> Element:
    """Return the tree for Markdown: captions are paragraphs, and links lead to headings."""
    blocks = _Body(captions_in_text=True).blocks(tree["blocks"])
    anchors = {header["c"][1][0]: _anchor(header) for header in _of_kind(blocks, "Header")}
    blocks = _each_inline(blocks, lambda inline: _link_to_heading(inline, anchors))
    for image in _of_kind(blocks, "Image"):
        image["c"][0] = ["", [], []]
    for line_break in _of_kind(blocks, "LineBreak"):  # which its tables can't have
        line_break.update(t="RawInline", c=["html", "<br>"])
    return {**tree, "meta": {}, "blocks": [_notice(study), *blocks]}


def _notice(study: str) -> Element:
    """Say that nothing vouches for the copy, and what vouches for the original."""
    text = _words("This is an unverified copy for editing: nothing shows whether its words and "
                  "numbers are still those of the records. ")  # fmt: skip
    verify = {"t": "Code", "c": [["", [], []], f"homework verify --study {study}"]}
    rest = _words(" holds the original, report.html or report.pdf, against the records.")
    return {"t": "BlockQuote", "c": [{"t": "Para", "c": [*text, verify, *rest]}]}


def _meta(name: str, text: str) -> Element:
    return {name: {"t": "MetaString", "c": text}}


class _Body:
    """Turns blocks of the page into those of a document; counts figures and tables meanwhile."""

    def __init__(self, captions_in_text: bool) -> None:
        self._captions_in_text = captions_in_text
        self._counts = {"Figure ": 0, "Table ": 0, "Figure S": 0, "Table S": 0}

    def blocks(self, blocks: list[Element]) -> list[Element]:
        return [new for block in blocks for new in self._block(block)]

    def _block(self, block: Element) -> Iterator[Element]:
        kind: str = block["t"]
        content: Any = block.get("c")
        if kind == "Div":
            yield from self._div(*content)
        elif kind == "Figure":
            yield from self._figure(*content)
        elif kind == "Table":
            yield _table(content)
        elif kind in ("BulletList", "BlockQuote"):
            inner = content if kind == "BulletList" else [content]
            parts = [self.blocks(part) for part in inner]
            if not self._captions_in_text:  # the style of close lists is that of tables
                parts = [_as_paragraphs(part) for part in parts]
            yield {"t": kind, "c": parts if kind == "BulletList" else parts[0]}
        else:
            yield _without_marks(block)

    def _div(self, attributes: list[Any], inner: list[Element]) -> Iterator[Element]:
        name, classes, _ = attributes
        blocks = self.blocks(inner)
        if "section" in classes and blocks and blocks[0]["t"] == "Header":
            blocks[0]["c"][1] = [name, [], []]
        if "notice" in classes or "gap" in classes:
            yield {"t": "BlockQuote", "c": blocks}
        else:
            yield from blocks

    def _figure(
        self, attributes: list[Any], caption: list[Any], inner: list[Element]
    ) -> Iterator[Element]:
        name, classes, _ = attributes
        is_table = "table" in classes
        row = f"{'Table' if is_table else 'Figure'} {'S' if 'screen-only' in classes else ''}"
        said = self._caption(caption[1], row)
        if "screen-only" in classes:  # named, as on paper
            yield from _as_paragraphs(said)
            return
        blocks = self.blocks(inner)
        if "gallery" in classes:
            blocks = [new for block in blocks for new in _gallery(block, self._captions_in_text)]
        if is_table and not self._captions_in_text:
            table = next(block for block in blocks if block["t"] == "Table")
            table["c"][0][0] = name
            table["c"][1] = [None, said]
            yield from blocks
        elif is_table:
            yield from (*_as_paragraphs(said), *blocks)
        elif self._captions_in_text or "gallery" in classes:
            yield from (*_as_paragraphs(blocks), *_as_paragraphs(said))
        else:
            yield {"t": "Figure", "c": [[name, [], []], [None, said], blocks]}

    def _caption(self, blocks: list[Element], row: str) -> list[Element]:
        """Put a kind and its number, the next in its row, before a caption."""
        self._counts[row] += 1
        number = {"t": "Strong", "c": _words(f"{row}{self._counts[row]}.")}
        said = [_without_marks(block) for block in blocks]
        if said and said[0]["t"] in ("Plain", "Para"):
            said[0]["c"] = [number, {"t": "Space"}, *said[0]["c"]]
        return said


def _table(content: list[Any]) -> Element:
    """Align columns as their heads are, and give each the width that its words need."""
    attributes, caption, columns, head, bodies, foot = _without_marks(content)
    heads = content[3][1][0][1] if content[3][1] else []
    for column, cell in zip(columns, heads, strict=False):
        if "number" in cell[0][1]:
            column[0] = {"t": "AlignRight"}
    rows = [*head[1], *(row for body in bodies for row in (*body[2], *body[3]))]
    needs = [_need([plain_text(row[1][j][4]) for row in rows]) for j in range(len(columns))]
    for column, need in zip(columns, needs, strict=True):
        column[1] = {"t": "ColWidth", "c": need / sum(needs)}
    return {"t": "Table", "c": [attributes, caption, columns, head, bodies, foot]}


def _need(cells: list[str]) -> float:
    """Return how many letters wide a column should be: its longest word, more if a cell is long."""
    words = (len(word) for cell in cells for word in re.split(r"[\s-]", cell))
    return max(*words, 3 * math.sqrt(max(map(len, cells)))) + 4


def _gallery(block: Element, with_head: bool) -> Iterator[Element]:
    """Lay the pictures of a list out in rows, each above its label.

    Tables of Markdown need a head; it stays empty.
    """
    if block["t"] != "BulletList":
        yield block
        return
    items = block["c"]
    per_row = min(PER_ROW, len(items))
    rows = [items[i : i + per_row] for i in range(0, len(items), per_row)]
    rows[-1] = rows[-1] + [[]] * (per_row - len(rows[-1]))
    none: list[Any] = ["", [], []]
    lines = [[none, [_cell(item) for item in row]] for row in rows]
    columns = [[{"t": "AlignDefault"}, {"t": "ColWidth", "c": 1 / per_row}]] * per_row
    body = [none, 0, [], lines]
    head = [none, [[none, [_cell([])] * per_row]] if with_head else []]
    yield {"t": "Table", "c": [none, [None, []], columns, head, [body], [none, []]]}


def _cell(item: list[Element]) -> list[Any]:
    """Return a table's cell with pictures, none too wide, and a break before what they are."""
    inlines = [inline for block in item for inline in block.get("c", [])]
    images = [inline for inline in inlines if inline["t"] == "Image"]
    for image in images:
        wide = f"{SIDE / len(images):.2f}in"
        image["c"][0] = ["", [], [["width", wide]]]
    label = [inline for inline in inlines if inline["t"] != "Image"]
    content = [*images, {"t": "LineBreak"}, *label] if label else images
    blocks = [{"t": "Plain", "c": content}] if content else []
    return [["", [], []], {"t": "AlignDefault"}, 1, 1, blocks]


def _as_paragraphs(blocks: list[Element]) -> list[Element]:
    return [{**block, "t": "Para"} if block["t"] == "Plain" else block for block in blocks]


def _without_marks(element: Any) -> Any:
    """Leave out marks that mean nothing in a document: spans, classes, boxes."""
    if isinstance(element, list):
        kept: list[Any] = []
        for part in element:
            new = _without_marks(part)
            if isinstance(part, dict) and part.get("t") in ("Span", "Div") and not _name(part):
                kept += new["c"][1]
            else:
                kept.append(new)
        return kept
    if not isinstance(element, dict):
        return element
    new = {key: _without_marks(part) for key, part in element.items()}
    if element.get("t") in ("Span", "Div", "Code", "Link"):
        new["c"][0] = [_name(element), [], []]
    return new


def _name(element: Element) -> str:
    return str(element["c"][0][0])


def _of_kind(tree: Any, kind: str) -> Iterator[Element]:
    if isinstance(tree, dict):
        if tree.get("t") == kind:
            yield tree
        for part in tree.values():
            yield from _of_kind(part, kind)
    elif isinstance(tree, list):
        for part in tree:
            yield from _of_kind(part, kind)


def _each_inline(tree: Any, change: Callable[[Element], list[Element]]) -> Any:
    """Return a tree with what `change` puts in the place of each element of a list."""
    if isinstance(tree, dict):
        return {key: _each_inline(part, change) for key, part in tree.items()}
    if not isinstance(tree, list):
        return tree
    new: list[Any] = []
    for part in tree:
        part = _each_inline(part, change)
        new += change(part) if isinstance(part, dict) else [part]
    return new


def _link_to_heading(inline: Element, anchors: dict[str, str]) -> list[Element]:
    """Have a link lead to its heading's own anchor; one that leads to nothing becomes text."""
    if inline.get("t") in ("Span", "Div"):
        return list(inline["c"][1])
    if inline.get("t") != "Link" or not inline["c"][2][0].startswith("#"):
        return [inline]
    anchor = anchors.get(inline["c"][2][0][1:])
    if anchor is None:
        return list(inline["c"][1])
    inline["c"][2][0] = f"#{anchor}"
    return [inline]


def _anchor(header: Element) -> str:
    """Return what GitHub calls a heading."""
    text = re.sub(r"[^\w\- ]", "", plain_text(header["c"][2]).lower())
    return text.replace(" ", "-")


def plain_text(tree: Any) -> str:
    """Return the words of some elements."""
    if isinstance(tree, list):
        return "".join(map(plain_text, tree))
    if not isinstance(tree, dict):
        return ""
    if tree["t"] in ("Space", "SoftBreak", "LineBreak"):
        return " "
    if tree["t"] == "Str":
        return str(tree["c"])
    if tree["t"] == "Code":
        return str(tree["c"][1])
    return plain_text(tree.get("c"))


def _words(text: str) -> list[Element]:
    """Return a text as pandoc has it: words and the spaces between them."""
    parts = re.split(r"( )", text)
    return [{"t": "Space"} if p == " " else {"t": "Str", "c": p} for p in parts if p]
