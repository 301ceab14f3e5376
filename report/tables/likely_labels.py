"""Test pictures whose labels a person should look at."""

from report.evidence.load import StudyView
from report.evidence.numbers import integer, percentage
from report.evidence.sentences import Code, parts
from report.findings.mistakes import class_name
from report.findings.shared_mistakes import n_alike, places_all_get_wrong
from report.tables.cells import number_column, row
from report.tables.views import Column, Table

MOST_ROWS = 60


def labels_table(view: StudyView) -> dict[str, Table]:
    """List the test pictures that every model that learned names wrongly and alike, if any."""
    runs, places = places_all_get_wrong(view)
    if not places or view.dataset is None:
        return {}
    run = runs[0]
    assert run.predictions is not None
    record, files = run.predictions, view.dataset.test_images
    places = sorted(places, key=lambda i: (-record.probability[i], i))
    rows = tuple(
        row(
            parts(Code(files[i]) if i < len(files) else ""),
            parts(class_name(view, record.label[i])),
            parts(class_name(view, record.predicted[i])),
            parts(percentage(run.prediction(f"/probability/{i}"))),
        )
        for i in places[:MOST_ROWS]
    )
    columns = (
        Column("Test picture"),
        Column("Label"),
        Column("Answer of all"),
        number_column("Its probability", "%"),
    )
    caption = parts(
        "Test pictures that every model that learned takes for the same other class, the surest "
        "first, with the probability that the first of them gives its answer. Nothing is left out "
        "because of this; whoever knows the classes decides."
    )
    note = parts("The table ends here; there are ", integer(n_alike(*runs)), " such pictures.")
    notes = (note,) if len(places) > MOST_ROWS else ()
    return {"labels": Table("likely-labels", caption, columns, rows, notes)}
