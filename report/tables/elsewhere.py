"""Accuracies on a study's own test pictures and on further ones."""

from collections.abc import Sequence

from report.evidence.numbers import integer, percentage, signed_points
from report.evidence.sentences import Name, Parts, parts
from report.findings.elsewhere import Elsewhere, Interval
from report.tables.cells import DIFFERENCE, number_column, row
from report.tables.views import Column, Table


def on_further_pictures(slug: str, found: Sequence[Elsewhere]) -> Table:
    """List each model's accuracy here and on each further set, with what it loses."""
    columns = (
        Column("Model"),
        Column("Pictures"),
        number_column("How many"),
        number_column("Own test pictures", "%"),
        number_column("There", "%"),
        DIFFERENCE,
        number_column("Own, mean over classes", "%"),
        number_column("There, mean over classes", "%"),
    )
    rows = tuple(
        row(
            parts(Name(each.run.name)),
            parts(Name(each.pictures)),
            parts(integer(each.n_there)),
            _accuracy(each.here),
            _accuracy(each.there),
            _difference(each),
            parts(percentage(each.by_class_here)),
            parts(percentage(each.by_class_there)),
        )
        for each in found
    )
    same = "" if all(each.all_classes for each in found) else " of the classes in common"
    caption = parts(
        f"Accuracy on the study’s own test pictures{same} and on further ones, with 95 % "
        "intervals; those of the differences are of two samples. Nothing was chosen by it."
    )
    return Table(f"elsewhere-{slug}", caption, columns, rows)


def _accuracy(accuracy: Interval) -> Parts:
    value, low, high = accuracy
    return parts(percentage(value), " (", percentage(low), "\u00a0to\u00a0", percentage(high), ")")


def _difference(found: Elsewhere) -> Parts:
    low, high = signed_points(found.low), signed_points(found.high)
    return parts(signed_points(found.gain), " (", low, "\u00a0to\u00a0", high, ")")
