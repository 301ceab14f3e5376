"""The data of each figure as a table, short enough to stand below it."""

from collections.abc import Sequence

from report.evidence.accuracy import Tested, train_accuracy, validation_accuracy
from report.evidence.by_picture import pair_counts
from report.evidence.display_names import CLASSIC, field_words, is_number, value_text
from report.evidence.load import StudyView
from report.evidence.numbers import (
    Quantity,
    decimal,
    derive,
    integer,
    millions,
    percentage,
    plain,
    rate,
    signed_points,
)
from report.evidence.reference import is_comparable, reference_number
from report.evidence.run import Run
from report.evidence.sentences import Code, Name, Parts, parts
from report.evidence.study_sections import axes_of, grid_record
from report.evidence.very_many import BEST, large_grids, positions
from report.findings.learning import last_change
from report.findings.mistakes import class_name, class_size, confusion
from report.tables.cells import (
    INTERVAL,
    interval_cell,
    name_cell,
    number_column,
    row,
    shown,
    test_cell,
    time_cell,
)
from report.tables.views import Column, FigureData, Row
from training.natural_order import natural_positions
from training.records import SPLITS, Experiment

MOST_EPOCHS = 60
MOST_ROWS = 200
"""Longer tables are thinned or cut, and say where all of it is."""

LEFT_OUT = "The table ends here; the rest can be read in "

QUANTILES = ("Smallest", "First quartile", "Median", "Third quartile", "Largest")


def course_data(run: Run) -> FigureData | None:
    """List loss and accuracy epoch by epoch, the best one marked; long courses are thinned."""
    if run.curves is None:
        return None
    n_epochs = len(run.curves.epoch)
    best = run.metrics.best_epoch
    kept = [i for i in spread(n_epochs, MOST_EPOCHS) if run.curves.epoch[i] != best]
    kept += [i for i in range(n_epochs) if run.curves.epoch[i] == best]
    columns = (
        number_column("Epoch"),
        number_column("Learning rate"),
        number_column("Train loss"),
        number_column("Validation loss"),
        number_column("Train accuracy", "%"),
        number_column("Validation accuracy", "%"),
    )
    rows = tuple(_epoch(run, i, run.curves.epoch[i] == best) for i in sorted(kept))
    note = parts(
        "Of this long training the table shows evenly spaced epochs and the best one; all of them "
        "are in ",
        Code(f"{run.path}/curves.json"), ".",
    )  # fmt: skip
    return FigureData(columns, rows, () if len(rows) == n_epochs else (note,))


def spread(n: int, limit: int) -> list[int]:
    """Return at most `limit` positions out of `n`, evenly spaced, the first and last among them."""
    if n <= limit:
        return list(range(n))
    return sorted({round(i * (n - 1) / (limit - 1)) for i in range(limit)})


def _epoch(run: Run, i: int, best: bool) -> Row:
    return row(
        parts(integer(run.curve(f"/epoch/{i}"))),
        parts(rate(run.curve(f"/learning_rate/{i}"))),
        shown(run.curve(f"/train_loss/{i}"), decimal),
        shown(run.curve(f"/validation_loss/{i}"), decimal),
        shown(run.curve(f"/train_accuracy/{i}"), percentage),
        shown(run.curve(f"/validation_accuracy/{i}"), percentage),
        best=best,
    )


def class_count_data(view: StudyView) -> FigureData:
    """List the pictures of each class by split."""
    assert view.dataset is not None
    shown_first = natural_positions(view.dataset.classes)[:MOST_ROWS]
    columns = (
        Column("Class"),
        *(number_column(split.capitalize(), "pictures") for split in SPLITS),
        number_column("All", "pictures"),
    )
    rows = []
    for i in shown_first:
        counts = [view.dataset_number(f"/counts/{split}/{i}") for split in SPLITS]
        numbers = [integer(count) for count in (*counts, derive("sum", *counts))]
        rows.append(row(parts(class_name(view, i)), *(parts(number) for number in numbers)))
    note = parts(LEFT_OUT, Code("dataset.json"), ".")
    return FigureData(
        columns, tuple(rows), (note,) if len(view.dataset.classes) > MOST_ROWS else ()
    )


