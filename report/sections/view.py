"""View records: what a template needs to print a section, prepared so that it computes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from report.evidence.sentences import Parts, Sentence
from report.figures.drawing import Drawing
from report.figures.views import Figure, Plot
from report.tables.views import Table


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
        template: Which file of `sections/` prints it; empty for that of the slug's name.
        before: A person's own text above what is generated, as Markdown.
        after: The same below it.
        markdown: A person's own text in place of it.
        pictures: Its images, by the path in the text, as `data:` addresses.
    """

    slug: str
    title: str
    notices: tuple[Sentence, ...] = ()
    findings: dict[str, tuple[Sentence, ...]] = field(default_factory=dict)
    facts: dict[str, Parts] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    template: str = ""
    before: str = ""
    after: str = ""
    markdown: str = ""
    pictures: dict[str, str] = field(default_factory=dict)

    @property
    def drawings(self) -> Iterator[Drawing]:
        """All figures that have to be drawn."""
        for figure in (*self.figures.values(), *(block.figure for block in self.blocks)):
            if isinstance(figure, Plot):
                yield figure.drawing
