"""When two class names are one: Unicode spellings, and names that nobody can tell apart."""

import unicodedata
from collections.abc import Iterable

from training.errors import DataError

_LIKE_LATIN = str.maketrans(
    "авекмнорстухіјѕԛԝ" + "αβεηικμνορτυχζ",
    "abekmhopctyxijsqw" + "abehikmnoptyxz",
)
"""Small Cyrillic and Greek letters whose capitals or small forms look like Latin ones."""


def composed(name: str) -> str:
    """Return a name in Unicode's composed form, in which macOS' names and others' agree."""
    return unicodedata.normalize("NFC", name)


def looks(name: str) -> str:
    """Return what is the same for names that look alike: case, spaces, spelling, alphabets."""
    letters = "".join(_plain(letter) for letter in composed(name))
    visible = "".join(c for c in letters if unicodedata.category(c) not in ("Cf", "Cc"))
    words = visible.replace("_", " ").casefold().split()
    return unicodedata.normalize("NFC", " ".join(words)).translate(_LIKE_LATIN)


def _plain(letter: str) -> str:
    """Return a letter of another width, or a space of another kind, as the usual one."""
    kind = unicodedata.decomposition(letter).partition(" ")[0]
    usual = kind in ("<wide>", "<narrow>", "<noBreak>")
    return unicodedata.normalize("NFKC", letter) if usual else letter


def check_alike(names: Iterable[str], where: str, meant: Iterable[str] = ()) -> None:
    """Make sure that no two classes look alike.

    Args:
        where: Where they are, for the message.
        meant: Names that the person gave one by one (`--classes`).

    Raises:
        DataError: Two do; the message says how they differ.
    """
    seen: dict[str, str] = {}
    asked = set(meant)
    for name in sorted(names):
        other = seen.setdefault(looks(name), name)
        if other != name and not {name, other} <= asked:
            raise DataError(
                f"{where} holds “{other}” and “{name}”, which look alike: {_how(other, name)}.",
                "If they are one class, put their images under one name; if they are "
                "two, rename one, or list all classes: --classes A,B,…",
            )


def _how(first: str, second: str) -> str:
    """Say how two names that look alike differ."""
    if composed(first) == composed(second):
        return "they are two Unicode spellings (NFC and NFD) of one name"
    if first.casefold() == second.casefold():
        return "they differ in upper and lower case"
    if "".join(first.replace("_", " ").split()) == "".join(second.replace("_", " ").split()):
        return "they differ in spaces or underscores"
    odd = sorted({c for c in set(first) ^ set(second) if ord(c) > 127})
    shown = ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, 'without a name')}" for c in odd[:3])
    return f"they differ in {shown or 'invisible characters'}"
