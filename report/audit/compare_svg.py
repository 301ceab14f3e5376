"""Tell whether two figures show the same: within rounding, or by the data that they draw."""

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

from report.audit.drawings import XLINK, path_points

Outcome = Literal["same", "other", "unknown"]
"""`unknown`: they are drawn by different versions, and their data can't be told apart."""

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

ROUNDING = 0.02
"""Points by which two drawings of one figure may differ: other processors round otherwise."""

DATA_ROUNDING = 0.004
"""Share of an axis by which a point may differ where another version drew it."""

LEVELS = 3
"""Of 255, by which the pixels of two pictures of one figure may differ."""


def first_difference(a: str, b: str) -> str:
    """Say in what two SVG texts differ beyond rounding; nothing where they are one drawing."""
    if a == b:
        return ""
    first, second = _parsed(a), _parsed(b)
    if first is None or second is None:
        return "it can’t be read"
    ours, theirs = list(_elements(first)), list(_elements(second))
    for x, y in zip(ours, theirs, strict=False):
        if difference := _element_difference(x, y):
            return difference
    if len(ours) != len(theirs):
        return f"it has {len(ours)} elements, the records give {len(theirs)}"
    return ""


def compare_data(a: str, b: str) -> Outcome:
    """Compare the data that two drawings by different versions show, axes by axes."""
    first, second = _parsed(a), _parsed(b)
    if first is None or second is None:
        return "other"
    try:
        ours, theirs = _axes(first), _axes(second)
    except (KeyError, ValueError, IndexError):
        return "unknown"
    if not theirs or len(ours) != len(theirs):
        return "unknown"
    pairs: list[tuple[_Shape, _Shape]] = []
    for x, y in zip(ours, theirs, strict=True):
        if [(p.kind, len(p.points)) for p in x] != [(q.kind, len(q.points)) for q in y]:
            return "unknown"
        pairs += zip(x, y, strict=True)
    if not all(_same_points(x, y) for x, y in pairs):
        return "other"
    # a picture inside is drawn to the screen's points, which versions do differently
    return "same" if all(same_pixels(x.picture, y.picture) for x, y in pairs) else "unknown"


def _parsed(svg: str) -> ElementTree.Element | None:
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        return None
    try:
        return ElementTree.fromstring(svg)
    except ElementTree.ParseError:
        return None


@dataclass(frozen=True)
class _Element:
    tag: str
    name: str
    attributes: dict[str, str]
    text: str


def _elements(root: ElementTree.Element) -> Iterator[_Element]:
    """Yield every element; ids are numbered in the order in which they appear."""
    ids = {element.get("id"): f"#{n}" for n, element in enumerate(root.iter())}
    for element in root.iter():
        attributes = {name: _renamed(value, ids) for name, value in element.attrib.items()}
        attributes.pop("id", None)
        text = f"{(element.text or '').strip()}|{(element.tail or '').strip()}"
        name = element.get("id", "")
        yield _Element(element.tag, name, attributes, text)


def _renamed(value: str, ids: dict[str | None, str]) -> str:
    """Replace a reference to an element by the element's number."""
    if value.startswith("#") and value[1:] in ids:
        return ids[value[1:]]
    found = re.fullmatch(r"url\(#([^)]*)\)", value)
    return ids.get(found[1], value) if found else value


def _element_difference(a: _Element, b: _Element) -> str:
    tag = b.tag.rpartition("}")[2]
    if a.tag != b.tag or a.attributes.keys() != b.attributes.keys():
        return f"it is drawn with other elements, first in the place of {tag} {b.name}".rstrip()
    if a.text != b.text:
        return f"it says “{a.text.strip('|')[:40]}”, the records give “{b.text.strip('|')[:40]}”"
    for name, value in a.attributes.items():
        if not _same_value(value, b.attributes[name]):
            shown, expected = _around_first(value, b.attributes[name])
            return f"{tag} is drawn with “{shown}”, the records give “{expected}”"
    return ""


