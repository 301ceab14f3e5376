"""View records: what a template needs to print a section, prepared so that it computes nothing."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from report.figures.views import Figure
from report.text import Parts, Sentence


@dataclass(frozen=True)
class Column:
    """A table's column; numbers are aligned on the decimal point.

    Attributes:
        unit: Printed under the label, for example `%` or `s`.
    """

    label: str
    unit: str = ""
    align: Literal["text", "number"] = "text"


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
        return len(self.rows) <= 14


@dataclass(frozen=True)
class Block:
    """A subsection of its own for one experiment, where the list of experiments decides how many.

    Attributes:
        findings: Paragraphs of generated sentences, printed below the figure.
    """

    title: Parts
    figure: Figure
    findings: tuple[tuple[Sentence, ...], ...]


@dataclass(frozen=True)
class SectionView:
    """All that `templates/sections/<slug>.html` prints.

    Attributes:
        notices: What a reader must know first: sample data, gaps, stale choices.
        findings: Named groups of generated sentences.
        facts: Named single values or phrases that the explanatory text quotes.
        figures: Named figures; their anchor is `figure-<slug>`.
        tables: Named tables.
        blocks: Subsections, one an experiment.
    """

    slug: str
    title: str
    notices: tuple[Sentence, ...] = ()
    findings: dict[str, tuple[Sentence, ...]] = field(default_factory=dict)
    facts: dict[str, Parts] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
