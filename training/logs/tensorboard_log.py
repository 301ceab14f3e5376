"""TensorBoard event files, written with the `tensorboard` package, which needs no TensorFlow.

TensorBoard keeps scalars as 32-bit floats; the records keep them whole.
"""

import contextlib
import os
import time as clock
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from training.logs.run_log import RunName, need
from training.logs.scalars import epoch_scalars, test_scalars
from training.records import Curves, Metrics, host_mark
from training.records.spec_fields import spec_values

PATTERN = "events.out.tfevents.*"


class TensorBoardLog:
    """The event files of one run. Each resumption adds a file.

    A session's start is marked as TensorBoard does it: its readers drop what an earlier file holds
    for this step and later ones.

    Args:
        folder: Of this run alone.
        anew: Remove existing files instead of adding to them.
    """

    def __init__(self, name: RunName, folder: Path, anew: bool = False) -> None:
        need("tensorboard", "tensorboard", "Writing TensorBoard event files")
        self._name = name
        self._folder = folder
        self._anew = anew
        self._written: int | None = None
        self._file: Any = None

    def epochs(self, curves: Curves, times: Sequence[float] | None = None) -> None:
        n_known = len(curves.epoch)
        if self._written is None:
            self._start(n_known, times[0] if times else clock.time())
        assert self._written is not None
        for index in range(self._written, n_known):
            time = times[index] if times else clock.time()
            self._add_scalars(epoch_scalars(curves, index), curves.epoch[index], time)
        self._written = n_known
        self._file.flush()

    def end(self, metrics: Metrics, time: float | None = None) -> None:
        scores = test_scalars(metrics)
        if self._file is not None and scores and metrics.best_epoch:
            self._add_scalars(scores, metrics.best_epoch, clock.time() if time is None else time)
            self._file.flush()

    def close(self, error: BaseException | None = None) -> None:
        if self._file is not None:
            self._file.close()

    def _start(self, n_known: int, time: float) -> None:
        from tensorboard.compat.proto.event_pb2 import SessionLog
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb

        self._folder.mkdir(parents=True, exist_ok=True)
        older = sorted(self._folder.glob(PATTERN))
        if n_known == 0 or not older or self._anew:
            for file in older:
                file.unlink()
            self._written = 0
        else:
            self._written = min(n_known, _last_step(older))
        self._file = _new_file(self._folder, time)
        self._add(time, file_version="brain.Event:2")
        self._add(time, step=n_known + 1, session_log=SessionLog(status=SessionLog.START))
        values = spec_values(self._name.spec)
        known = {key: value for key, value in values.items() if value is not None}
        self._add(time, summary=hparams_pb(known, self._name.path, time))

    def _add_scalars(self, values: dict[str, float], step: int, time: float) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary

        found = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        self._add(time, step=step, summary=Summary(value=found))

    def _add(self, time: float, **fields: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.record_writer import RecordWriter

        event = Event(wall_time=time, **fields)
        RecordWriter(self._file).write(event.SerializeToString())


def _new_file(folder: Path, time: float) -> Any:
    """Open a new file whose name sorts after the older ones; TensorBoard reads them in order."""
    stem = f"{PATTERN.rstrip('*')}{int(time):010d}.{host_mark()}.{os.getpid()}"
    for number in range(1_000_000):
        with contextlib.suppress(FileExistsError):
            return (folder / f"{stem}.{number}").open("xb")
    raise FileExistsError(f"{folder} holds too many event files.")


def _last_step(files: Sequence[Path]) -> int:
    """Return the last epoch that the files hold; what was cut off by a kill isn't there."""
    return max((event.step for file in files for event in _scalars(file)), default=0)


def _scalars(file: Path) -> Iterator[Any]:
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    for event in LegacyEventFileLoader(str(file)).Load():
        if event.HasField("summary"):
            yield event
