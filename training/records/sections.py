"""The sections of a study of one's own, and its grids. Part of `study.json`."""

from typing import Any, Literal

import msgspec

from training.records.searches import Search

SectionKind = Literal[
    "runs",
    "grid",
    "transfer",
    "freezing",
    "augmentation",
    "networks",
    "comparison",
    "robustness",
    "text",
]


class StudySection(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One question of a study, and the experiments that answer it.

    Attributes:
        name: The first part of its experiments' ids.
        title: Its heading.
        question: What it asks, in one line.
        kind: Which words and figures it is shown with: single `runs`; a `grid`; what pre-trained
            weights bring (`transfer`); ways of `freezing`; of `augmentation`; other `networks`;
            a `comparison` of anything else; `robustness` on changed
            test pictures; or `text` alone.
        against: The experiment that the section's tested ones are held against; empty for the
            first tested one of the section.
        compare: Further pairs that are held against each other: the base, and the other.
        grids: Grids that it shows, such as `transfer/grid`; empty for those of its own name.
        before: A person's Markdown above what is generated.
        after: The same below it.
        pictures: Images that these texts name by a path, as in `ExtraSection`.
    """

    name: str
    title: str
    question: str = ""
    kind: SectionKind = "comparison"
    against: str = ""
    compare: tuple[tuple[str, str], ...] = ()
    grids: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    pictures: dict[str, str] = {}


class StudyGrid(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Experiments that differ in one, two or three fields; drawn or chosen ones in any number.

    Attributes:
        id: `section/name`; its members' ids begin with it and a hyphen.
        axes: Fields of `Experiment` and their values, in order. The product of all is run; of a
            sample, the first member has the first value of each, and so on.
        sample: Members that were drawn at random, or are to be chosen; 0 for the full product.
        search: How members are chosen from results of others; null where they aren't.
    """

    id: str
    axes: dict[str, tuple[Any, ...]]
    sample: int = 0
    search: Search | None = None

    @property
    def to_come(self) -> int:
        """How many members aren't chosen yet: they depend on results."""
        return self.sample - self.n_chosen if self.search is not None else 0

    @property
    def n_chosen(self) -> int:
        """How many members a search has chosen so far."""
        return sum(each.members for each in self.search.rounds) if self.search is not None else 0
