"""What the figure of features shows, class by class."""

from report.evidence.load import StudyView
from report.evidence.numbers import derive, integer, percentage
from report.evidence.run import Run
from report.evidence.sentences import Code, parts
from report.findings.features import counts_of, feature_map
from report.findings.mistakes import class_name, class_right, class_size
from report.tables.cells import number_column, row
from report.tables.figure_data import LEFT_OUT, MOST_ROWS
from report.tables.views import Column, FigureData
from training.natural_order import natural_positions
from training.records import spread_over


def neighbour_data(view: StudyView, run: Run) -> FigureData:
    """List for each class how many of the nearest neighbours are of the same one."""
    found, record, dataset = feature_map(run), run.predictions, view.dataset
    assert found is not None
    assert record is not None
    assert dataset is not None
    there = {record.label[i] for i in spread_over(len(record.label), found.n_images)}
    listed = [i for i in natural_positions(dataset.classes) if i in there]
    times = {"start": "Before", "end": "As tested"} if found.start else {"end": "As tested"}
    columns = (
        Column("Class"),
        number_column("Test", "pictures"),
        number_column("Right", "pictures"),
        *(number_column(f"{label}: neighbours of the class", "%") for label in times.values()),
    )
    rows = []
    for index in listed[:MOST_ROWS]:
        named = view.dataset_number("/classes"), view.dataset_number(f"/classes/{index}")
        purities = (
            derive("class_purity", *counts_of(run, when), run.prediction("/label"), *named)
            for when in times
        )
        rows.append(
            row(
                parts(class_name(view, index)),
                parts(integer(class_size(view, run, index))),
                parts(integer(class_right(view, run, index))),
                *(parts(percentage(value)) for value in purities),
            )
        )
    note = parts(LEFT_OUT, Code(f"{run.path}/predictions.json"), ".")
    return FigureData(columns, tuple(rows), (note,) if len(listed) > MOST_ROWS else ())
