"""How the pictures look, split by split, and what each feature alone tells."""

from report.evidence.load import StudyView
from report.evidence.numbers import Number, Quantity, decimal, integer, p_value, percentage, plain
from report.evidence.sentences import parts
from report.findings.looks import NAMES, looks, number_of
from report.tables.cells import number_column, row
from report.tables.views import Column, Table
from training.records import SPLITS, Feature

WHOLE: tuple[Feature, ...] = ("pixels", "file_bytes")


def looks_table(view: StudyView) -> dict[str, Table]:
    """List every feature's medians, the tests between splits, and what it alone tells."""
    found = looks(view)
    if not found:
        return {}
    columns = (
        Column("Feature"),
        *(number_column(f"{split.capitalize()}, median") for split in SPLITS),
        number_column("Validation, distance"),
        number_column("p"),
        number_column("Test, distance"),
        number_column("p"),
        number_column("Tells", "%"),
        number_column("Luck up to", "%"),
    )
    rows = tuple(
        row(
            parts(NAMES[item.feature].capitalize()),
            *(parts(_shown(item.feature, number_of(view, i, f"{split}/2"))) for split in SPLITS),
            parts(decimal(number_of(view, i, "validation_distance"), 2)),
            parts(p_value(number_of(view, i, "validation_p"))),
            parts(decimal(number_of(view, i, "test_distance"), 2)),
            parts(p_value(number_of(view, i, "test_p"))),
            parts(percentage(number_of(view, i, "class_accuracy"))),
            parts(percentage(number_of(view, i, "limit"))),
        )
        for i, item in found
    )
    caption = parts(
        "How the pictures look. The distance of the distributions from that of train is Kolmogorov "
        "and Smirnov’s, p that of their test, corrected by Holm for all features and both splits. "
        "The last columns: which share of the validation pictures, as a mean over classes, the "
        "feature alone tells, and what answers that ignore the picture may reach by luck."
    )
    return {"looks": Table("looks", caption, columns, rows)}


def _shown(feature: Feature, value: Quantity) -> Number:
    """Print a median: pixels and bytes whole, ratios and grey levels with three digits."""
    if feature in WHOLE:
        return integer(value)
    return plain(value) if value.value == round(value.value, 2) else decimal(value)