def _around_first(a: str, b: str) -> tuple[str, str]:
    """Cut two texts to a few characters where they begin to differ."""
    same = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
    start = max(0, same - 10)
    return a[start : start + 30], b[start : start + 30]


def _same_value(a: str, b: str) -> bool:
    if a == b:
        return True
    if a.startswith("data:image/png;base64,") and b.startswith("data:image/png;base64,"):
        return same_pixels(_decoded(a), _decoded(b))
    if NUMBER.sub("#", a) != NUMBER.sub("#", b):
        return False
    pairs = zip(NUMBER.findall(a), NUMBER.findall(b), strict=True)
    return all(x == y or abs(float(x) - float(y)) <= ROUNDING for x, y in pairs)


def _decoded(uri: str) -> bytes:
    try:
        return base64.b64decode(uri.partition(",")[2], validate=False)
    except ValueError:
        return b""


def same_pixels(a: bytes, b: bytes) -> bool:
    """Tell whether two image files hold the same picture but for rounding."""
    if a == b:
        return True
    from PIL import Image, ImageChops

    try:
        first, second = (Image.open(io.BytesIO(content)).convert("RGBA") for content in (a, b))
    except Exception:  # on damaged files Pillow raises whatever it meets
        return False
    if first.size != second.size:
        return False
    extrema = ImageChops.difference(first, second).getextrema()
    return all(int(high) <= LEVELS for _, high in extrema)  # type: ignore[misc]


@dataclass(frozen=True)
class _Shape:
    """What an axes shows of its data, its points as shares of the axes' frame.

    Attributes:
        kind: Which artist drew it, without its number.
    """

    kind: str
    points: tuple[float, ...]
    picture: bytes = b""


def _same_points(a: _Shape, b: _Shape) -> bool:
    return all(abs(x - y) <= DATA_ROUNDING for x, y in zip(a.points, b.points, strict=True))


def _axes(root: ElementTree.Element) -> list[list[_Shape]]:
    return [
        list(_shapes(group)) for group in root.iter() if (group.get("id") or "").startswith("axes_")
    ]


def _shapes(axes: ElementTree.Element) -> Iterator[_Shape]:
    """Yield what lies inside an axes' frame; ticks, labels and the legend are left out.

    Raises:
        ValueError: The axes has no frame.
    """
    frame = next((g for g in axes if (g.get("id") or "").startswith("patch_")), None)
    if frame is None:
        raise ValueError("no frame")
    corners = [point for path in frame for point in path_points(path.get("d", ""))]
    left, right = (pick(x for x, _ in corners) for pick in (min, max))
    top, bottom = (pick(y for _, y in corners) for pick in (min, max))
    if right <= left or bottom <= top:
        raise ValueError("an empty frame")
    for group in axes:
        kind = re.sub(r"_\d+$", "", group.get("id") or "")
        if group is not frame and kind not in BESIDE_DATA:
            found, picture = _points(group)
            shares = (
                share
                for x, y in found
                for share in ((x - left) / (right - left), (y - top) / (bottom - top))
            )
            yield _Shape(kind, tuple(shares), picture)


BESIDE_DATA = frozenset(("matplotlib.axis", "text", "legend"))
"""Kinds of groups that show no data."""


def _points(element: ElementTree.Element) -> tuple[list[tuple[float, float]], bytes]:
    """Return the points of what a group draws, and the picture in it."""
    points: list[tuple[float, float]] = []
    picture = b""
    for child in element:
        tag = child.tag.rpartition("}")[2]
        if tag == "path":
            points += path_points(child.get("d", ""))
        elif tag == "use":
            points.append((float(child.get("x", "0")), float(child.get("y", "0"))))
        elif tag == "image":
            picture = _decoded(child.get(XLINK, ""))
        elif tag == "g":
            inner, found = _points(child)
            points, picture = points + inner, found or picture
    return points, picture
