"""Make a figure a little smaller where it would leave the foot of a page empty.

Pages don't float figures: one that doesn't fit starts the next page, and what would have stood
beside it stays white. A figure of one image that is too tall by little is made narrower instead,
and the pages are laid out anew.

WeasyPrint doesn't promise the boxes of its pages; seen in version 70.0: `Page._page_box`, whose
descendants have `position_y`, `height`, `children`, `element` and `element_tag`, lengths being CSS
pixels. Where that is no longer so, all figures keep their sizes.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise, takewhile
from typing import Any

LARGEST_HOLE = 0.15
"""Of a page's height: a foot that is emptier calls for a smaller figure."""

SMALLEST = 2 / 3
"""Of a figure's width: narrower than that its numbers are hard to read."""

LAST = "references"
"""Id of the section that ends the main part."""

SLACK = 24.0
"""Pixels that a figure needs beside its own height: its margin, and the luck of rounding."""

PASSES = 4

Widths = dict[str, float]
"""Of images in pixels, by the id of their figure."""


def fit(lay_out: Callable[[str], Any]) -> Any:
    """Return a document whose pages' feet are filled as far as smaller figures can.

    Args:
        lay_out: Returns WeasyPrint's document, given further CSS.
    """
    document, narrowed = lay_out(""), Widths()
    left_alone: set[str] = set()
    for _ in range(PASSES):
        try:
            wanted = _too_tall(document.pages, left_alone)
            in_vain = {name for name, _ in _heading_pages(document.pages)} & set(narrowed)
        except (AttributeError, TypeError):
            return document
        left_alone |= in_vain | set(wanted)
        if not wanted and not in_vain:
            break
        narrowed = {name: width for name, width in narrowed.items() if name not in in_vain}
        narrowed |= wanted
        document = lay_out(style(narrowed))
    return document


def style(widths: Widths) -> str:
    """Return CSS that gives images their widths."""
    return "".join(f"#{name} img{{width:{width:.1f}px}}\n" for name, width in widths.items())


def _too_tall(pages: list[Any], left_alone: set[str]) -> Widths:
    """Find the first figure that would fill the foot of the page before, were it smaller.

    The appendices are left as they are: another layout takes seconds.
    """
    main_part = takewhile(lambda page: not _has_section(page, LAST), pages)
    for before, after in pairwise(main_part):
        foot = _foot(before)
        if foot <= LARGEST_HOLE * before._page_box.height:
            continue
        for name, figure in _heading_pages([after]):
            images = [box for box in _within(figure) if box.element_tag == "img"]
            if name in left_alone or len(images) != 1:
                continue
            image = images[0]
            too_much = figure.position_y + figure.height - _top(after) + SLACK - foot
            share = 1 - too_much / image.height
            if SMALLEST <= share < 1:
                return {name: image.width * share}
    return {}


def _has_section(page: Any, name: str) -> bool:
    elements = (box.element for box in _within(_root(page)))
    return any(element is not None and element.get("id") == name for element in elements)


def _heading_pages(pages: list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield figures that start a page, perhaps below headings of their own, with their ids."""
    for page in pages:
        for box in _blocks(_root(page)):
            if box.element_tag == "figure" and box.element.get("id"):
                yield box.element.get("id"), box
            if box.element_tag not in ("h2", "h3", "h4"):
                break


def _blocks(box: Any) -> Iterator[Any]:
    """Yield the blocks of a page in their order: sections opened, all else whole."""
    for child in getattr(box, "children", ()):
        if child.element_tag in ("html", "body", "div", "main", "section"):
            yield from _blocks(child)
        else:
            yield child


def _within(box: Any) -> Iterator[Any]:
    yield box
    for child in getattr(box, "children", ()):
        yield from _within(child)


def _root(page: Any) -> Any:
    return next(box for box in page._page_box.children if box.element_tag == "html")


def _top(page: Any) -> float:
    return float(page._page_box.content_box_y())


def _foot(page: Any) -> float:
    """Return the height below the last line, image or row of a page, in pixels."""
    ends = [
        box.position_y + box.height
        for box in _within(_root(page))
        if not getattr(box, "children", ()) or box.element_tag in ("tr", "img")
        if isinstance(box.height, (int, float))
    ]
    return _top(page) + float(page._page_box.height) - max(ends, default=_top(page))
