"""Train labels that may be wrong."""

from report.evidence.load import StudyView
from report.evidence.numbers import decimal, integer
from report.evidence.sentences import Name, parts
from report.findings.mistakes import class_name
from report.findings.nearest import nearest_to_suspect, their_labels
from report.findings.suspects import suspects
from report.tables.cells import number_column, row
from report.tables.views import Column, Table


def suspects_table(view: StudyView) -> dict[str, Table]:
    """List the train pictures whose labels are contradicted most, if any are."""
    found = suspects(view)
    if found is None:
        return {}
    run, items = found
    pointer = "/label_suspects"
    near = [nearest_to_suspect(view, item) for _, item in items]
    rows = tuple(
        row(
            parts(Name(item.path)),
            parts(class_name(view, item.label)),
            parts(class_name(view, item.answer)),
            parts(decimal(run.number(f"{pointer}/first/{place}/margin"), 2)),
            *([their_labels(view, images)] if any(near) else []),
        )
        for (place, item), images in zip(items, near, strict=True)
    )
    columns = (
        Column("Train picture"),
        Column("Label"),
        Column("By its features"),
        number_column("Margin"),
        *([Column("Labels of the nearest others")] if any(near) else []),
    )
    caption = parts(
        "Train labels to look at, those contradicted most first. Confident learning: linear heads "
        "on frozen features, each fitted on four fifths of the train pictures, judge the other "
        "fifth. Of ",
        integer(run.number(f"{pointer}/n_train")), " labels they contradict ",
        integer(run.number(f"{pointer}/n_suspects")), ": another class is at least as likely as it "
        "is for that class’s own pictures. The margin is its probability less that of the label. "
        "Pictures that are merely hard are among them; nothing is left out because of it.",
    )  # fmt: skip
    return {"suspects": Table("label-suspects", caption, columns, rows)}
