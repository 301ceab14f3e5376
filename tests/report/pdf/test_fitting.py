"""A figure that would leave the foot of a page empty is made smaller, where that suffices."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from report.pdf import fitting
from report.pdf.late_figures import blank
from report.pdf.write import write_pdf

FOLD = (
    "<section><h2>One</h2>{text}"
    "<figure id='figure-tall' class='plot'><img src='figure:tall' alt=''>"
    "<figcaption>A tall figure.</figcaption></figure><p>After it.</p></section>"
)
PAGE = "<!doctype html><html lang='en'><head><title>t</title></head><body><main>{}</main></body>"


class Drawn:
    """One figure of 4 by 4 inches, drawn already."""

    def stand_in(self, name):
        return blank((4, 4))

    svg = stand_in


def pages(text, first="{}"):
    """Return the text of each page where so many lines stand above the figure."""
    pdf = write_pdf(
        PAGE.format(first.format(FOLD.format(text="<p>Some words.</p>" * text))), figures=Drawn()
    )
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def page_of(words, found):
    return next(i for i, text in enumerate(found, 1) if words in text)


@pytest.mark.parametrize(
    ("text", "page"),
    [(12, 1), (16, 1), (19, 2)],
    ids=["it fits", "it fits when smaller", "it would have to be too small"],
)
def test_a_figure_is_made_as_small_as_the_foot_of_a_page(text, page):
    assert page_of("A tall figure.", pages(text)) == page


def test_without_that_it_starts_the_next_page(monkeypatch):
    monkeypatch.setattr(fitting, "PASSES", 0)
    assert page_of("A tall figure.", pages(16)) == 2


@pytest.mark.parametrize(("before", "page"), [("conclusion", 1), ("references", 2)])
def test_after_the_references_figures_keep_their_sizes(before, page):
    first = f"<section id='{before}'><h2>Some section</h2></section>{{}}"
    assert page_of("A tall figure.", pages(15, first)) == page


def test_pages_of_another_weasyprint_are_left_as_they_are():
    class Pages:
        pages = (object(), object())

    document = Pages()
    assert fitting.fit(lambda css: document) is document
