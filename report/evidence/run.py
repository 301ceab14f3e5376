"""One run of a study: its record, and the larger files beside it when asked for."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from report.errors import ReportError
from report.evidence.by_picture import with_columns
from report.evidence.display_names import homework_name
from report.evidence.numbers import Quantity, derive, resolve
from report.evidence.sentences import Quote
from training.records import (
    SCORES_NAME,
    Curves,
    Experiment,
    Metrics,
    Parameters,
    Predictions,
    ScoreFile,
    StudyFolder,
    read_if_there,
    read_scores,
)


@lru_cache(maxsize=256)
def _unpacked(packed: bytes) -> Curves:
    return msgspec.msgpack.decode(packed, type=Curves)


class _KeptPacked:
    """A run's curves, unpacked whenever they are asked for, unless some are in the run itself."""

    def __get__(self, run: "Run", _: object = None) -> Curves | None:
        return None if run.packed_curves is None else _unpacked(run.packed_curves)


@dataclass(frozen=True)
class Run:
    """One experiment with one seed: its record, and the larger files beside it when asked for.

    Attributes:
        prefix: Stands before the sources of its numbers where there are several studies.
        called: What its study calls its experiment; empty for the homework's name.
        axes: The fields in which its study's own grid differs that it belongs to, or that it was
            chosen from.
    """

    experiment: Experiment
    metrics: Metrics
    folder: StudyFolder
    prefix: str = ""
    called: str = ""
    axes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the report calls its experiment."""
        return self.called or homework_name(self.experiment)

    @cached_property
    def id(self) -> str:
        return self.metrics.id

    @cached_property
    def path(self) -> str:
        """The run's folder relative to the study's."""
        return f"{self.id}/seed-{self.metrics.seed}"

    @cached_property
    def finished(self) -> bool:
        """Whether the run trained to an end and has scores to show."""
        return self.metrics.status in ("done", "diverged") and self.metrics.validation is not None

    @property
    def parameters(self) -> Parameters | None:
        return self.metrics.parameters

    curves = _KeptPacked()

    @cached_property
    def packed_curves(self) -> bytes | None:
        """The curves in a quarter of their room: a study may have very many runs."""
        curves = _curves(self.folder.curves(self.id, self.metrics.seed), self.metrics)
        return None if curves is None else msgspec.msgpack.encode(curves)

    @cached_property
    def predictions(self) -> Predictions | None:
        return _predictions(self.folder.predictions(self.id, self.metrics.seed), self.metrics)

    @cached_property
    def scores(self) -> ScoreFile | None:
        """The log-probabilities of the tested network; None where none were kept."""
        path, kept = self.folder.scores(self.id, self.metrics.seed), self.metrics.scores
        return read_scores(path, kept) if kept is not None and path.exists() else None

    @property
    def training_time(self) -> Quantity:
        """Seconds of all epochs, and of computing cached features before them."""
        seconds = self.number("/train_seconds")
        if not self.metrics.cached_features:
            return seconds
        return derive("sum", seconds, self.number("/feature_seconds"))

    def number(self, pointer: str) -> Quantity:
        """Return a quantity from `metrics.json`."""
        return Quantity(
            resolve(self.metrics, pointer), f"{self.prefix}{self.path}/metrics.json#{pointer}"
        )

    def quote(self, pointer: str) -> Quote:
        """Return what `metrics.json` says in words."""
        number = self.number(pointer)
        return Quote(str(number.value), number.source)

    def curve(self, pointer: str) -> Quantity:
        """Return a quantity, or a whole list, from `curves.json`."""
        return Quantity(
            resolve(self.curves, pointer), f"{self.prefix}{self.path}/curves.json#{pointer}"
        )

    def prediction(self, pointer: str) -> Quantity:
        """Return a list from `predictions.json`."""
        return Quantity(
            resolve(self.predictions, pointer), self._source("predictions.json", pointer)
        )

    def score(self, split: Literal["test", "validation"]) -> Quantity:
        """Return the scores of a split, which operations take."""
        return Quantity(resolve(self.scores, f"/{split}"), self._source(SCORES_NAME, f"/{split}"))

    def told(self, pointer: str) -> Quote:
        """Return what `predictions.json` says in words."""
        number = self.prediction(pointer)
        return Quote(str(number.value), number.source)

    def _source(self, record: str, pointer: str) -> str:
        return f"{self.prefix}{self.path}/{record}#{pointer}"


def _curves(path: Path, metrics: Metrics) -> Curves | None:
    curves = read_if_there(path, Curves)
    if curves is None or not curves.epoch:
        return None
    lists = (getattr(curves, name) for name in curves.__struct_fields__)
    if len({len(values) for values in lists if isinstance(values, list)}) > 1:
        raise ReportError(
            f"The lists in {path} have different lengths.",
            f"Remove it and run `homework run {metrics.id} --force`.",
        )
    return curves


def _predictions(path: Path, metrics: Metrics) -> Predictions | None:
    record = read_if_there(path, Predictions)
    if record is None:
        return None
    lengths = {len(record.label), len(record.predicted), len(record.probability)}
    if len(lengths) > 1:
        raise ReportError(
            f"The lists in {path} have different lengths.",
            f"Remove it and run `homework run {metrics.id} --force`.",
        )
    return with_columns(record)
