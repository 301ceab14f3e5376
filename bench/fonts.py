"""Make the subset fonts in templates/fonts, which reports on screens embed, from the whole ones.

    python bench/fonts.py            # writes templates/fonts/*.woff2

The fonts are Source Serif and Source Sans (SIL Open Font License 1.1). A subset is a modified
version, which the licence lets nobody call by the reserved name “Source”, so these are called
Report Serif and Report Sans. They were made once, with fontTools 4.68, and are kept in the
repository: subsetting takes 2 s, which no render should.
"""

from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from report.figures.style import font_folder
from report.writing.fonts import FACES, Face

TARGET = Path(__file__).parent.parent / "templates" / "fonts"

SIGNS = "‐‑‒–—―‘’‚“”„†•…‰′″‹›€←↑→↓−√∞∫≈≠≤≥αβγδεληθμπρστφχωΔΣ\u2002\u2009\u202f⁰⁴⁵⁶⁷⁸⁹⁻"
LETTERS = [*range(0x20, 0x7F), *range(0xA0, 0x180), 0x218, 0x219, 0x21A, 0x21B, *map(ord, SIGNS)]
"""Latin letters of Europe, punctuation, and the signs of numbers and formulas."""

FEATURES = ["kern", "liga", "lnum", "tnum", "ccmp", "locl", "mark"]

SOURCES = {"Serif": ("font_source_serif_pro", "SourceSerifPro"),
           "Sans": ("font_source_sans_pro", "SourceSansPro")}  # fmt: skip
CUTS = {"Regular": "Regular", "Semibold": "Semibold", "Italic": "It"}


def make(face: Face) -> None:
    """Write one face's subset."""
    kind, cut = face.file.removesuffix(".woff2").removeprefix("Report").split("-")
    package, name = SOURCES[kind]
    folder = font_folder(package)
    assert folder is not None, f"pip install {package}"
    font = TTFont(folder / f"{name}-{CUTS[cut]}.ttf")
    options = subset.Options(layout_features=FEATURES, hinting=False, name_IDs=[0, 1, 2, 13, 14])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=LETTERS)
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID == 1:
            record.string = face.family
    font.flavor = "woff2"
    font["head"].modified = font["head"].created  # the same bytes on every day
    font.recalcTimestamp = False
    font.save(TARGET / face.file)


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    for each in FACES:
        make(each)
        print(f"{each.file}: {(TARGET / each.file).stat().st_size:,} bytes")
