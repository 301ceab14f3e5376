"""Judge the figures of a report: wrong, as the records give them, or not to be told."""

from report.audit.compare_svg import Outcome
from report.audit.page_blocks import Block
from report.audit.problems import Problem
from report.audit.rendering import Rendering
from report.evidence.sentences import counted
from report.figures.save import data_uri
from report.verify.held import Held
from report.verify.remake import STAND_IN
from report.writing.staleness import DRAWING_LIBRARIES, LAYOUT, library_versions, program_digest

SCHEME = "figure:"
"""How the source of a figure begins that is drawn from the records."""

STAND_IN_SOURCE = data_uri(STAND_IN, "image/png")
NO_PICTURES = "their pictures don’t lie beside the records"
SHOWN = 90
"""Characters shown of a figure's description."""


class FigureJudge:
    """Collects what was found out about each figure.

    Args:
        rendering: How the report was made.
    """

    def __init__(self, rendering: Rendering) -> None:
        self.same_program = rendering.program == program_digest()
        ours = library_versions()
        self._theirs = {
            name: rendering.libraries[name]
            for name in DRAWING_LIBRARIES
            if name in rendering.libraries
        }
        self.same_libraries = self._theirs == {n: v for n, v in ours.items() if n != LAYOUT}
        self.same_layout = rendering.libraries.get(LAYOUT) == ours.get(LAYOUT)
        self._wrong: dict[str, Problem] = {}
        self._unknown: dict[str, set[str]] = {}

    def drawn(self, block: Block, difference: str, data: Outcome) -> None:
        """Judge a drawing that isn't the one that this program draws.

        Args:
            block: Where it stands.
            difference: What differs first.
            data: Whether the data that it shows are the same.
        """
        if self.same_program and self.same_libraries:
            self.wrong(block, difference)
        elif data == "other" and self.same_program:
            self.wrong(block, "it shows other data than the records")
        elif data != "same":
            versions = ", ".join(f"{name} {version}" for name, version in self._theirs.items())
            self.unsure(block, f"they were drawn by {versions or 'unknown versions'}")

    def picture(self, block: Block) -> None:
        """Judge a picture that isn't the one that the records give."""
        if self.same_program:
            self.wrong(block, "its picture isn’t the one that lies beside the records")
        else:
            self.unsure(block, "another version may show other pictures")

    def wrong(self, block: Block, difference: str) -> None:
        """Note that a figure isn't what the records give."""
        problem = Problem(block.section, block.text[:SHOWN], difference)
        self._wrong.setdefault(_figure(block), problem)

    def unsure(self, block: Block, why: str) -> None:
        """Note that it can't be told whether a figure is what the records give."""
        self._unknown.setdefault(why, set()).add(_figure(block))

    def report_to(self, held: Held) -> None:
        """Add what was found to the findings of a report."""
        held.problems += self._wrong.values()
        held.n_figures -= len(set(self._wrong).union(*self._unknown.values()))
        for why, figures in self._unknown.items():
            held.not_checked.append(f"{counted(len(figures), 'figure')}, since {why}")


def _figure(block: Block) -> str:
    return block.place[0] if block.place else ""
