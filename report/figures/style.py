"""One look for all figures, applied by one context manager.

Neutral colours are replaced in dark themes by a style sheet inside each SVG (`save`), so they
must stay distinct from every data colour.
"""

import contextlib
import functools
import importlib.util
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

INK = "#1c2126"
MUTED = "#5b6570"
LINE = "#d5dae0"
PAPER = "#fdfdfc"

DARK = {INK: "#e8eaed", MUTED: "#a4adb8", LINE: "#3a424c", PAPER: "#14171b"}
"""What each neutral colour becomes in a dark theme."""

BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
SKY = "#4aa3d6"
"""Okabe and Ito's palette, which colour-blind readers can tell apart, its light tones darkened."""

SPLITS = {"train": BLUE, "validation": ORANGE, "test": GREEN}

FONT = "Source Sans Pro"
FONTS = [FONT, "DejaVu Sans"]
WIDTH = 4.55
"""Width of a figure in inches: small enough to be read on a telephone without moving it."""

Lettering = Literal["outlines", "text"]
"""`outlines` look the same wherever they are shown; `text` needs the fonts that the PDF has."""

FONT_TYPES: dict[Lettering, str] = {"outlines": "path", "text": "none"}

RC: dict[Any, Any] = {
    "font.family": FONTS,
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "semibold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelsize": 9.5,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": MUTED,
    "axes.titlecolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "xtick.major.width": 0.7,
    "lines.linewidth": 1.7,
    "lines.markersize": 5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "hatch.linewidth": 0.6,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.hashsalt": "homework",
    "text.parse_math": False,  # names of classes and experiments may have dollar signs
}


@contextlib.contextmanager
def style(lettering: Lettering = "outlines") -> Iterator[None]:
    """Apply the report's look to what is drawn inside."""
    import matplotlib

    _add_fonts()
    remarks = logging.getLogger("matplotlib.font_manager")
    level = remarks.level
    remarks.setLevel(logging.ERROR)  # DejaVu Sans stands in for single signs; no semibold
    try:
        with (
            matplotlib.rc_context(RC | {"svg.fonttype": FONT_TYPES[lettering]}),
            warnings.catch_warnings(),
        ):
            # a name in a script without a font: `render` says so once, with what mends it
            warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")
            yield
    finally:
        remarks.setLevel(level)


@functools.cache
def _add_fonts() -> None:
    """Tell matplotlib of the text face, once a process; without it DejaVu Sans steps in."""
    from matplotlib import font_manager

    folder = font_folder("font_source_sans_pro")
    for name in ("Regular", "Semibold", "Bold", "It"):
        file = folder / f"SourceSansPro-{name}.ttf" if folder else None
        if file is not None and file.is_file():
            font_manager.fontManager.addfont(file)


def font_folder(package: str) -> Path | None:
    """Return the folder of a font package's files without importing it; None if not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "files"
