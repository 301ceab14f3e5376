"""What a template needs to show a table."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from report.evidence.sentences import Parts

EXACT_UNITS = {"%": "fraction", "millions": ""}
"""In which unit the exact value of a number stands, where that isn't the one printed."""


@dataclass(frozen=True)
class Column:
    """A table's column; numbers are aligned on the decimal point.

    Attributes:
        unit: Printed under the label, for example `%` or `s`.
        exact: Unit of the exact values, if it doesn't follow from `unit`.
    """

    label: str
    unit: str = ""
    align: Literal["text", "number"] = "text"
    exact: str = ""

    @property
    def exact_unit(self) -> str:
        """The unit that exact values are exported in."""
        return self.exact or EXACT_UNITS.get(self.unit, self.unit)


@dataclass(frozen=True)
class Row:
    """A table's row: one entry a column, the first one heading the row.

    Attributes:
        best: Marked by a star and bold type.
        total: Set off by a rule above it.
    """

    cells: tuple[Parts, ...]
    best: bool = False
    total: bool = False


@dataclass(frozen=True)
class Table:
    """A numbered table.

    Attributes:
        slug: Unique in the report; the anchor is `table-<slug>`.
        notes: Footnotes below it.
    """

    kind: ClassVar[str] = "table"
    slug: str
    caption: Parts
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[Parts, ...] = ()

    @property
    def short(self) -> bool:
        """Whether the table is kept on one page of paper."""
        return len(self.rows) <= 8


@dataclass(frozen=True)
class FigureData:
    """What a figure shows, as a table below it; it has the figure's caption.

    Attributes:
        notes: What the table leaves out, and where that is.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[Parts, ...] = ()
