"""The table of a grid's pairs."""

from collections.abc import Sequence

from report.evidence.display_names import pair, pair_word
from report.evidence.homework import STARTS
from report.evidence.load import StudyView
from report.evidence.numbers import decimal, integer, mean_of, percentage
from report.evidence.run import Run
from report.evidence.sentences import Parts, parts
from report.evidence.study_sections import is_homework
from report.evidence.very_many import (
    BEST,
    counted_experiments,
    large_grids,
    n_members,
    unlisted_note,
)
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
    is_large = grid in large_grids(view)
    top = ranked[:BEST] if is_large else ranked
    rows = [_pair_row(view, run, best=run is ranked[0]) for run in top]
    shown_ids = {run.id for run in ranked}
    missing = [e for e in view.group(grid) if e.id not in shown_ids]
    if is_large:
        return _best_pairs(view, grid, columns, rows, missing)
    rows += [
        row(name_cell(view.name(e.id)), (), (), (), (), (), parts(_why_missing(view, e)))
        for e in missing
    ]
    start = f" {STARTS[grid]}" if grid in STARTS and is_homework(view) else ""
    caption = parts(
        f"Every {word}{start}, ranked by the highest validation accuracy over its epochs; that "
        "after the last epoch stands beside it. The test set was not read for any of them."
    )
    return Table(f"pairs-{grid.replace('/', '-')}", caption, columns, tuple(rows), seed_notes(view))


def _best_pairs(
    view: StudyView,
    grid: str,
    columns: tuple[Column, ...],
    rows: list[Row],
    missing: Sequence[Experiment],
) -> Table:
    """List the best of a large grid, then how the others are spread, and say where all are."""
    ranked = view.ranked(grid)
    word = pair_word(ranked[0]) if ranked else "setting"
    quarters = {"Better than three quarters": 1, "Better than half": 2, "Better than a quarter": 3}
    for name, quarter in quarters.items():
        run = ranked[quarter * len(ranked) // 4] if len(ranked) > 2 * BEST else None
        if run is not None:
            cells = _pair_row(view, run, best=False).cells
            rows.append(row(parts(f"{name}: ", *cells[0]), *cells[1:]))
    if len(ranked) > 2 * BEST:
        cells = _pair_row(view, ranked[-1], best=False).cells
        rows.append(row(parts("The last: ", *cells[0]), *cells[1:]))
    caption = parts(
        f"The {word}s with the highest validation accuracy over their epochs, of ",
        integer(n_members(view, grid)), ", and how the others are spread. The test set was not "
        "read for any of them.",
    )  # fmt: skip
    left: list[Parts] = []
    if missing:
        left = [parts("Without a result: ", integer(counted_experiments(view, missing)), ".")]
    notes = (*seed_notes(view), *left, *unlisted_note(view))
    return Table(f"pairs-{grid.replace('/', '-')}", caption, columns, tuple(rows), notes)


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