def picture_size_data(view: StudyView) -> FigureData:
    """Sum up widths and heights; the single pictures stay in the record."""
    columns = (
        Column("Of all pictures"),
        number_column("Width", "pixels"),
        number_column("Height", "pixels"),
    )
    rows = tuple(
        row(
            parts(name),
            parts(plain(view.dataset_number(f"/sizes/width/{i}"))),
            parts(plain(view.dataset_number(f"/sizes/height/{i}"))),
        )
        for i, name in enumerate(QUANTILES)
    )
    note = parts("The size of each picture shown is in ", Code("dataset.json"), ", at ",
                 Code("/sizes/sample"), ".")  # fmt: skip
    return FigureData(columns, rows, (note,))


def grid_data(view: StudyView, grid: str) -> FigureData:
    """List the accuracies of a grid's members, by falling learning rate or as they are listed."""
    best = view.ranked(grid)[0].id
    columns = (
        *_axis_columns(view, grid),
        number_column("Train", "%"),
        number_column("Validation", "%"),
        Column("Outcome"),
    )
    members = view.group(grid)
    if grid_record(view, grid) is None:
        members = sorted(members, key=lambda e: -(e.learning_rate or 0.0))
    most = BEST if grid in large_grids(view) else MOST_ROWS
    if most == BEST:
        members = [run.experiment for run in view.ranked(grid)]
    rows = tuple(_grid_row(view, grid, e, best=e.id == best) for e in members[:most])
    note = parts(LEFT_OUT, Code(f"{grid}-*/seed-*/metrics.json"), ".")
    return FigureData(columns, rows, (note,) if len(members) > most else ())


def _axes(view: StudyView, grid: str) -> tuple[str, ...]:
    """Return the fields in which a grid's members differ; optimizers before their rates."""
    record = grid_record(view, grid)
    return tuple(record.axes) if record is not None else CLASSIC


def _axis_columns(view: StudyView, grid: str) -> list[Column]:
    values = axes_of(view, grid)
    return [
        number_column(_label(name)) if all(map(is_number, values[name])) else Column(_label(name))
        for name in _axes(view, grid)
    ]


def _label(name: str) -> str:
    words = field_words(name)
    return words[:1].upper() + words[1:]


def _axis_cells(view: StudyView, grid: str, experiment: Experiment) -> list[Parts]:
    """Print an experiment's values of the fields in which its grid differs."""
    position = positions(view)[experiment.id]
    return [
        _axis_cell(view.study_number(f"/experiments/{position}/{name}"), name)
        if is_number(getattr(experiment, name, None))
        else parts(Name(value_text(name, getattr(experiment, name, None))))
        for name in _axes(view, grid)
    ]


def _axis_cell(value: Quantity, name: str) -> Parts:
    return parts((rate if name == "learning_rate" else plain)(value))


def _grid_row(view: StudyView, grid: str, experiment: Experiment, best: bool) -> Row:
    runs = view.runs(experiment.id)
    outcome = ", ".join(dict.fromkeys(run.metrics.status for run in runs)) or "not run yet"
    return row(
        *_axis_cells(view, grid, experiment),
        shown(train_accuracy(view, experiment.id), percentage),
        shown(validation_accuracy(view, experiment.id), percentage),
        parts(outcome),
        best=best,
    )


def ends_data(view: StudyView, grid: str) -> FigureData:
    """List when each member of a grid was best, and how it moved in its last epochs."""
    columns = (
        *_axis_columns(view, grid),
        number_column("Epochs"),
        number_column("Best epoch"),
        number_column("Validation", "%"),
        number_column("Change at the end", "points"),
    )
    runs = view.ranked(grid)
    most = BEST if grid in large_grids(view) else MOST_ROWS
    rows = tuple(_end_row(view, grid, run) for run in runs[:most])
    note = parts(
        "The change is the mean validation accuracy of the last epochs, at most three, minus "
        "that of as many before. Epoch by epoch: ", Code(f"{grid}-*/seed-*/curves.json"), ".",
    )  # fmt: skip
    return FigureData(columns, rows, (note,))


