"""Hold what a figure paints on a page against the figure that the records give."""

import math
from collections.abc import Sequence

from report.audit.compare_svg import same_pixels
from report.audit.drawings import Painted, Point

ROUNDING = 0.1
"""Points by which a figure on a page may differ from its drawing."""

LETTER = 1.2
"""Most sizes of lettering that one letter is wide."""


def difference(page: Sequence[Painted], expected: Sequence[Painted]) -> str:
    """Say in what a figure on a page differs from its drawing; nothing where it doesn't.

    The page may show it in another place and at another size.
    """
    if [p.kind for p in page] != [p.kind for p in expected]:
        return f"it has {_counted(page)}; the records give {_counted(expected)}"
    if not expected:
        return ""
    scale, shift = _fit(page, expected)
    if scale <= 0:
        return "it is drawn with other points"
    for ours, theirs in zip(page, expected, strict=True):
        if problem := _differs(ours, theirs, scale, shift):
            return problem
    return ""


def _counted(painted: Sequence[Painted]) -> str:
    kinds = [p.kind for p in painted]
    n_paths, n_texts, n_pictures = (kinds.count(kind) for kind in ("path", "text", "picture"))
    return f"{n_paths} paths, {n_texts} labels and {n_pictures} pictures"


def _fit(page: Sequence[Painted], expected: Sequence[Painted]) -> tuple[float, Point]:
    """Return the scale and the shift that take the drawing to its place on the page."""
    ours = [point for p in page if p.kind != "text" for point in p.points]
    theirs = [point for p in expected if p.kind != "text" for point in p.points]
    if len(ours) != len(theirs) or not ours:
        return 0.0, (0.0, 0.0)
    i, j = max(_widest(theirs, 0), _widest(theirs, 1), key=lambda pair: _apart(theirs, *pair))
    apart = _apart(theirs, i, j)
    scale = _apart(ours, i, j) / apart if apart else 1.0
    return scale, (ours[i][0] - scale * theirs[i][0], ours[i][1] - scale * theirs[i][1])


def _widest(points: Sequence[Point], axis: int) -> tuple[int, int]:
    order = sorted(range(len(points)), key=lambda i: points[i][axis])
    return order[0], order[-1]


def _apart(points: Sequence[Point], i: int, j: int) -> float:
    return math.dist(points[i], points[j])


def _differs(ours: Painted, theirs: Painted, scale: float, shift: Point) -> str:
    if ours.kind == "text":
        return _lettering(ours, theirs, scale, shift)
    if ours.kind == "picture":
        same = same_pixels(ours.picture, theirs.picture)
        return "" if same and _near(ours, theirs, scale, shift) else "it shows another picture"
    plain = theirs.fill == "pattern" and not ours.fill  # a pattern of nothing but lines
    if ours.stroke != theirs.stroke or (ours.fill != theirs.fill and not plain):
        return f"a path has the colours {_look(ours)}; the records give {_look(theirs)}"
    if not _near(ours, theirs, scale, shift):
        return "a path is drawn elsewhere than the records give"
    return ""


def _look(painted: Painted) -> str:
    return f"{painted.fill or 'none'} and {painted.stroke or 'none'}"


def _near(ours: Painted, theirs: Painted, scale: float, shift: Point) -> bool:
    return len(ours.points) == len(theirs.points) and all(
        math.dist(p, (scale * x + shift[0], scale * y + shift[1])) <= ROUNDING * max(scale, 1)
        for p, (x, y) in zip(ours.points, theirs.points, strict=True)
    )


def _lettering(ours: Painted, theirs: Painted, scale: float, shift: Point) -> str:
    if "".join(ours.text.split()) != "".join(theirs.text.split()):  # spaces may be left out
        return f"it says “{ours.text[:60]}”; the records give “{theirs.text[:60]}”"
    (x, y), (u, v) = theirs.points[0], ours.points[0]
    away = u - scale * x - shift[0], v - scale * y - shift[1]
    size = math.hypot(*theirs.direction) or 1.0
    unit = theirs.direction[0] / size, theirs.direction[1] / size
    along = away[0] * unit[0] + away[1] * unit[1]
    across = away[1] * unit[0] - away[0] * unit[1]
    width = LETTER * size * scale * len(ours.text)
    least = {"start": 0.0, "middle": -width / 2, "end": -width}.get(theirs.anchor, -width)
    slack = ROUNDING * max(scale, 1) * 5
    if abs(across) > slack or not least - slack <= along <= slack:
        return f"“{ours.text[:60]}” stands elsewhere than the records give"
    return ""
