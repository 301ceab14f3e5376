"""Draw figures once: kept in memory and in the user's cache folder, several at a time.

What lies in the cache is checked before it is used; a damaged picture is drawn again. Nothing
depends on the cache but time.
"""

import contextlib
import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from report.figures.drawing import Drawing, draw
from report.figures.save import data_uri
from report.figures.style import Lettering
from report.locations import cache_folder
from training.records import HomeworkError, write_bytes

_PLACE = re.compile(r'src="figure:([0-9a-f]{40})"')

KEPT = 2000
"""Pictures in the cache; older ones make room."""

SLOW = frozenset({"report.figures.grid_figures"})
"""Modules that draw with seaborn, whose import takes as long as several figures."""

FEW = 4
"""So many figures are drawn sooner than another process has started."""


class Studio:
    """The pictures of one report.

    Args:
        lettering: See `style.Lettering`.
        n_helpers: Processes that draw beside this one; by default one for every other core.
    """

    def __init__(self, lettering: Lettering, n_helpers: int | None = None) -> None:
        self.lettering = lettering
        self._n_helpers = helpers() if n_helpers is None else n_helpers
        self._pictures: dict[str, str] = {}

    def picture(self, what: Drawing) -> str:
        """Return a figure as SVG text."""
        if what.key not in self._pictures:
            self.prepare([what])
        return self._pictures[what.key]

    def prepare(
        self, drawings: Iterable[Drawing], progress: Callable[[str], None] = lambda _: None
    ) -> None:
        """Draw what is neither in memory nor in the cache."""
        missing: dict[str, Drawing] = {}
        for what in drawings:
            if what.key not in self._pictures and what.key not in missing:
                kept = _read(self._file(what.key))
                if kept is None:
                    missing[what.key] = what
                else:
                    self._pictures[what.key] = kept
        if not missing:
            return
        drawn = self._draw(list(missing.values()))
        for number, (what, svg) in enumerate(zip(missing.values(), drawn, strict=True), start=1):
            progress(f"Drawing figures, {number} of {len(missing)}")
            self._pictures[what.key] = svg
            _write(self._file(what.key), svg)
        _prune(cache_folder() / "figures")

    def _file(self, key: str) -> Path:
        return cache_folder() / "figures" / f"{key}-{self.lettering}.svg"

    def _draw(self, drawings: Sequence[Drawing]) -> Iterator[str]:
        if len(drawings) <= FEW or self._n_helpers < 1:
            return (draw(what, self.lettering) for what in drawings)
        return iter(_together(drawings, self.lettering, self._n_helpers))


def fill(html: str, drawings: Iterable[Drawing], studio: Studio) -> str:
    """Put pictures into a section's HTML, in the places that `Plot.source` marks."""
    known = {what.key: what for what in drawings}

    def picture(place: "re.Match[str]") -> str:
        svg = studio.picture(known[place[1]])
        return f'src="{data_uri(svg.encode("utf-8"), "image/svg+xml")}"'

    return _PLACE.sub(picture, html)


def helpers() -> int:
    """Return how many processes may draw beside this one."""
    return 0 if sys.flags.interactive else max(0, min(4, (os.cpu_count() or 1)) - 1)


def _together(drawings: Sequence[Drawing], lettering: Lettering, n_helpers: int) -> list[str]:
    """Draw in several processes; this one takes from the end what the others haven't begun.

    What needs slow libraries comes first, so that this process can do without them.
    """
    order = sorted(range(len(drawings)), key=lambda i: drawings[i].module not in SLOW)
    drawn = _shared([drawings[i] for i in order], lettering, n_helpers)
    return [drawn[order.index(i)] for i in range(len(drawings))]


def _shared(drawings: Sequence[Drawing], lettering: Lettering, n_helpers: int) -> list[str]:
    found: dict[int, str] = {}
    try:
        pool = ProcessPoolExecutor(n_helpers, mp_context=get_context("spawn"))
    except OSError:
        return [draw(what, lettering) for what in drawings]
    with pool:
        futures = _submit(pool, drawings, lettering)
        for i in reversed(range(len(drawings))):
            if i not in futures or futures[i].cancel():
                found[i] = draw(drawings[i], lettering)
        for i, future in futures.items():
            if not future.cancelled():
                with contextlib.suppress(BrokenProcessPool, OSError):
                    found[i] = future.result()
    for i, what in enumerate(drawings):  # what a process took with it when it died
        if i not in found:
            found[i] = draw(what, lettering)
    return [found[i] for i in range(len(drawings))]


def _submit(
    pool: Executor, drawings: Sequence[Drawing], lettering: Lettering
) -> dict[int, "Future[str]"]:
    """Hand out all drawings; none where processes can't be started."""
    futures: dict[int, Future[str]] = {}
    with contextlib.suppress(BrokenProcessPool, OSError, RuntimeError):
        for i, what in enumerate(drawings):
            futures[i] = pool.submit(draw, what, lettering)
    return futures


def _read(file: Path) -> str | None:
    """Return a picture from the cache if it is whole."""
    try:
        digest, _, svg = file.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return svg if digest == _digest(svg) else None


def _write(file: Path, svg: str) -> None:
    with contextlib.suppress(HomeworkError):
        write_bytes(file, f"{_digest(svg)}\n{svg}".encode())


def _digest(svg: str) -> str:
    return hashlib.sha256(svg.encode("utf-8")).hexdigest()


def _prune(folder: Path) -> None:
    """Remove the oldest pictures above the number kept."""
    with contextlib.suppress(OSError):
        files = sorted(folder.glob("*.svg"), key=lambda file: file.stat().st_mtime_ns)
        for file in files[:-KEPT]:
            file.unlink(missing_ok=True)
