"""Test pictures whose labels a person should look at."""

from report.evidence.load import StudyView
from report.evidence.numbers import integer, percentage
from report.evidence.sentences import Code, parts
from report.findings.mistakes import class_name
from report.findings.nearest import nearest_to_test, their_labels
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
    near = {i: nearest_to_test(view, runs, i) for i in places[:MOST_ROWS]}
    any_near = any(near.values())
    rows = tuple(
        row(
            parts(Code(files[i]) if i < len(files) else ""),
            parts(class_name(view, record.label[i])),
            parts(class_name(view, record.predicted[i])),
            parts(percentage(run.prediction(f"/probability/{i}"))),
            *([their_labels(view, images)] if any_near else []),
        )
        for i, images in near.items()
    )
    columns = (
        Column("Test picture"),
        Column("Label"),
        Column("Answer of all"),
        number_column("Its probability", "%"),
        *([Column("Labels of the nearest train pictures")] if any_near else []),
    )
    nearest = (
        " The nearest in the features of a network are kept of the surest mistakes."
        if any_near
        else ""
    )
    caption = parts(
        "Test pictures that every model that learned takes for the same other class, the surest "
        f"first, with the probability that the first of them gives its answer.{nearest} Nothing is "
        "left out because of this; whoever knows the classes decides."
    )
    note = parts("The table ends here; there are ", integer(n_alike(*runs)), " such pictures.")
    notes = (note,) if len(places) > MOST_ROWS else ()
    return {"labels": Table("likely-labels", caption, columns, rows, notes)}