def _end_row(view: StudyView, grid: str, run: Run) -> Row:
    change = last_change(run)
    return row(
        *_axis_cells(view, grid, run.experiment),
        parts(integer(run.number("/epochs_run"))),
        shown(run.number("/best_epoch"), integer),
        shown(run.number("/validation/accuracy"), percentage),
        parts(signed_points(change)) if change is not None else (),
    )


def parameter_data(runs: Sequence[Run]) -> FigureData:
    """List trainable and frozen parameters."""
    columns = (
        Column("Experiment"),
        number_column("Trainable", "millions"),
        number_column("Frozen", "millions"),
    )
    rows = tuple(
        row(
            name_cell(run.name),
            parts(millions(run.number("/parameters/trainable"))),
            parts(millions(run.number("/parameters/frozen"))),
        )
        for run in runs
    )
    return FigureData(columns, rows)


def accuracy_data(view: StudyView, tested: Sequence[Tested]) -> FigureData:
    """List test accuracies, their intervals, and the reference report's values if comparable."""
    beside = is_comparable(view)
    columns = (
        Column("Model"),
        number_column("Test", "%"),
        INTERVAL,
        *([number_column("Reference report", "%")] if beside else []),
    )
    rows = tuple(
        row(
            name_cell(item.name),
            test_cell(item),
            interval_cell(item),
            *([_reference(view, item)] if beside else []),
        )
        for item in tested[:MOST_ROWS]
    )
    return FigureData(columns, rows, _cut(tested))


def _reference(view: StudyView, tested: Tested) -> Parts:
    return shown(reference_number(view, tested.experiment.id, "test_accuracy"), percentage)


def cost_data(tested: Sequence[Tested], *, timed: bool) -> FigureData:
    """List test accuracies beside parameters and, where they can be compared, training times."""
    columns = [
        Column("Model"),
        number_column("Parameters", "millions"),
        number_column("Test", "%"),
        INTERVAL,
    ]
    if timed:
        columns.append(number_column("Training time", exact="s"))
    rows = []
    for item in tested[:MOST_ROWS]:
        size = millions(item.runs[0].number("/parameters/total"))
        time = (time_cell(item.runs),) if timed else ()
        rows.append(
            row(name_cell(item.name), parts(size), test_cell(item), interval_cell(item),
                *time)
        )  # fmt: skip
    return FigureData(tuple(columns), tuple(rows), _cut(tested))


def _cut(tested: Sequence[Tested]) -> tuple[Parts, ...]:
    if len(tested) <= MOST_ROWS:
        return ()
    return (parts(LEFT_OUT, Code("*/*/seed-*/metrics.json"), "."),)


def confusion_data(view: StudyView, run: Run) -> FigureData:
    """List what each class was taken for, by class; of very many pairs, the commonest."""
    assert view.dataset is not None
    assert run.predictions is not None
    found = pair_counts(run.predictions.label, run.predictions.predicted)
    common = sorted(found, key=lambda pair: (pair[0] != pair[1], -found[pair], pair))
    place = {i: n for n, i in enumerate(natural_positions(view.dataset.classes))}
    kept = sorted(common[:MOST_ROWS], key=lambda pair: (place[pair[0]], place[pair[1]]))
    columns = (
        Column("True class"),
        Column("Taken for"),
        number_column("Pictures"),
        number_column("Share", "%"),
    )
    rows = tuple(_confusion_row(view, run, true, guess) for true, guess in kept)
    note = parts("Pairs of few pictures are left out; they follow from ",
                 Code(f"{run.path}/predictions.json"), ".")  # fmt: skip
    return FigureData(columns, rows, (note,) if len(common) > MOST_ROWS else ())


def _confusion_row(view: StudyView, run: Run, true: int, guess: int) -> Row:
    taken, size = confusion(view, run, true, guess), class_size(view, run, true)
    return row(
        parts(class_name(view, true)),
        parts(class_name(view, guess)),
        parts(integer(taken)),
        parts(percentage(derive("ratio", taken, size))),
    )
