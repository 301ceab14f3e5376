"""The one place that turns a drawn figure into bytes."""

import base64
import io
import re
from typing import TYPE_CHECKING

from report.figures.style import DARK, Lettering

if TYPE_CHECKING:
    from matplotlib.figure import Figure


DPI = 200
"""Of what is rasterised inside the SVG."""


def to_svg(figure: "Figure", lettering: Lettering) -> str:
    """Return a figure as SVG text that is the same on every day; outlines fit dark themes, too."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", dpi=DPI, metadata={"Date": None, "Creator": None})
    figure.clear()
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\n\s*", "\n", svg)
    if lettering == "text":
        return svg
    head, close, body = svg.partition(">")
    return f"{head}{close}{_dark_style()}{body}"


def _dark_style() -> str:
    """Return a style sheet that swaps the neutral colours where the page is dark."""
    rules = "".join(
        f'[style*="{attribute}: {light}"]{{{attribute}:{dark}!important}}'
        for light, dark in DARK.items()
        for attribute in ("fill", "stroke")
    )
    return f"<style>@media (prefers-color-scheme:dark){{{rules}}}</style>"


def data_uri(content: bytes, media_type: str) -> str:
    """Return content as a `data:` URI."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
