"""The appendix's table of arithmetic: how much there was, and how fast the device did it."""

from report.evidence.cost import (
    arithmetic_of,
    energy_of,
    peak_of,
    share_of_peak,
    speed_of,
    trained,
)
from report.evidence.load import StudyView
from report.evidence.numbers import flop, flop_per_second, joules, percentage, plain
from report.evidence.repeats import repeat_number, which_column
from report.evidence.run import Run
from report.evidence.sentences import Code, Parts, parts
from report.evidence.very_many import listed_in_tables, unlisted_note
from report.tables.cells import number_column, row, shown
from report.tables.views import Column, Row, Table


def arithmetic(view: StudyView) -> Table | None:
    """Say what every training took in arithmetic and energy; None where no record does."""
    runs = trained(view)
    if all(run.metrics.cost is None for run in runs):
        return None
    listed = {experiment.id for experiment in listed_in_tables(view)}
    measured = any(energy_of(run) is not None for run in runs)
    columns = (
        Column("Experiment"),
        number_column(which_column(view)),
        number_column("Arithmetic", exact="FLOP"),
        number_column("Speed", exact="FLOP/s"),
        number_column("Fastest product", exact="FLOP/s"),
        number_column("Share of it", "%"),
        *[number_column("Energy", exact="J")] * measured,
    )
    rows = tuple(_row(run, measured) for run in runs if run.id in listed)
    return Table("arithmetic", _caption(measured), columns, rows, unlisted_note(view))


def _caption(measured: bool) -> Parts:
    energy = " Energy is what the whole device consumed during the epochs." if measured else ""
    return parts(
        "The arithmetic of every training: all epochs, and what was computed once before them. "
        "Speed is that of the epochs, held against the device’s fastest matrix product in the "
        f"same number format.{energy} Reused records are left out: nothing was trained for them."
    )


def _row(run: Run, measured: bool) -> Row:
    return row(
        parts(Code(run.id)),
        parts(plain(repeat_number(run))),
        shown(arithmetic_of(run), flop),
        shown(speed_of(run), flop_per_second),
        shown(peak_of(run), flop_per_second),
        shown(share_of_peak(run), percentage),
        *[shown(energy_of(run), joules)] * measured,
    )
