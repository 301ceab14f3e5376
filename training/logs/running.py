"""The curves of an unfinished run, beside its records, for `homework serve`."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from training.records import Curves, Metrics, write


class RunningLog:
    """Maintains `running.json` during a run; a run that ends or is interrupted leaves none."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def epochs(self, curves: Curves, times: Sequence[float] | None = None) -> None:
        write(self._file, curves)

    def end(self, metrics: Metrics, time: float | None = None) -> None:
        self._remove()

    def close(self, error: BaseException | None = None) -> None:
        self._remove()

    def _remove(self) -> None:
        with contextlib.suppress(OSError):
            self._file.unlink(missing_ok=True)
