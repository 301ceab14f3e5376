"""The table of a grid's pairs."""

from report.evidence.display_names import pair
from report.evidence.load import Run, StudyView
from report.evidence.numbers import decimal
from report.evidence.sentences import parts
from report.tables.cells import (
    epoch_cell,
    name_cell,
    number_column,
    row,
    shown,
    train_cell,
    validation_cell,
)
from report.tables.results import seed_notes
from report.tables.views import Column, Row, Table
from training.records import Experiment


def grid_pairs(view: StudyView, grid: str) -> Table:
    """List a grid's pairs, best first, with those that left no result at the end."""
    ranked = view.ranked(grid)
    columns = (
        Column("Pair"),
        number_column("Validation", "%"),
        number_column("Train", "%"),
        number_column("Validation loss"),
        number_column("Best epoch"),
        Column("Outcome"),
    )
    rows = [_pair_row(view, run, best=run is ranked[0]) for run in ranked]
    shown_ids = {run.id for run in ranked}
    rows += [
        row(name_cell(e), (), (), (), (), parts(_why_missing(view, e)))
        for e in view.group(grid)
        if e.id not in shown_ids
    ]
    start = "a random start" if grid.startswith("scratch") else "pre-trained weights"
    caption = parts(
        f"Every pair from {start}, ranked by the highest validation accuracy over its epochs. The "
        "test set was not read for any of them."
    )
    return Table(f"pairs-{grid.replace('/', '-')}", caption, columns, tuple(rows), seed_notes(view))


def _pair_row(view: StudyView, run: Run, best: bool) -> Row:
    return row(
        pair(run),
        validation_cell(view, run.id),
        train_cell(view, run.id),
        shown(run.number("/validation/loss"), decimal),
        epoch_cell(run),
        parts(run.metrics.status),
        best=best,
    )


def _why_missing(view: StudyView, experiment: Experiment) -> str:
    found = dict.fromkeys(run.metrics.status for run in view.runs(experiment.id))
    return ", ".join(found) or "not run yet"
