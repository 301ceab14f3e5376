"""Which fonts write a name: the system's where the report's own lack a letter."""

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager

from training import fonts
from training.fonts import families, fonts_digest, missing, packages, said_missing, unusual


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """Give a function that makes fonts with some letters each the only ones of the system."""

    def forget():
        fonts._found.cache_clear()
        fonts._files.cache_clear()

    def install(**letters):
        files = [make_font(tmp_path / f"{name}.ttf", name, text) for name, text in letters.items()]
        monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(file) for file in files])
        forget()
        return files

    known = list(font_manager.fontManager.ttflist)
    install()
    yield install
    font_manager.fontManager.ttflist[:] = known
    forget()


def make_font(file, name, letters):
    """Write a TrueType font in which each letter is a square."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 500), (500, 500), (500, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square, names = pen.glyph(), [f"g{i}" for i in range(len(letters))]
    builder = FontBuilder(1000)
    builder.setupGlyphOrder([".notdef", *names])
    builder.setupCharacterMap(dict(zip(map(ord, letters), names, strict=True)))
    builder.setupGlyf({".notdef": square, **dict.fromkeys(names, square)})
    builder.setupHorizontalMetrics(dict.fromkeys([".notdef", *names], (600, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": name, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(file)
    return file


def test_only_letters_that_may_be_lacking_are_looked_for():
    assert unusual(["plain", "café", "Привет", "‘quoted’ … → ≤ €"]) == frozenset()
    assert unusual(["猫2", "קטן", "a\u200db\ufe0f"]) == {"猫", "ק", "ט", "ן"}


def test_a_font_that_matplotlib_has_not_listed_yet_is_found(installed):
    (file,) = installed(Felis="猫")
    letters = unusual(["猫"])
    assert families(letters) == ["Felis"]
    assert not missing(letters)
    assert font_manager.findfont("Felis") == str(file)
    assert said_missing(["猫"]) is None


def test_few_fonts_do_and_those_of_the_report_come_first(installed):
    installed(Felis="猫", Both="猫犬", Hebrew="א")
    assert families(unusual(["猫", "犬", "א"])) == ["Both"]


def test_what_no_font_has_is_said_with_the_package_that_has_it(installed):
    installed(Felis="猫")
    what, mend = said_missing(["猫", "犬 1", "犬 2", "हाँ", "plain"])
    assert what.startswith("No installed font has 4 letters of 3 names: “犬 1”, “犬 2”, “हाँ” (")
    assert "ह U+0939" in what
    assert mend.endswith("apt-get install fonts-noto-cjk fonts-noto-core")


@pytest.mark.parametrize(
    ("letter", "package"),
    [("中", "fonts-noto-cjk"), ("あ", "fonts-noto-cjk"), ("한", "fonts-noto-cjk"),
     ("ก", "fonts-noto-core"), ("अ", "fonts-noto-core"), ("🐈", "fonts-symbola")],
)  # fmt: skip
def test_each_script_has_its_package(letter, package):
    assert packages([letter]) == [package]


def test_what_depends_on_fonts_changes_with_them(installed):
    before = fonts_digest(["猫"])
    installed(Felis="猫")
    assert fonts_digest(["猫"]) != before
    assert fonts_digest(["plain", "café"]) == ""


def test_a_file_that_is_no_font_is_passed_over(installed, monkeypatch, tmp_path):
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    broken = [str(tmp_path / "broken.ttf")]
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: broken)
    fonts._files.cache_clear()
    assert missing(unusual(["猫"])) == {"猫"}
