"""The fonts that a report on a screen brings along, so that it looks the same everywhere."""

import base64
import functools
from dataclasses import dataclass

from report.writing.theme import template_folder


@dataclass(frozen=True)
class Face:
    """A cut of a family, and the CSS weights that it stands for."""

    family: str
    file: str
    weight: str
    style: str = "normal"


FACES = (
    Face("Report Serif", "ReportSerif-Regular.woff2", "400"),
    Face("Report Serif", "ReportSerif-Semibold.woff2", "600 700"),
    Face("Report Serif", "ReportSerif-Italic.woff2", "400", "italic"),
    Face("Report Sans", "ReportSans-Regular.woff2", "400"),
    Face("Report Sans", "ReportSans-Semibold.woff2", "600 700"),
    Face("Report Sans", "ReportSans-Italic.woff2", "400", "italic"),
)
"""Subsets of Source Serif and Source Sans, made by `bench/fonts.py`; see `fonts/OFL.txt`."""


@functools.cache
def font_faces() -> str:
    """Return `@font-face` rules that hold the fonts themselves."""
    folder = template_folder() / "fonts"
    return "".join(
        f'@font-face{{font-family:"{face.family}";font-weight:{face.weight};'
        f"font-style:{face.style};font-display:block;"
        f"src:url(data:font/woff2;base64,{_base64((folder / face.file).read_bytes())}) "
        'format("woff2")}\n'
        for face in FACES
    )


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
