"""The table of a grid's pairs."""

from report.evidence.display_names import pair, pair_word
from report.evidence.homework import STARTS
from report.evidence.load import Run, StudyView
from report.evidence.numbers import decimal, mean_of, percentage
from report.evidence.sentences import Parts, parts
from report.evidence.study_sections import is_homework
from report.findings.grid import outcome
from report.findings.guessing import last_accuracy
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
    word = pair_word(ranked[0]) if ranked else "pair"
    columns = (
        Column(word.capitalize()),
        number_column("Validation", "%"),
        number_column("After the last epoch", "%"),
        number_column("Train", "%"),
        number_column("Validation loss"),
        number_column("Best epoch"),
        Column("Outcome"),
    )
    rows = [_pair_row(view, run, best=run is ranked[0]) for run in ranked]
    shown_ids = {run.id for run in ranked}
    rows += [
        row(name_cell(view.name(e.id)), (), (), (), (), (), parts(_why_missing(view, e)))
        for e in view.group(grid)
        if e.id not in shown_ids
    ]
    start = f" {STARTS[grid]}" if grid in STARTS and is_homework(view) else ""
    caption = parts(
        f"Every {word}{start}, ranked by the highest validation accuracy over its epochs; that "
        "after the last epoch stands beside it. The test set was not read for any of them."
    )
    return Table(f"pairs-{grid.replace('/', '-')}", caption, columns, tuple(rows), seed_notes(view))


def _pair_row(view: StudyView, run: Run, best: bool) -> Row:
    return row(
        pair(run),
        validation_cell(view, run.id),
        _last_cell(view, run),
        train_cell(view, run.id),
        shown(run.number("/validation/loss"), decimal),
        epoch_cell(run),
        parts(outcome(view, run)),
        best=best,
    )


def _last_cell(view: StudyView, run: Run) -> Parts:
    """Print the validation accuracy after the last epoch, the mean over seeds."""
    runs = [seed for seed in view.finished(run.id) if seed.curves is not None]
    return shown(mean_of([last_accuracy(seed) for seed in runs]) if runs else None, percentage)


def _why_missing(view: StudyView, experiment: Experiment) -> str:
    found = dict.fromkeys(run.metrics.status for run in view.runs(experiment.id))
    return ", ".join(found) or "not run yet"
