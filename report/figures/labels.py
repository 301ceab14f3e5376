"""Names of classes beside an axis: in any script, on one line, as wide as there is room."""

import unicodedata
from collections.abc import Sequence

from report.figures.style import FONTS
from training.fonts import families, unusual

LONGEST = 32
"""Letters of a name that a figure has room for; a Chinese one takes the room of two."""

WIDEST = 18.0
"""Room for a name in ems, the size of its type: 32 ordinary letters take less."""


def fonts_for(names: Sequence[str]) -> list[str]:
    """Return the families to write names with: more than the report's own for other scripts."""
    letters = unusual(names)
    return [*FONTS, *(families(letters) if letters else ())]


def labels_of(names: Sequence[str], widest: float = WIDEST) -> list[str]:
    """Return names as they stand beside an axis: on one line, the middle left out of long ones.

    Full names stand in the tables beside the figures.

    Args:
        widest: Room for each, in ems.
    """
    fonts = fonts_for(names)
    return [_label(name, fonts, widest) for name in names]


def short(name: str) -> str:
    """Return a name for a description: on one line, without marks of file names, not long."""
    return _shortened(_clusters(" ".join(name.replace("_", " ").split())), LONGEST)


def _label(name: str, fonts: list[str], widest: float) -> str:
    clusters = _clusters(" ".join(name.split()))
    label = "".join(clusters)
    longest = min(sum(map(_columns, clusters)), LONGEST)
    if longest == LONGEST:
        label = _shortened(clusters, LONGEST)
    while longest > 3 and _ems(label, fonts) > widest:
        longest -= 1
        label = _shortened(clusters, longest)
    return label


def _shortened(clusters: Sequence[str], longest: int) -> str:
    """Leave the middle out of what is longer."""
    if sum(map(_columns, clusters)) <= longest:
        return "".join(clusters)
    half = longest // 2
    end = _within(clusters[::-1], longest - 1 - half)
    return f"{''.join(_within(clusters, half))}…{''.join(end[::-1])}"


def _within(clusters: Sequence[str], room: int) -> list[str]:
    """Return as many of the first letters as there is room for."""
    kept: list[str] = []
    for cluster in clusters:
        room -= _columns(cluster)
        if room < 0:
            break
        kept.append(cluster)
    return kept


def _clusters(text: str) -> list[str]:
    """Divide a text into letters, each with the marks that belong to it."""
    found: list[str] = []
    for letter in text:
        if found and (unicodedata.category(letter)[0] == "M" or _joins(letter, found[-1])):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def _joins(letter: str, before: str) -> bool:
    return "\u200d" in (letter, before[-1])


def _columns(cluster: str) -> int:
    return 2 if unicodedata.east_asian_width(cluster[0]) in "WF" else 1


def _ems(text: str, fonts: list[str]) -> float:
    """Measure a line of text, in sizes of its type."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    size = 10.0
    prop = FontProperties(family=fonts, size=size)
    width, _, _ = text_to_path.get_text_width_height_descent(text, prop, ismath=False)
    return float(width) / size
