"""Hold a report's PDF against the page that its records give."""

from report.audit.compare_blocks import compare_blocks
from report.audit.compare_pdf_text import compare_pages
from report.audit.page_blocks import blocks_of
from report.audit.problems import Problem
from report.audit.read_html import read_pieces
from report.audit.read_pdf import ReportPdf
from report.verify.held import Held, add_authors, add_words, rules_for
from report.verify.remake import Remade


def page_problems(pdf: ReportPdf) -> list[Problem]:
    """Return in what the pages differ from what the PDF's manifest says that they show."""
    drawn_over = "something was drawn over this page"
    found = [Problem("text", f"page {n}", drawn_over) for n in pdf.annotated]
    return [*found, *compare_pages(pdf.manifest.pieces, pdf.pages)]


def compare_pdf(pdf: ReportPdf, known: frozenset[tuple[str, str]], again: Remade) -> Held:
    """Compare what a PDF says that its pages show with the page that its records give.

    Args:
        pdf: The PDF, its pages held against its manifest already.
        known: Numbers already found to be wrong; see `compare_blocks`.
        again: The page that its records give.
    """
    held = Held()
    expected = blocks_of(read_pieces(again.html, paper=True))
    rules = rules_for(pdf.manifest.made, again)
    add_words(held, compare_blocks(blocks_of(pdf.manifest.pieces), expected, rules, known))
    add_authors(held, again)
    return held
