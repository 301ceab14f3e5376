"""Lines of the PDF's text are as full as their words allow."""

import re

import pytest
from rendering import documents_written

from report.evidence.numbers import Number
from report.evidence.sentences import parts
from report.pdf.write import write_pdf
from report.writing.templating import _environment

SENTENCE = (
    " On the same test pictures, the first is right for 9.4\u202f% and the second for ",
    Number(0.156, "15.6\u202f%", "a.json#/test/accuracy"),
    ": 6.2 points worse (28 pictures only the first gets right, 207 only the second; ",
    "exact McNemar test, p\u00a0",
    Number(1e-9, "<\u00a00.001", "b.json#/test"),
    ").",
)
PAGE = """{% from "macros/prose.html" import prose %}
<html lang="en"><head><title>x</title></head><body><main>
{% for sentence in sentences %}<p>{{ prose(sentence) }}</p>{% endfor %}
</main></body></html>"""


@pytest.fixture
def lines(monkeypatch):
    """Lay a page out as a PDF; return each paragraph's lines as text."""
    documents = documents_written(monkeypatch)

    def run(html):
        write_pdf(html)
        return [
            [text(line) for line in paragraph.descendants() if type(line).__name__ == "LineBox"]
            for page in documents[-1].pages
            for paragraph in page._page_box.descendants()
            if paragraph.element_tag == "p" and type(paragraph).__name__ == "BlockBox"
        ]

    return run


def text(box):
    return "".join(part.text for part in box.descendants() if hasattr(part, "text"))


def test_no_line_ends_early_before_a_no_break_space(lines):
    starts = ("no " * (n // 3) + "n" * (n % 3 + 1) for n in range(90))
    sentences = [parts(start, *SENTENCE) for start in starts]
    page = _environment(paper=True).from_string(PAGE).render(sentences=sentences)
    found = [ls for ls in lines(page) if len(ls) > 1]
    assert len(found) >= 80
    short = [line for ls in found for line in ls[:-1] if len(re.findall(r"\S+", line)) < 4]
    assert not short
