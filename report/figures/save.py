"""The one place that turns a drawn figure into bytes."""

import base64
import io
import re
from typing import TYPE_CHECKING, Any

from report.figures.simplify_svg import slim
from report.figures.style import DARK, Lettering

if TYPE_CHECKING:
    from matplotlib.figure import Figure


DPI = 200
"""Of a PNG, and of what is rasterised inside an SVG."""


def to_svg(figure: "Figure", lettering: Lettering) -> str:
    """Return a figure as SVG text that is the same on every day; outlines fit dark themes, too.

    The figure must have been laid out: its canvas is printed at once, without the trial drawing
    that `Figure.savefig` begins with.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    figure.set_dpi(DPI)
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\n\s*", "\n", svg)
    return _for_pages(svg) if lettering == "text" else _for_screens(svg)


def to_png(figure: "Figure") -> bytes:
    """Return a figure as a PNG on white, for documents that don't show SVG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def _for_screens(svg: str) -> str:
    head, close, body = svg.partition(">")
    return f"{head}{close}{_dark_style()}{body}"


def _for_pages(svg: str) -> str:
    """Say by attributes what matplotlib says by styles, which WeasyPrint reads at more cost."""
    svg = re.sub(r"<defs>\s*<style[^>]*>\*\{([^}]*)\}</style>\s*</defs>\s*", "", svg)
    svg = svg.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)
    svg = re.sub(r'style="([^"]*)"', _attributes, svg)
    return slim(re.sub(r' transform="rotate\(-0 [^"]*\)"', "", svg))


def _attributes(style: "re.Match[str]") -> str:
    """Return a style's declarations as attributes; as it is where one has no attribute."""
    declarations = [item.strip().split(": ", 1) for item in style[1].split(";") if item.strip()]
    if any(len(item) != 2 or item[0] == "font" for item in declarations):
        return style[0]
    return " ".join(f'{name}="{value}"' for name, value in declarations)


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
