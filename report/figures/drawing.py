"""A figure yet to be drawn: which function, on what data, how large."""

import functools
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from report.figures.save import to_png, to_svg
from report.figures.style import Lettering, style
from training import __version__
from training.fonts import fonts_digest, unusual

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Drawing:
    """A figure yet to be drawn.

    Attributes:
        module: Where the drawing function is.
        function: Its name; called with an empty figure and the arguments.
        arguments: Plain data: numbers, text, lists, arrays, dataclasses and records.
        size: Width and height in inches.
    """

    module: str
    function: str
    arguments: tuple[Any, ...]
    size: tuple[float, float]

    @functools.cached_property
    def content(self) -> bytes:
        """What is drawn, as JSON."""
        what = (self.module, self.function, self.arguments, self.size)
        return msgspec.json.encode(what, enc_hook=_plain)

    @functools.cached_property
    def key(self) -> str:
        """Identify all that the picture depends on: data, size, this program, libraries, fonts."""
        digest = hashlib.sha256(program().encode())
        digest.update(self.content)
        digest.update(fonts_digest([self.content.decode()]).encode())
        return digest.hexdigest()[:40]


def drawing(
    draw: Callable[..., object], arguments: tuple[Any, ...], size: tuple[float, float]
) -> Drawing:
    """Return the drawing that a function of a module makes of some data."""
    name = draw.__qualname__
    assert "." not in name, f"{name} can't be found again by another process"
    return Drawing(draw.__module__, name, arguments, size)


def draw(what: Drawing, lettering: Lettering) -> str:
    """Draw a figure in the report's look; return SVG text."""
    # WeasyPrint neither turns nor joins letters of a text in SVG; here matplotlib has done both
    drawn: Lettering = "outlines" if unusual([what.content.decode()]) else lettering
    with style(drawn):
        return to_svg(_drawn(what), lettering)


def draw_png(what: Drawing) -> bytes:
    """Draw a figure in the report's look, on white; return a PNG."""
    with style():
        return to_png(_drawn(what))


def _drawn(what: Drawing) -> "Figure":
    from matplotlib.figure import Figure

    function: Callable[..., object] = getattr(import_module(what.module), what.function)
    figure = Figure(figsize=what.size, layout="constrained")
    function(figure, *what.arguments)
    _lay_out(figure)
    return figure


def _lay_out(figure: "Figure") -> None:
    """Lay a figure out once; saving would do it twice."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")


def _plain(value: Any) -> Any:
    """Turn an array into lists."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} can't be told apart from others")


@functools.cache
def program() -> str:
    """Describe the code that draws: versions, and the state of this package's files."""
    place = Path(__file__).parent
    states = (f"{file.name} {_state(file)}" for file in sorted(place.glob("*.py")))
    return "\n".join((__version__, version("matplotlib"), version("seaborn"), *states))


def _state(file: Path) -> str:
    state: os.stat_result = file.stat()
    return f"{state.st_size} {state.st_mtime_ns}"
