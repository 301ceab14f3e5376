"""What each change does to each class, too long for paper."""

from report.evidence.load import StudyView
from report.evidence.numbers import integer, signed_points
from report.evidence.sentences import Code, Name, Parts, listing, parts
from report.findings.class_changes import ClassChange, class_changes, compared
from report.findings.mistakes import class_name
from report.tables.cells import number_column, row
from report.tables.views import Column, Table
from training.natural_order import natural_positions

MOST_ROWS = 60
"""Of more classes those that change most are listed."""

MEASURABLE = "\u00a0*"


def class_changes_table(view: StudyView) -> Table:
    """List how many points each class gains or loses by each change that the study tests."""
    assert view.dataset is not None
    held = compared(view)
    by_class = [{c.index: c for c in class_changes(view, d)} for d in held]
    there = [i for i in natural_positions(view.dataset.classes) if any(i in c for c in by_class)]
    moved = sorted(there, key=lambda i: -max(abs(c[i].gain.value) for c in by_class if i in c))
    kept = set(moved[:MOST_ROWS])
    rows = tuple(
        row(
            parts(class_name(view, i)),
            parts(integer(view.dataset_number(f"/counts/train/{i}"))),
            *(_change(changes.get(i)) for changes in by_class),
        )
        for i in there
        if i in kept
    )
    columns = (
        Column("Class"),
        number_column("Train", "pictures"),
        *(number_column(d.model.name, "points", "fraction") for d in held),
    )
    bases: dict[str, list[Parts]] = {}
    for d in held:
        bases.setdefault(d.base.name, []).append(parts(Name(d.model.name)))
    against: list[Parts] = [parts(listing(of), " from ", Name(base)) for base, of in bases.items()]
    caption = parts(
        "How much larger a share of each class is named rightly than by the model that it is held "
        "against: the change of ", listing(against, "; that of "), ". An asterisk marks what "
        "McNemar’s exact test tells within the class, corrected by Holm for the number of classes.",
    )  # fmt: skip
    cut = parts("Classes that change less are left out; they follow from the files ",
                Code("predictions.json"), ".")  # fmt: skip
    return Table("class-changes", caption, columns, rows, (cut,) if len(there) > MOST_ROWS else ())


def _change(change: ClassChange | None) -> Parts:
    if change is None:
        return ()
    return parts(signed_points(change.gain), MEASURABLE if change.measurable else "")
