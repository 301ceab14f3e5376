"""Open a figure, have it drawn, and return what the template shows."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from report.figures.save import data_uri, to_svg
from report.figures.style import style
from report.figures.views import Gap, Plot
from report.tables.views import FigureData
from report.text import Parts, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CSS_PIXELS_PER_INCH = 96


def draw_plot(
    slug: str,
    draw: Callable[["Figure"], object],
    *,
    size: tuple[float, float],
    alt: str,
    caption: Parts,
    data: FigureData | None = None,
) -> Plot:
    """Draw a figure in the report's look and close it.

    Args:
        slug: Unique in the report.
        draw: Adds axes to the empty figure it is given.
        size: Width and height in inches.
        alt: What the figure shows, as a sentence.
        caption: What it is.
        data: What it shows, as a table.
    """
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        svg = to_svg(figure)
    width, height = (round(inches * CSS_PIXELS_PER_INCH) for inches in size)
    source = data_uri(svg.encode("utf-8"), "image/svg+xml")
    return Plot(slug, source, alt, caption, width, height, data)


def gap(slug: str, *reason: str) -> Gap:
    """Return what stands where a figure can't be drawn yet."""
    return Gap(slug, say(*reason, strength="gap"))
