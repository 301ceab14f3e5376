"""Hold a report's HTML against the page that its records give."""

import base64
from collections.abc import Iterable

from report.audit.compare_blocks import compare_blocks
from report.audit.compare_svg import compare_data, first_difference
from report.audit.page_blocks import Block, read_blocks
from report.audit.rendering import Rendering
from report.verify.figures import NO_PICTURES, SCHEME, STAND_IN_SOURCE, FigureJudge
from report.verify.held import Held, add_authors, add_words, rules_for, version_rule
from report.verify.remake import Remade
from report.writing.links import without_dangling

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
    page = read_blocks(html)
    # a person's own template may lack what the program's sections link to
    linked = without_dangling(again.html, html) if rendering.templates else again.html
    expected = read_blocks(linked)
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
    judge = _Pictures(rendering, again)
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


class _Pictures:
    """Compares the pictures of a page with those that its records give.

    Drawn by the same libraries, they agree within rounding; by others, in the data that they show.
    """

    def __init__(self, rendering: Rendering, again: Remade) -> None:
        self._again = again
        self._judge = FigureJudge(rendering)

    def compare(self, block: Block, given: str, source: str) -> None:
        """Compare one picture.

        Args:
            block: Where it stands on the page.
            given: Its source there.
            source: The source that the records give.
        """
        if source.startswith(SCHEME):
            self._drawn(block, given, self._again.svg(source.removeprefix(SCHEME)))
        elif source == STAND_IN_SOURCE:
            self._judge.unsure(block, NO_PICTURES)
        elif given != source:
            self._judge.picture(block)

    def _drawn(self, block: Block, given: str, svg: str) -> None:
        if not given.startswith(SVG):
            self._judge.wrong(block, "it isn’t the figure that the program drew")
            return
        content = _decoded(given)
        difference = first_difference(content, svg)
        if difference:
            self._judge.drawn(block, difference, compare_data(content, svg))

    def report_to(self, held: Held) -> None:
        self._judge.report_to(held)


def _decoded(source: str) -> str:
    try:
        return base64.b64decode(source.removeprefix(SVG)).decode()
    except ValueError:
        return ""
