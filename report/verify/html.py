"""Hold a report's HTML against the page that its records give."""

import base64
from collections.abc import Iterable

from report.audit.compare_blocks import compare_blocks
from report.audit.compare_svg import compare_data, first_difference
from report.audit.page_blocks import Block, read_blocks
from report.audit.problems import Problem
from report.audit.rendering import Rendering
from report.evidence.sentences import counted
from report.figures.save import data_uri
from report.verify.held import Held, add_authors, add_words, rules_for, version_rule
from report.verify.remake import STAND_IN, Remade
from report.writing.staleness import library_versions, program_digest

SCHEME = "figure:"
SHOWN = 90
"""Characters shown of a figure's description."""

STAND_IN_SOURCE = data_uri(STAND_IN, "image/png")
SVG = "data:image/svg+xml;base64,"
APPEARANCE = frozenset(("style sheet", "script"))


def compare_html(
    html: str, rendering: Rendering, known: frozenset[tuple[str, str]], again: Remade
) -> Held:
    """Compare a page with the one that its records give.

    Args:
        html: The page.
        rendering: How it was made.
        known: Numbers already found to be wrong; see `compare_blocks`.
        again: The page that its records give.
    """
    page, expected = read_blocks(html), read_blocks(again.html)
    held = Held()
    ours, theirs = list(page.blocks), list(expected.blocks)
    sheets = [name for name in rendering.templates if name.startswith(("styles/", "scripts/"))]
    if sheets:
        ours, theirs = _without_appearance(ours), _without_appearance(theirs)
        held.not_checked.append(f"how the page looks, by the author’s {', '.join(sorted(sheets))}")
    rules = rules_for(rendering, again)
    add_words(held, compare_blocks(ours, theirs, rules, known))
    add_authors(held, again)
    places = {block.place: block for block in page.blocks if block.place}
    judge = FigureJudge(rendering, again)
    for place, source in expected.pictures.items():
        if place in places:
            judge.compare(places[place], page.pictures[place], source)
    judge.report_to(held)
    return held


def _without_appearance(blocks: Iterable[Block]) -> list[Block]:
    """Leave out style sheets and scripts, and the policy that names their hashes."""
    return [
        block
        for block in blocks
        if block.kind not in APPEARANCE
        and not ("http-equiv" in block.tokens[0] and block.tokens[0][1] == "meta")
    ]


def compare_page(
    html: str, again: str, rendering: Rendering, known: frozenset[tuple[str, str]]
) -> Held:
    """Compare a page without figures with the one that its records give; see `compare_html`."""
    held, rule = Held(), version_rule(rendering)
    ours, theirs = read_blocks(html).blocks, read_blocks(again).blocks
    add_words(held, compare_blocks(ours, theirs, lambda _: rule, known))
    return held


class FigureJudge:
    """Compares the pictures of a page with those that its records give.

    Drawn by the same libraries, they agree within rounding; by others, in the data that they show.
    """

    def __init__(self, rendering: Rendering, again: Remade) -> None:
        self._again = again
        self._same_program = rendering.program == program_digest()
        self._theirs = rendering.libraries
        self._ours = library_versions()
        self._wrong: dict[str, Problem] = {}
        self._unknown: dict[str, set[str]] = {}

    def compare(self, block: Block, given: str, source: str) -> None:
        """Compare one picture.

        Args:
            block: Where it stands on the page.
            given: Its source there.
            source: The source that the records give.
        """
        assert block.place is not None
        figure, _ = block.place
        if source.startswith(SCHEME):
            difference = self._drawn(given, self._again.svg(source.removeprefix(SCHEME)), figure)
        elif source == STAND_IN_SOURCE:
            difference = self._unsure(figure, "their pictures don’t lie beside the records")
        elif given != source:
            difference = "its picture isn’t the one that lies beside the records"
            if not self._same_program:
                difference = self._unsure(figure, "another version may show other pictures")
        else:
            difference = ""
        if difference and figure not in self._wrong:
            self._wrong[figure] = Problem(block.section, block.text[:SHOWN], difference)

    def _drawn(self, given: str, svg: str, figure: str) -> str:
        """Say what differs; nothing where nothing does, or where that can't be told."""
        if not given.startswith(SVG):
            return "it isn’t the figure that the program drew"
        content = _decoded(given)
        difference = first_difference(content, svg)
        if not difference or (self._same_program and self._theirs == self._ours):
            return difference
        outcome = compare_data(content, svg)
        if outcome == "same":
            return ""
        if outcome == "other" and self._same_program:
            return "it shows other data than the records"
        drawn_by = ", ".join(f"{name} {version}" for name, version in self._theirs.items())
        return self._unsure(figure, f"they were drawn by {drawn_by or 'unknown versions'}")

    def _unsure(self, figure: str, why: str) -> str:
        self._unknown.setdefault(why, set()).add(figure)
        return ""

    def report_to(self, held: Held) -> None:
        """Add what was found to the findings of a page."""
        held.problems += self._wrong.values()
        held.n_figures -= len(set(self._wrong).union(*self._unknown.values()))
        for why, figures in self._unknown.items():
            held.not_checked.append(f"{counted(len(figures), 'figure')}, since {why}")


def _decoded(source: str) -> str:
    try:
        return base64.b64decode(source.removeprefix(SVG)).decode()
    except ValueError:
        return ""
