"""Lay pages out around figures that are still being drawn, and hang the figures up afterwards.

Only a figure's size matters to the layout, and that is known before it is drawn. Until then a blank
SVG of that size stands in its place.
"""

from collections.abc import Mapping
from typing import Any, Protocol
from xml.etree import ElementTree

SCHEME = "figure"
"""Of the addresses of figures in a page: `figure:NAME`."""


class Figures(Protocol):
    """Figures that may still be being drawn, by name."""

    def size(self, name: str) -> tuple[float, float]:
        """Return the width and height that a figure will have, in inches."""

    def svg(self, name: str) -> str:
        """Return a figure; wait for it if need be."""


def blank(size: tuple[float, float]) -> str:
    """Return an empty SVG of a size in inches, as matplotlib would give it."""
    width, height = (f"{72 * inches:.6f}".rstrip("0").rstrip(".") for inches in size)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}"/>'
    )


def hang(figures: Figures, images: Mapping[str, Any]) -> bool:
    """Put figures where their blanks are.

    Args:
        figures: The figures.
        images: WeasyPrint's images by address.

    Returns:
        Whether it could be done: WeasyPrint doesn't promise that an image can be exchanged.
    """
    blanks = {url: image for url, image in images.items() if url.startswith(f"{SCHEME}:")}
    try:
        for url, image in blanks.items():
            tree = ElementTree.fromstring(figures.svg(url.partition(":")[2]))
            image.__init__(tree, url, image._url_fetcher, image._context)
    except (AttributeError, TypeError):
        return False
    return True
