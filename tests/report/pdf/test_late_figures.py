"""Pages laid out around blanks are the pages laid out around the figures."""

import io
import re

import pytest
from pypdf import PdfReader

from report.build import build_report
from report.evidence.load import load_study
from report.figures.drawing import draw
from report.pdf import write
from report.pdf.late_figures import blank, hang
from report.sections import SECTIONS, section_view

ROOT = re.compile(r"<svg [^>]*>")


@pytest.fixture(scope="module")
def drawings(finished_study):
    view = load_study(finished_study)
    found = [what for slug in SECTIONS for what in section_view(slug, view).drawings]
    assert len({what.function for what in found}) > 5
    return list({what.function: what for what in found}.values())


def attributes(svg):
    root = ROOT.match(svg).group()
    return [re.search(f'{name}="([^"]*)"', root)[1] for name in ("width", "height", "viewBox")]


def test_a_blank_has_the_size_that_its_figure_will_have(drawings):
    for what in drawings:
        assert attributes(blank(what.size)) == attributes(draw(what, "text")), what.function


def test_pages_are_the_same_whether_figures_can_be_exchanged_or_not(
    short_finished, short_study, drawn, tmp_path, monkeypatch
):
    asked = []

    def refuse(*_):
        asked.append(1)
        return False

    monkeypatch.setattr("report.pdf.write.hang", refuse)
    monkeypatch.setenv("HOMEWORK_CACHE", str(drawn))
    build_report(short_study, tmp_path, ["pdf"])
    assert asked == [1]
    assert (tmp_path / "report.pdf").read_bytes() == short_finished.pdf_file.read_bytes()


PAGE = """<html lang="en"><head><title>Two figures</title></head><body>
<p><img src="figure:red" alt="red"> and <img src="figure:blue" alt="blue"></p></body></html>"""


class Painted:
    """Two figures that are one colour each."""

    def stand_in(self, name):
        return blank((2.0, 1.0))

    def svg(self, name):
        head, _, tail = self.stand_in(name).rpartition("/>")
        return f'{head}><rect width="144" height="72" fill="{name}"/></svg>{tail}'


@pytest.fixture
def layouts(monkeypatch):
    """Count how often pages are laid out."""
    counted, real = [], write._render

    def render(*arguments):
        counted.append(1)
        return real(*arguments)

    monkeypatch.setattr(write, "_render", render)
    return counted


def test_pages_are_laid_out_once_and_hold_their_figures(layouts):
    content = write.write_pdf(PAGE, figures=Painted())
    assert len(layouts) == 1, "WeasyPrint's images can't be exchanged any more"
    (page,) = PdfReader(io.BytesIO(content)).pages
    drawn = b"".join(x.get_object().get_data() for x in page["/Resources"]["/XObject"].values())
    drawn += page.get_contents().get_data()
    assert b"1 0 0 rg" in drawn
    assert b"0 0 1 rg" in drawn


def forget_addresses(images):
    images.clear()


def forget_fetchers(images):
    for image in images.values():
        del image._url_fetcher


def forget_contexts(images):
    for image in images.values():
        del image._context


@pytest.mark.parametrize("forget", [forget_addresses, forget_fetchers, forget_contexts])
def test_where_images_cannot_be_exchanged_pages_are_laid_out_again(layouts, monkeypatch, forget):
    expected = write.write_pdf(PAGE, figures=Painted())

    def hang_without(figures, names, images):
        forget(images)
        return hang(figures, names, images)

    monkeypatch.setattr(write, "hang", hang_without)
    assert write.write_pdf(PAGE, figures=Painted()) == expected
    assert len(layouts) == 1 + 2


def test_what_pages_get_has_no_styles_to_read(drawings):
    for what in drawings:
        left = re.findall(r'style="([^"]*)"', draw(what, "text"))
        assert all("font:" in style for style in left), what.function
        assert "<style" not in draw(what, "text")
