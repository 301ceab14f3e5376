"""The bins of a reliability diagram."""

from collections.abc import Iterator
from typing import Literal

from report.evidence.calibration import N_STEPS, n_bins
from report.evidence.numbers import Quantity, derive, integer, percentage
from report.evidence.run import Run
from report.evidence.sentences import parts
from report.tables.cells import INTERVAL, number_column, row
from report.tables.views import Column, FigureData, Row

Kind = Literal["bin", "step"]
"""Bins of as many pictures each, and bins of equal width."""

KINDS: dict[Kind, str] = {"bin": "equal in pictures", "step": "equal in width"}


def bin_number(run: Run, name: str, place: int, kind: Kind = "bin") -> Quantity:
    """Return an entry, from 1, of a list of `evidence.calibration.Bins`."""
    return derive(f"item_{place}", derive(f"{kind}_{name}", run.score("test")))


def places(run: Run, kind: Kind) -> list[int]:
    """Return which bins, from 1, have pictures."""
    assert run.scores is not None
    n = n_bins(len(run.scores.test.label)) if kind == "bin" else N_STEPS
    return [i for i in range(1, n + 1) if bin_number(run, "size", i, kind).value]


def reliability_data(run: Run) -> FigureData:
    """List the bins by rising probability, first those of the points, then those of the bars."""
    columns = (
        Column("Bins"),
        number_column("Probability from", "%"),
        number_column("to", "%"),
        number_column("Pictures"),
        number_column("Mean probability", "%"),
        number_column("Right", "pictures"),
        number_column("Right", "%"),
        INTERVAL,
    )
    return FigureData(columns, tuple(row for kind in KINDS for row in _rows(run, kind)))


def _rows(run: Run, kind: Kind) -> Iterator[Row]:
    for place in places(run, kind):
        low, high, size, mean, right, share = (
            bin_number(run, name, place, kind)
            for name in ("low", "high", "size", "confidence", "right", "accuracy")
        )
        ends = [percentage(derive(f"wilson_{end}", right, size)) for end in ("low", "high")]
        yield row(
            parts(KINDS[kind]),
            parts(percentage(low)),
            parts(percentage(high)),
            parts(integer(size)),
            parts(percentage(mean)),
            parts(integer(right)),
            parts(percentage(share)),
            parts(ends[0], "–", ends[1]),
        )
