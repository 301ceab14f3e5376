"""The fonts that a page brings along: how large, whose, and what they can write."""

import io
import re

import pytest
from fontTools.ttLib import TTFont

from report.writing.fonts import FACES, font_faces
from report.writing.theme import template_folder

FONTS = template_folder() / "fonts"


def test_all_fonts_together_add_at_most_150_kb_to_a_page():
    assert sum((FONTS / face.file).stat().st_size for face in FACES) > 50_000
    assert len(font_faces()) <= 150_000


def test_no_font_lies_there_that_no_page_uses():
    assert {file.name for file in FONTS.glob("*.woff2")} == {face.file for face in FACES}


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.file)
def test_a_font_has_the_letters_of_the_report_and_keeps_to_its_licence(face):
    font = TTFont(io.BytesIO((FONTS / face.file).read_bytes()))
    letters = font.getBestCmap()
    wanted = "AZaz09äéßłŠ’“”–−×±°≤≥≈…\u00a0" + ("→" if face.style == "normal" else "")
    assert [sign for sign in wanted if ord(sign) not in letters] == []
    said = {record.nameID: str(record) for record in font["name"].names}
    assert "Adobe" in said[0]  # whose copyright the licence wants to be kept
    assert (
        said[1] == face.family
    )  # not the reserved name, which the licence denies to changed fonts


def test_the_fonts_licence_lies_beside_them():
    licence = (FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Reserved Font Name 'Source'" in licence


def test_a_page_for_screens_holds_the_fonts_and_may_use_them(render):
    page = render().html
    assert re.search(r'http-equiv="Content-Security-Policy" content="[^"]*font-src data:;', page)
    assert page.count("@font-face") == len(FACES)
