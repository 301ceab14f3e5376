"""Draw figures once: kept in memory and in the user's cache folder, several at a time.

What lies in the cache is checked before it is used; a damaged picture is drawn again. Nothing
depends on the cache but time.
"""

import contextlib
import gc
import hashlib
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Self

from report.figures.drawing import Drawing, draw
from report.figures.save import data_uri
from report.figures.style import Lettering
from training.folders import cache_folder, starting_python
from training.records import HomeworkError, write_bytes

PLACE = re.compile(r'src="figure:([0-9a-f]{40})"')

KEPT = 2000
"""Pictures in the cache; older ones make room."""

SLOW = frozenset({"report.figures.grid_figures", "report.figures.confusion"})
"""Modules that need seaborn or scipy, whose imports take as long as several figures."""

FEW = 4
"""So many figures are drawn sooner than another process has started."""


class DrawingPool:
    """Draws the figures of one report; close it, or use it as a context, to stop its processes.

    Args:
        lettering: See `style.Lettering`.
        n_helpers: Processes that draw beside this one; by default one for every other core.
        few: So many figures are drawn by this process alone.
    """

    def __init__(self, lettering: Lettering, n_helpers: int | None = None, few: int = FEW) -> None:
        self.lettering = lettering
        self._n_helpers = helpers() if n_helpers is None else n_helpers
        self._few = few
        self._pictures: dict[str, str] = {}
        self._missing: dict[str, Drawing] = {}
        self._begun: dict[str, Future[str]] = {}
        self._pool: Executor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the helpers go without waiting; what they haven't begun stays undrawn."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None

    def start(self, drawings: Iterable[Drawing]) -> None:
        """Have helpers draw what is neither in memory nor in the cache, without waiting."""
        for what in drawings:
            if what.key not in self._pictures and what.key not in self._missing:
                kept = _read(self._file(what.key))
                if kept is None:
                    self._missing[what.key] = what
                else:
                    self._pictures[what.key] = kept
        if self._n_helpers > 0 and len(self._missing) > self._few:
            self._hand_out()

    def prepare(
        self, drawings: Iterable[Drawing] = (), progress: Callable[[str], None] = lambda _: None
    ) -> None:
        """Finish these figures and all that were started.

        This process takes from the end what its helpers haven't begun, and what needs slow
        libraries last.
        """
        self.start(drawings)
        if not self._missing:
            return
        with _old_objects_left_alone():
            self._draw_missing(progress)
        self.close()
        _prune(cache_folder() / "figures")

    def _draw_missing(self, progress: Callable[[str], None]) -> None:
        n_missing = len(self._missing)
        for wait in (False, True):
            from_end = reversed(list(self._missing.values()))
            for what in sorted(from_end, key=lambda what: what.module in SLOW):
                future = self._begun.get(what.key)
                if wait or future is None or future.cancel():
                    progress(
                        f"Drawing figures, {n_missing - len(self._missing) + 1} of {n_missing}"
                    )
                    self._keep(what, _result(future) or draw(what, self.lettering))

    def picture(self, what: Drawing) -> str:
        """Return a figure as SVG text."""
        if what.key not in self._pictures:
            self.prepare([what])
        return self._pictures[what.key]

    def pictures(self, drawings: Iterable[Drawing]) -> dict[str, str]:
        """Return figures as SVG text by their keys."""
        return {what.key: self.picture(what) for what in drawings}

    def _hand_out(self) -> None:
        """Submit what is missing; nothing where processes can't be started."""
        with contextlib.suppress(BrokenProcessPool, OSError, RuntimeError), starting_python():
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    self._n_helpers, get_context("spawn"), initializer=_begin_helper
                )
            for key, what in self._missing.items():
                if key not in self._begun:
                    self._begun[key] = self._pool.submit(draw, what, self.lettering)

    def _keep(self, what: Drawing, svg: str) -> None:
        self._pictures[what.key] = svg
        del self._missing[what.key]
        _write(self._file(what.key), svg)

    def _file(self, key: str) -> Path:
        return cache_folder() / "figures" / f"{key}-{self.lettering}.svg"


@contextlib.contextmanager
def _old_objects_left_alone() -> Iterator[None]:
    """Keep the garbage collector from what lives already: figures are cycles, and call it often."""
    if gc.get_freeze_count():
        yield  # a program that froze its own objects keeps them so
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _begin_helper() -> None:
    """Let this helper be gone as soon as its parent is, however that ends."""

    def wait() -> None:
        parent = parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    gc.set_threshold(50_000)  # it draws for seconds, and is gone


def _result(future: "Future[str] | None") -> str | None:
    """Wait for a helper's picture; None if there is no such helper, or it died."""
    if future is not None and not future.cancelled():
        with contextlib.suppress(BrokenProcessPool, OSError, CancelledError):
            return future.result()
    return None


def fill(html: str, pictures: Mapping[str, str]) -> str:
    """Put pictures into a section's HTML, in the places that `Plot.source` marks."""

    def picture(place: "re.Match[str]") -> str:
        svg = pictures[place[1]].encode("utf-8")
        return f'src="{data_uri(svg, "image/svg+xml")}"'

    return PLACE.sub(picture, html)


def helpers() -> int:
    """Return how many processes may draw beside this one."""
    return 0 if sys.flags.interactive else max(0, min(4, (os.cpu_count() or 1)) - 1)


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
