"""Make a figure's SVG say the same with fewer elements, for WeasyPrint, which pays for each."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
AXIS = "matplotlib.axis_"
"""How the ids of the groups begin that hold an axis' grid lines, ticks and their labels."""

_LINES = re.compile(r"[ML\d.\s-]*")
_POINT = re.compile(r"([ML])\s+(\S+)\s+(\S+)")


def slim(svg: str) -> str:
    """Return the same drawing: an axis' grid lines as one path, its ticks as one, no idle groups.

    Args:
        svg: As matplotlib writes it, with attributes in the place of styles.
    """
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    root = ElementTree.fromstring(svg)
    targets = {f"#{element.get('id')}": element for element in root.iter(_tag("path"))}
    for group in root.iter(_tag("g")):
        if group.get("id", "").startswith(AXIS):
            _join(group, targets)
    _dissolve(root)
    return ElementTree.tostring(root, encoding="unicode")


def _tag(name: str) -> str:
    return f"{{{SVG}}}{name}"


def _join(axis: ElementTree.Element, targets: dict[str, ElementTree.Element]) -> None:
    """Draw what looks alike on an axis by one path in the place of the first."""
    first: dict[tuple[tuple[str, str], ...], ElementTree.Element] = {}
    for parent in list(axis.iter()):
        if parent.tag == _tag("defs"):
            continue
        for child in list(parent):
            lines = _lines(child, targets)
            if lines is None:
                continue
            look = tuple(sorted(item for item in lines.items() if item[0] != "d"))
            if look in first:
                parent.remove(child)
                first[look].set("d", f"{first[look].get('d')} {lines.get('d')}")
            else:
                parent[list(parent).index(child)] = first[look] = lines


def _lines(
    element: ElementTree.Element, targets: dict[str, ElementTree.Element]
) -> ElementTree.Element | None:
    """Return straight lines as a path of their own, whether drawn or used; else nothing."""
    if element.tag == _tag("path"):
        drawn, attributes, x, y = element, dict(element.attrib), 0.0, 0.0
    elif element.tag == _tag("use"):
        drawn = targets[element.get(f"{{{XLINK}}}href", "")]
        attributes = {**element.attrib, **drawn.attrib}
        x, y = float(attributes.pop("x", "0")), float(attributes.pop("y", "0"))
        del attributes["id"], attributes[f"{{{XLINK}}}href"]
    else:
        return None
    if not _LINES.fullmatch(drawn.get("d", "")):
        return None
    attributes["d"] = " ".join(_moved(drawn.get("d", ""), x, y))
    return ElementTree.Element(_tag("path"), attributes)


def _moved(lines: str, x: float, y: float) -> Iterator[str]:
    for command, px, py in _POINT.findall(lines):
        yield f"{command} {_number(float(px) + x)} {_number(float(py) + y)}"


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _dissolve(element: ElementTree.Element) -> None:
    """Put the content of groups that only have a name in their place; drop what shows nothing."""
    kept: list[ElementTree.Element] = []
    for child in element:
        _dissolve(child)
        if child.tag == _tag("g") and child.attrib.keys() <= {"id"}:
            kept += child
        elif not _invisible(child, element):
            kept.append(child)
    element[:] = kept


def _invisible(element: ElementTree.Element, parent: ElementTree.Element) -> bool:
    if element.tag != _tag("path") or parent.tag in (_tag("clipPath"), _tag("defs")):
        return False
    return element.get("fill") == "none" and element.get("stroke", "none") == "none"
