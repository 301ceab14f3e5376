"""How fast the tested models answer."""

from report.evidence.load import StudyView
from report.evidence.numbers import integer, mebibytes, milliseconds
from report.evidence.sentences import Parts, parts
from report.evidence.speed import batch_size, comparable, latency, size, throughput, timed
from report.findings.speed import not_beaten
from report.tables.cells import name_cell, number_column, row, shown, validation_cell
from report.tables.views import Column, Table


def speeds(view: StudyView) -> Table | None:
    """Hold tested models against each other by latency, throughput and size; None without any."""
    models = timed(view)
    if not models:
        return None
    compared = len(models) > 1 and comparable(models)
    best = {model.experiment.id for model in not_beaten(view)} if compared else set()
    columns = (
        Column("Model"),
        number_column("Validation", "%"),
        number_column("One picture", exact="s"),
        number_column("In batches", "pictures/s"),
        number_column("Batch", "pictures"),
        number_column("Weights", exact="bytes"),
        *([Column("Pareto set")] if compared else []),
    )
    rows = tuple(
        row(
            name_cell(model.name),
            validation_cell(view, model.experiment.id),
            parts(milliseconds(latency(model))),
            shown(throughput(model), integer),
            parts(integer(batch_size(model))),
            parts(mebibytes(size(model))),
            *([parts("in it") if model.experiment.id in best else ()] if compared else []),
        )
        for model in models
    )
    return Table("speeds", _caption(compared), columns, rows)


def _caption(compared: bool) -> Parts:
    said = (
        "How fast tested models answer where they were trained: the fastest time from one "
        "normalised picture to its scores, and test pictures a second in batches."
    )
    if compared:
        said += (
            " The Pareto set are the models to which no other is preferable: more accurate on "
            "validation and not slower, or faster and not less accurate. Times less than 15 % "
            "apart count as equal."
        )
    return parts(said)
