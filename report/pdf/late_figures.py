"""Lay pages out around figures that are still being drawn, and hang the figures up afterwards.

Only a figure's size matters to the layout, and that is known before it is drawn. Until then a blank
SVG of that size stands in its place. A first PDF is made in four fifths of the time.

How a blank is exchanged, WeasyPrint doesn't promise; seen in version 70.0: the dictionary given to
`render` as `cache` holds every image by its address, that of an SVG being an object whose
`__init__` takes a tree, an address, a fetcher and a context, and keeps the last two as
`_url_fetcher` and `_context`. Where that is no longer so, `hang` refuses, and the pages are laid
out once more around the finished figures: the same bytes, only later.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from xml.etree import ElementTree

SCHEME = "figure"
"""Of the addresses of figures in a page: `figure:NAME`."""


class Figures(Protocol):
    """Figures that may still be being drawn, by name."""

    def stand_in(self, name: str) -> str:
        """Return an SVG of the size that a figure will have, without waiting."""

    def svg(self, name: str) -> str:
        """Return a figure; wait for it if need be."""


def blank(size: tuple[float, float]) -> str:
    """Return an empty SVG of a size in inches, as matplotlib would give it."""
    width, height = (f"{72 * inches:.6f}".rstrip("0").rstrip(".") for inches in size)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}"/>'
    )


def hang(figures: Figures, names: Iterable[str], images: Mapping[str, Any]) -> bool:
    """Put figures where their blanks are.

    Args:
        figures: The figures.
        names: Of those that stand in the pages.
        images: WeasyPrint's images by address.

    Returns:
        Whether it could be done with all of them.
    """
    for name in names:
        url = f"{SCHEME}:{name}"
        tree = ElementTree.fromstring(figures.svg(name))
        try:
            image = images[url]
            image.__init__(tree, url, image._url_fetcher, image._context)
        except (AttributeError, KeyError, TypeError):
            return False
    return True
