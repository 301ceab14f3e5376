"""The PDF's pages: their size, what stands on them, what must not, and how they are tagged."""

import re
from dataclasses import dataclass

import pytest
from pypdf import PdfReader
from rendering import documents_written, run_render

SIZES = {"a4": {(595, 842), (842, 595)}, "letter": {(612, 792), (792, 612)}}
"""Upright and on its side, in points."""


@dataclass(frozen=True)
class Piece:
    """Something visible on a page, in CSS pixels.

    Attributes:
        inside: Names and classes of the elements around it, the outermost first.
    """

    inside: tuple[str, ...]
    text: str
    left: float
    top: float
    right: float
    bottom: float


def pieces(box, inside=()):
    """List texts and pictures of a laid-out page outside its margins."""
    for child in getattr(box, "children", ()):
        kind = type(child).__name__
        if kind == "MarginBox":
            continue
        around = (*inside, f"{child.element_tag}.{classes(child)}")
        text = getattr(child, "text", "").strip() if kind == "TextBox" else child.element_tag
        if kind.endswith("ReplacedBox") or (kind == "TextBox" and text):
            x, y = child.position_x, child.position_y
            yield Piece(around, text, x, y, x + child.width, y + child.height)
        yield from pieces(child, around)


def classes(box):
    return box.element.get("class", "") if box.element is not None else ""


@pytest.fixture(scope="module", params=SIZES)
def laid_out(request, finished_study, drawn, tmp_path_factory):
    """Lay the finished study out on a size of paper; return its name, the boxes and the file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(drawn))
        documents = documents_written(patch)
        output = tmp_path_factory.mktemp(request.param)
        done = run_render(finished_study, output, "--format", "pdf", "--paper", request.param)
    assert done.exit_code == 0, done.error or done.unexpected
    boxes = [page._page_box for page in documents[0].pages]
    return request.param, boxes, done.pdf_file


def test_every_page_has_the_size_of_the_paper(laid_out):
    paper, _, file = laid_out
    sizes = {tuple(round(float(n)) for n in p.mediabox[2:]) for p in PdfReader(file).pages}
    assert sizes == SIZES[paper]


def test_nothing_lies_outside_the_margins(laid_out):
    _, boxes, _ = laid_out
    assert len(boxes) > 20
    for number, box in enumerate(boxes, 1):
        left, top = box.content_box_x(), box.content_box_y()
        found = list(pieces(box))
        assert found
        for piece in found:
            assert left - 1 <= piece.left, (number, piece)
            assert piece.right <= left + box.width + 1, (number, piece)
            assert top - 1 <= piece.top, (number, piece)
            assert piece.bottom <= top + box.height + 1, (number, piece)


HEADING = re.compile(r"h[1-6]\.|dt\.")


def test_no_page_ends_with_a_heading_or_above_the_table_that_it_announces(laid_out):
    _, boxes, _ = laid_out
    for number, box in enumerate(boxes, 1):
        last = max(pieces(box), key=lambda piece: piece.bottom)
        assert not any(HEADING.match(name) for name in last.inside), (number, last)
        announces = any(
            name.startswith("figure.table") and "screen-only" not in name for name in last.inside
        ) and any(name.startswith("figcaption") for name in last.inside)
        assert not announces, (number, last)


def test_pages_are_numbered_and_headed_but_for_the_cover(laid_out):
    _, _, file = laid_out
    cover, *pages = [re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(file).pages]
    assert "page 1 of" not in cover
    for number, text in enumerate(pages, 2):
        assert f"page {number} of {len(pages) + 1}" in text


def test_pages_are_tagged_as_pdf_ua_asks(laid_out, half_finished):
    page = pytest.importorskip("page", reason="page-validation isn't installed")
    for file in (laid_out[2], half_finished.pdf_file):
        report = page.validate_pdf(file, profile=page.ValidationProfile.PDF_UA_1)
        assert [(failure.rule_id, failure.message) for failure in report.failures] == []


def test_tables_say_what_their_heads_are_for(laid_out):
    pdfua = pytest.importorskip("pdfua", reason="pdfua isn't installed")
    found = pdfua.validate(str(laid_out[2])).findings
    assert [(finding.rule_id, finding.message) for finding in found] == []
