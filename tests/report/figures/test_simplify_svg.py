"""A figure made slim for pages shows the same lines and words as before."""

import re
from xml.etree import ElementTree

import pytest

from report.figures import save
from report.figures.simplify_svg import SVG, XLINK, slim


def drawn():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3))
    for axes in figure.subplots(1, 2):
        axes.plot([1, 2, 3, 4], [0.1, 0.7, 0.4, 0.9], marker="o")
        axes.grid(visible=True)
        axes.set_xlabel("epoch")
    figure.draw_without_rendering()
    return figure


@pytest.fixture
def fat(monkeypatch):
    monkeypatch.setattr(save, "slim", lambda svg: svg)
    return save.to_svg(drawn(), "text")


def inherited(root):
    """Yield every element outside definitions with what it inherits."""
    stack = [(root, {})]
    while stack:
        element, above = stack.pop()
        name = element.tag.rpartition("}")[2]
        if name in ("defs", "clipPath"):
            continue
        own = {k: v for k, v in element.attrib.items() if k not in ("id", "d", "x", "y")}
        yield name, element, above | own
        stack += [(child, above | own) for child in element]


def lines(svg):
    """Return every straight line that is seen, with how it looks."""
    root = ElementTree.fromstring(svg)
    targets = {f"#{e.get('id')}": e for e in root.iter(f"{{{SVG}}}path")}
    found = []
    for name, element, look in inherited(root):
        x = y = 0.0
        path = element
        if name == "use":
            path = targets[look.pop(f"{{{XLINK}}}href")]
            x, y = float(element.get("x", 0)), float(element.get("y", 0))
            look = look | {k: v for k, v in path.attrib.items() if k not in ("id", "d")}
        elif name != "path":
            continue
        if look.get("stroke", "none") == "none" and look.get("fill") == "none":
            continue
        for part in re.findall(r"M[^M]*", path.get("d")):
            numbers = re.findall(r"-?[\d.]+", part)
            points = [float(n) + (x, y)[i % 2] for i, n in enumerate(numbers)]
            found.append(([round(p, 4) for p in points], sorted(look.items())))
    return sorted(found)


def words(svg):
    root = ElementTree.fromstring(svg)
    return sorted((e.text, e.get("x"), e.get("y")) for e in root.iter(f"{{{SVG}}}text"))


def elements(svg):
    return sum(1 for _ in ElementTree.fromstring(svg).iter())


def test_a_slim_figure_shows_the_same(fat):
    assert lines(slim(fat)) == lines(fat)
    assert words(slim(fat)) == words(fat)
    assert len(lines(fat)) > 20


def test_a_slim_figure_has_fewer_elements(fat):
    assert elements(slim(fat)) < 0.6 * elements(fat)


def test_only_pages_get_slim_figures(monkeypatch):
    def refuse(svg):
        raise AssertionError

    monkeypatch.setattr(save, "slim", refuse)
    assert save.to_svg(drawn(), "outlines")
    with pytest.raises(AssertionError):
        save.to_svg(drawn(), "text")
