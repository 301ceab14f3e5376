"""Hold a report's PDF against the page that its records give."""

import base64
import re
from collections.abc import Sequence

from report.audit.compare_blocks import compare_blocks
from report.audit.compare_drawings import difference
from report.audit.compare_pdf_text import compare_pages
from report.audit.compare_svg import same_pixels
from report.audit.drawings import Painted, svg_paints
from report.audit.manifest import running_titles
from report.audit.page_blocks import Block, blocks_of, read_blocks
from report.audit.pdf_drawings import UnreadableError, figures_of, stray_paint
from report.audit.problems import Problem
from report.audit.read_html import read_pieces
from report.audit.read_pdf import FIGURE, ReportPdf
from report.verify.figures import NO_PICTURES, SCHEME, STAND_IN_SOURCE, FigureJudge
from report.verify.held import Held, add_authors, add_words, rules_for
from report.verify.remake import Remade

Place = tuple[Block, str]
"""Where a picture stands on a page, and its source."""

ON_SCREEN = re.compile(r'<details.*?</details>|<figure class="[^"]* screen".*?</figure>', re.DOTALL)
"""What no page of paper shows."""


def page_problems(pdf: ReportPdf) -> list[Problem]:
    """Return in what the pages differ from what the PDF's manifest says that they show."""
    drawn_over = "something was drawn over this page"
    found = [Problem("text", f"page {n}", drawn_over) for n in pdf.annotated]
    for n, (content, _) in enumerate(pdf.contents, 1):
        if stray := stray_paint(content, FIGURE):
            found.append(Problem("text", f"page {n}", stray))
    manifest = pdf.manifest
    return [*found, *compare_pages(manifest.pieces, pdf.pages, manifest.running)]


def compare_pdf(pdf: ReportPdf, known: frozenset[tuple[str, str]], again: Remade) -> Held:
    """Compare what a PDF says and shows with the page that its records give.

    Args:
        pdf: The PDF, the text of its pages held against its manifest already.
        known: Numbers already found to be wrong; see `compare_blocks`.
        again: The page that its records give.
    """
    held, manifest = Held(), pdf.manifest
    expected = blocks_of(read_pieces(again.html, paper=True))
    rules = rules_for(manifest.made, again)
    compared = compare_blocks(blocks_of(manifest.pieces), expected, rules, known)
    page = read_blocks(ON_SCREEN.sub("", again.html))
    differing = {problem.where for problem in compared.problems}
    same = [b for b in page.blocks if b.section not in differing and b.section not in again.titles]
    compared.n_sentences = min(compared.n_sentences, sum(block.n_sentences for block in same))
    compared.n_tables = sum(block.begins_table for block in same)
    compared.n_figures = sum(block.begins_figure for block in page.blocks)
    add_words(held, compared)
    add_authors(held, again)
    if manifest.rendering and manifest.running != running_titles(again.html):
        problem = "it names other running titles than the records give"
        held.problems.append(Problem("manifest.json", "", problem))
    places = [(block, page.pictures[block.place]) for block in page.blocks if block.place]
    _figures(held, pdf, places, again)
    return held


def _figures(held: Held, pdf: ReportPdf, places: Sequence[Place], again: Remade) -> None:
    """Compare the figures of all pages, in order, with those that the records give.

    Args:
        places: Where each picture stands, and its source.
    """
    judge = FigureJudge(pdf.manifest.made)
    shown: list[list[Painted]] = []
    for n, (content, resources) in enumerate(pdf.contents, 1):
        try:
            shown += figures_of(content, resources, FIGURE)
        except UnreadableError as error:
            if judge.same_layout:
                problem = f"its figures aren’t written as the program writes them ({error})"
                held.problems.append(Problem("text", f"page {n}", problem))
            held.n_figures = 0
            held.not_checked.append("figures, since the program that laid them out writes others")
            return
    if len(shown) == len(places):
        for place, painted in zip(places, shown, strict=True):
            _compare(judge, place, painted, again)
    elif judge.same_program and judge.same_layout:
        _name_first(judge, places, shown, again)
    else:
        for block, _ in places:
            judge.unsure(block, "another version shows others")
    judge.report_to(held)


def _name_first(
    judge: FigureJudge, places: Sequence[Place], shown: Sequence[list[Painted]], again: Remade
) -> None:
    """Name the first figure that is missing, or in whose place another stands."""
    for i, (block, source) in enumerate(places):
        if i >= len(shown) or _difference(source, shown[i], again):
            counts = f"the pages show {len(shown)} pictures, the records give {len(places)}"
            judge.wrong(block, f"it doesn’t stand where it should; {counts}")
            return
    judge.wrong(places[-1][0], f"pictures follow it: {len(shown)} in all, not {len(places)}")


def _compare(judge: FigureJudge, place: Place, painted: list[Painted], again: Remade) -> None:
    block, source = place
    if source == STAND_IN_SOURCE:
        judge.unsure(block, NO_PICTURES)
    elif problem := _difference(source, painted, again):
        if source.startswith(SCHEME):
            judge.drawn(block, problem, "unknown")
        else:
            judge.picture(block)


def _difference(source: str, painted: list[Painted], again: Remade) -> str:
    """Say in what a figure on a page differs from its source; nothing where it doesn't."""
    if source.startswith(SCHEME):
        return difference(painted, svg_paints(again.svg(source.removeprefix(SCHEME))))
    content = base64.b64decode(source.partition(",")[2])
    alone = len(painted) == 1 and painted[0].kind == "picture"
    return "" if alone and same_pixels(painted[0].picture, content) else "it is another picture"
