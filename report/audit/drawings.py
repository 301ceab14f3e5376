"""What a figure paints: paths, lettering and pictures, in the order in which they are painted."""

import base64
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree

Matrix = tuple[float, float, float, float, float, float]
"""`x' = a x + c y + e`, `y' = b x + d y + f`."""

Point = tuple[float, float]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
XLINK = "{http://www.w3.org/1999/xlink}href"
UNPAINTED = frozenset(("defs", "clipPath", "pattern", "style", "metadata"))
COMMAND = re.compile(r"([MLCQZz])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
TRANSFORM = re.compile(r"(matrix|translate|scale|rotate)\(([^)]*)\)")


@dataclass(frozen=True)
class Painted:
    """One thing that is painted.

    Attributes:
        points: Of a path all points that steer it, its corners and control points; of lettering
            where it begins; of a picture its corners.
        fill: Colour as `#rrggbb`, `pattern`, or empty; likewise `stroke`.
        text: What lettering says.
        direction: Of lettering, a vector of the length of a letter's size.
        anchor: Of lettering, which part of it stands at its point.
        picture: Content of an image file.
    """

    kind: Literal["path", "text", "picture"]
    points: tuple[Point, ...]
    fill: str = ""
    stroke: str = ""
    text: str = ""
    direction: Point = (1.0, 0.0)
    anchor: str = "start"
    picture: bytes = b""


def times(a: Matrix, b: Matrix) -> Matrix:
    """Return the transformation that does `a` first and then `b`."""
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    )


def moved(point: Point, matrix: Matrix) -> Point:
    x, y = point
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def svg_paints(svg: str) -> list[Painted]:
    """Return what an SVG with lettering as text paints.

    Raises:
        ValueError: It can't be read.
    """
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        raise ValueError("it declares entities")
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error
    named = {element.get("id", ""): element for element in root.iter()}
    return list(_paints(root, IDENTITY, {}, named))


def _paints(
    element: ElementTree.Element,
    matrix: Matrix,
    inherited: Mapping[str, str],
    named: Mapping[str, ElementTree.Element],
) -> Iterator[Painted]:
    tag = element.tag.rpartition("}")[2]
    if tag in UNPAINTED:
        return
    style = {**inherited, **element.attrib, **_style(element)}
    matrix = times(_transform(element.get("transform", "")), matrix)
    if tag == "use":
        target = named.get(element.get(XLINK, "").removeprefix("#"))
        if target is not None:
            x, y = float(element.get("x", "0")), float(element.get("y", "0"))
            passed = {name: value for name, value in style.items() if name in PASSED}
            yield from _paints(target, times((1, 0, 0, 1, x, y), matrix), passed, named)
    elif tag == "path":
        yield from _path(element.get("d", ""), matrix, style)
    elif tag == "text":
        yield _text(element, matrix, style)
    elif tag == "image":
        yield _image(element, matrix)
    passed = {name: value for name, value in style.items() if name in PASSED}
    for child in element:
        yield from _paints(child, matrix, passed, named)


PASSED = frozenset(("fill", "stroke", "font-size", "text-anchor"))
"""Attributes that elements inherit."""


def _style(element: ElementTree.Element) -> dict[str, str]:
    items = (item.partition(":") for item in element.get("style", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in items if value}


def _transform(text: str) -> Matrix:
    matrix = IDENTITY
    for name, arguments in TRANSFORM.findall(text):
        n = [float(number) for number in re.split(r"[\s,]+", arguments.strip())]
        if name == "matrix":
            step: Matrix = (n[0], n[1], n[2], n[3], n[4], n[5])
        elif name == "translate":
            step = (1, 0, 0, 1, n[0], n[1] if len(n) > 1 else 0)
        elif name == "scale":
            step = (n[0], 0, 0, n[1] if len(n) > 1 else n[0], 0, 0)
        else:
            step = _rotation(*n)
        matrix = times(step, matrix)
    return matrix


def _rotation(degrees: float, x: float = 0.0, y: float = 0.0) -> Matrix:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turned = times((1, 0, 0, 1, -x, -y), (cos, sin, -sin, cos, 0, 0))
    return times(turned, (1, 0, 0, 1, x, y))


def _path(d: str, matrix: Matrix, style: Mapping[str, str]) -> Iterator[Painted]:
    fill, stroke = _colour(style.get("fill", "#000000")), _colour(style.get("stroke", "none"))
    points = path_points(d)
    if len(points) > 1 and (fill or stroke):  # one point paints nothing
        yield Painted("path", tuple(moved(point, matrix) for point in points), fill, stroke)


def _colour(text: str) -> str:
    if text.startswith("url("):
        return "pattern"
    return "" if text in ("none", "") else text.lower()


def path_points(d: str) -> list[Point]:
    """Return the points that steer a path of absolute commands; quadratic curves made cubic."""
    points: list[Point] = []
    numbers: list[float] = []
    command, began = "", False
    for letter, number in COMMAND.findall(d):
        if letter:
            command, numbers = letter, []
            continue
        numbers.append(float(number))
        if command in ("M", "L") and len(numbers) == 2:
            if command == "M" and began:
                points.pop()  # moved twice: the first leaves no trace
            began = command == "M"
            points.append((numbers[0], numbers[1]))
        elif command == "C" and len(numbers) == 6:
            points += zip(numbers[::2], numbers[1::2], strict=True)
            began = False
        elif command == "Q" and len(numbers) == 4:
            (x, y), (u, v), end = points[-1], numbers[:2], (numbers[2], numbers[3])
            points.append((x + 2 / 3 * (u - x), y + 2 / 3 * (v - y)))
            points.append((end[0] + 2 / 3 * (u - end[0]), end[1] + 2 / 3 * (v - end[1])))
            points.append(end)
            began = False
        else:
            continue
        numbers = []
    return points


def _text(element: ElementTree.Element, matrix: Matrix, style: Mapping[str, str]) -> Painted:
    x, y = float(element.get("x", "0")), float(element.get("y", "0"))
    size = float(re.sub(r"[^\d.]", "", style.get("font-size", "10")))
    begin, end = moved((x, y), matrix), moved((x + size, y), matrix)
    return Painted(
        "text",
        (begin,),
        text=" ".join("".join(element.itertext()).split()),
        direction=(end[0] - begin[0], end[1] - begin[1]),
        anchor=style.get("text-anchor", "start"),
    )


def _image(element: ElementTree.Element, matrix: Matrix) -> Painted:
    x, y, width, height = (float(element.get(name, "0")) for name in ("x", "y", "width", "height"))
    content = base64.b64decode(element.get(XLINK, "").partition(",")[2])
    corners = ((x, y + height), (x + width, y))  # from where a PDF counts
    return Painted("picture", tuple(moved(c, matrix) for c in corners), picture=content)
