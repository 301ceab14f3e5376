"""Describe a figure and what the template shows of it."""

from collections.abc import Callable
from typing import Any

from report.evidence.sentences import Parts, say
from report.figures.drawing import drawing
from report.figures.views import Gap, Plot
from report.tables.views import FigureData

CSS_PIXELS_PER_INCH = 96


def draw_plot(
    slug: str,
    draw: Callable[..., object],
    *arguments: Any,
    size: tuple[float, float],
    alt: str,
    caption: Parts,
    data: FigureData | None = None,
) -> Plot:
    """Have a figure drawn in the report's look, when it is needed.

    Args:
        slug: Unique in the report.
        draw: A function of a module; adds axes to the empty figure that it is given first.
        arguments: What else it is given: plain data, see `drawing.Drawing`.
        size: Width and height in inches.
        alt: What the figure shows, as a sentence.
        caption: What it is.
        data: What it shows, as a table.
    """
    width, height = (round(inches * CSS_PIXELS_PER_INCH) for inches in size)
    return Plot(slug, drawing(draw, arguments, size), alt, caption, width, height, data)


def gap(slug: str, *reason: str) -> Gap:
    """Return what stands where a figure can't be drawn yet."""
    return Gap(slug, say(*reason, strength="gap"))
