"""Which installed fonts can write a name in any script, and which package has what none has.

The report's own fonts write Latin, Greek, Cyrillic and Armenian. For letters of other scripts the
fonts of the system are looked through: only where there are such letters, because that takes a
moment.
"""

import functools
import hashlib
import unicodedata
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

from training.plurals import counted

FURTHER_SCRIPTS = 0x0590
"""From this code point on, letters may be in none of the report's own fonts."""

COVERED = range(0x1E00, 0x2300)
"""But for Latin, Greek, punctuation, arrows and mathematical signs in this range."""

OWN_FONTS = ("DejaVu Sans",)
"""What comes with matplotlib, with letters of further scripts."""

PREFERRED = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans JP", "Noto Sans KR",
    "Droid Sans Fallback", "WenQuanYi Zen Hei", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic",
    "PingFang SC", "Hiragino Sans", "Arial Unicode MS", "Noto Sans Devanagari", "Nirmala UI",
    "Noto Sans Thai", "Leelawadee UI", "Noto Emoji", "Segoe UI Emoji",
)  # fmt: skip
"""Fonts of other scripts as systems have them: these before others that have a letter, too."""

CJK_PACKAGE, SYMBOL_PACKAGE, OTHER_PACKAGE = "fonts-noto-cjk", "fonts-symbola", "fonts-noto-core"
"""Of Debian and Ubuntu."""

_CJK = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH",
        "HALFWIDTH", "KATAKANA-HIRAGANA")  # fmt: skip

SHOWN = 3
"""So many names and letters are spelt out in a message; the others are counted."""

SAMPLES = {
    "Chinese": "中", "Japanese": "あ", "Korean": "한", "Arabic": "ع", "Hebrew": "ש",
    "Devanagari": "अ", "Bengali": "অ", "Tamil": "அ", "Thai": "ก", "Ethiopic": "አ",
}  # fmt: skip
"""A letter of each script that `homework doctor` looks for."""


def unusual(texts: Iterable[str]) -> frozenset[str]:
    """Return the letters that the report's own fonts may lack."""
    letters = {letter for text in texts if not text.isascii() for letter in text}
    return frozenset(letter for letter in letters if _may_lack(ord(letter)) and _is_drawn(letter))


def _may_lack(code: int) -> bool:
    return code >= FURTHER_SCRIPTS and code not in COVERED


def _is_drawn(letter: str) -> bool:
    """Tell whether a character needs a glyph: spaces, joiners and variation selectors don't."""
    return unicodedata.category(letter)[0] not in "CZ" and not 0xFE00 <= ord(letter) <= 0xFE0F


def right_to_left(text: str) -> bool:
    """Tell whether a text has letters of a script that runs from right to left."""
    return any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in unusual([text]))


def families(letters: frozenset[str]) -> list[str]:
    """Return the installed families that add letters to the report's own fonts, as few as do."""
    return list(_found(letters)[0])


def missing(letters: frozenset[str]) -> frozenset[str]:
    """Return the letters that no installed font has."""
    return _found(letters)[1]


def packages(letters: Iterable[str]) -> list[str]:
    """Return the packages of Debian and Ubuntu that have letters."""
    return sorted({_package(letter) for letter in letters})


def _package(letter: str) -> str:
    if unicodedata.name(letter, "").startswith(_CJK):
        return CJK_PACKAGE
    return SYMBOL_PACKAGE if unicodedata.category(letter)[0] == "S" else OTHER_PACKAGE


def said_missing(names: Iterable[str]) -> tuple[str, str] | None:
    """Say which of some names no installed font can write, and what mends that; None if all can.

    Returns:
        What is the matter and how to mend it, a sentence or two each.
    """
    names = list(dict.fromkeys(names))
    lacking = missing(unusual(names))
    if not lacking:
        return None
    concerned = [name for name in names if lacking & set(name)]
    letters = [f"{letter} U+{ord(letter):04X}" for letter in sorted(lacking)]
    what = (
        f"No installed font has {counted(len(lacking), 'letter')} of "
        f"{counted(len(concerned), 'name')}: {_listed([f'“{name}”' for name in concerned])} "
        f"({_listed(letters)})."
    )
    mend = (
        "Figures and PDFs show boxes in their place. "
        f"Debian and Ubuntu: apt-get install {' '.join(packages(lacking))}"
    )
    return what, mend


def _listed(items: Sequence[str]) -> str:
    more = len(items) - SHOWN
    return ", ".join(items[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def fonts_digest(texts: Iterable[str]) -> str:
    """Return what changes with the installed fonts; empty where texts don't depend on them."""
    if not unusual(texts):
        return ""
    digest = hashlib.sha256()
    for file in _files():
        digest.update(f"{file} {Path(file).stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


@functools.cache
def _found(letters: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return families that have letters, and the letters that none has."""
    from matplotlib import font_manager

    left = {ord(letter) for letter in letters}
    for name in OWN_FONTS:
        left -= _drawable(font_manager.findfont(name), left)
    files = _files() if left else ()
    covering = {file: have for file in files if (have := _drawable(file, left))}
    names: list[str] = []
    while left and covering:
        file = max(
            covering, key=lambda file: (*_preference(file), len(covering[file] & left), file)
        )
        if have := covering.pop(file) & left:
            left -= have
            names.append(_add(file))
    return tuple(dict.fromkeys(names)), frozenset(map(chr, left))


@functools.cache
def _files() -> Sequence[str]:
    """Return the files of the system's fonts, whatever matplotlib's own list has kept of them."""
    from matplotlib import font_manager

    return sorted(font_manager.findSystemFonts())


def _drawable(file: str, codes: Set[int]) -> set[int]:
    """Return the code points that a font has outlines of letters for."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(file)
        if not font.scalable or "last resort" in font.family_name.lower():  # boxes for all
            return set()
        return {code for code in codes if font.get_char_index(code)}
    except (OSError, RuntimeError, ValueError):  # a file that is no font, or none of FreeType's
        return set()


def _preference(file: str) -> tuple[bool, int]:
    """Rank upright regular faces first, then families by `PREFERRED`."""
    from matplotlib.ft2font import FT2Font

    font = FT2Font(file)
    regular = font.style_name in ("Regular", "Book", "Roman", "Normal")
    known = font.family_name in PREFERRED
    rank = len(PREFERRED) - PREFERRED.index(font.family_name) if known else 0
    return regular, rank


def _add(file: str) -> str:
    """Tell matplotlib of a font, which it may not know yet; return the family's name."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    if not any(font.fname == file for font in font_manager.fontManager.ttflist):
        font_manager.fontManager.addfont(file)
    return FT2Font(file).family_name
