"""The commonest confusions and the hardest classes."""

from report.evidence.load import StudyView
from report.evidence.numbers import derive, integer, percentage
from report.evidence.run import Run
from report.evidence.sentences import Name, Parts, parts
from report.findings.mistakes import (
    class_name,
    class_right,
    class_size,
    confusion,
    hardest_classes,
)
from report.findings.shared_mistakes import second_model
from report.tables.cells import number_column
from report.tables.views import Column, Row, Table
from training.records import confused_pairs

SHOWN = 10


def confusions(view: StudyView, run: Run) -> Table:
    """List the pairs of classes that are confused most often."""
    assert run.predictions is not None
    second = second_model(view, run)
    rows = []
    for true, guess in confused_pairs(run.predictions, SHOWN):
        taken, size = confusion(view, run, true, guess), class_size(view, run, true)
        rows.append(
            Row(
                (
                    parts(class_name(view, true)),
                    parts(class_name(view, guess)),
                    parts(integer(taken)),
                    parts(integer(size)),
                    parts(percentage(derive("ratio", taken, size))),
                    *([parts(integer(confusion(view, second, true, guess)))] if second else []),
                )
            )
        )
    columns = (
        Column("True class"),
        Column("Taken for"),
        number_column("Pictures"),
        number_column("Of its"),
        number_column("Share", "%"),
        *([number_column("Another model")] if second else []),
    )
    caption = parts("The commonest confusions among the test pictures", *_also_by(second), ".")
    return Table("confusions", caption, columns, tuple(rows))


def _also_by(second: Run | None) -> Parts:
    """Say whose the last column is."""
    if second is None:
        return ()
    name = Name(second.name)
    return parts(", and how often ", name, " takes the same class for the same other")


def hardest(view: StudyView, run: Run) -> Table:
    """List the classes of which the smallest share is named rightly."""
    rows = []
    for index in hardest_classes(run, SHOWN):
        right, size = class_right(view, run, index), class_size(view, run, index)
        rows.append(
            Row(
                (
                    parts(class_name(view, index)),
                    parts(percentage(derive("ratio", right, size))),
                    parts(integer(right)),
                    parts(integer(size)),
                    parts(integer(view.dataset_number(f"/counts/train/{index}"))),
                )
            )
        )
    columns = (
        Column("Class"),
        number_column("Right", "%"),
        number_column("Right", "pictures"),
        number_column("Test", "pictures"),
        number_column("Train", "pictures"),
    )
    caption = parts(
        "The hardest classes. With so few test pictures a class, one picture more or less moves "
        "the share a lot."
    )
    return Table("hardest", caption, columns, tuple(rows))
