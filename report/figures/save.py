"""The one place that turns a drawn figure into bytes."""

import base64
import io
import re
from typing import TYPE_CHECKING

from report.figures.style import DARK

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def to_svg(figure: "Figure") -> str:
    """Return a figure as SVG text that is the same on every day and fits light and dark themes."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    figure.clear()
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\n\s*", "\n", svg)
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
