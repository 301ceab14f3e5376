"""Pages laid out around blanks are the pages laid out around the figures."""

import re

import pytest

from report.build import build_report
from report.evidence.load import load_study
from report.figures.drawing import draw
from report.pdf.late_figures import blank
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
    finished, finished_study, tmp_path, monkeypatch
):
    asked = []

    def refuse(*_):
        asked.append(1)
        return False

    monkeypatch.setattr("report.pdf.write.hang", refuse)
    build_report(finished_study, tmp_path, ["pdf"])
    assert asked == [1]
    assert (tmp_path / "report.pdf").read_bytes() == finished.pdf_file.read_bytes()


def test_what_pages_get_has_no_styles_to_read(drawings):
    for what in drawings:
        left = re.findall(r'style="([^"]*)"', draw(what, "text"))
        assert all("font:" in style for style in left), what.function
        assert "<style" not in draw(what, "text")
