"""The bins of a reliability diagram."""

from report.evidence.calibration import n_bins
from report.evidence.load import Run
from report.evidence.numbers import Quantity, derive, integer, percentage
from report.evidence.sentences import parts
from report.tables.cells import INTERVAL, number_column, row
from report.tables.views import Column, FigureData


def bin_number(run: Run, name: str, place: int) -> Quantity:
    """Return an entry, from 1, of a list of `evidence.calibration.Bins`."""
    return derive(f"item_{place}", derive(f"bin_{name}", run.score("test")))


def reliability_data(run: Run) -> FigureData:
    """List the bins by rising probability."""
    assert run.scores is not None
    columns = (
        Column("Probability from"),
        number_column("to", "%"),
        number_column("Pictures"),
        number_column("Mean probability", "%"),
        number_column("Right", "pictures"),
        number_column("Right", "%"),
        INTERVAL,
    )
    rows = []
    for place in range(1, n_bins(len(run.scores.test.label)) + 1):
        low, high, size, mean, right, share = (
            bin_number(run, name, place)
            for name in ("low", "high", "size", "confidence", "right", "accuracy")
        )
        ends = [percentage(derive(f"wilson_{end}", right, size)) for end in ("low", "high")]
        rows.append(
            row(
                parts(percentage(low)),
                parts(percentage(high)),
                parts(integer(size)),
                parts(percentage(mean)),
                parts(integer(right)),
                parts(percentage(share)),
                parts(ends[0], "–", ends[1]),
            )
        )
    return FigureData(columns, tuple(rows))
