"""Class names of any length, number and script: side by side, whole or with an ellipsis."""

import itertools
import random

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from report.figures.classes import MOST_BARS
from report.figures.confusion import SCALE_HEIGHT, draw_matrix
from report.figures.data_figures import draw_counts
from report.figures.labels import LONGEST, WIDEST, labels_of
from report.figures.style import WIDTH, style
from training.records import ClassCounts

KINDS = {
    "words": "great white shark, man-eater, Carcharodon",
    "no spaces": "antidisestablishmentarianismkitchenettehummingbird",
    "wide": "W" * 60,
    "Japanese": "とても長い名前のクラスでありまして図に入らないもの",
    "Arabic": "كلب كبير جدا وله اسم طويل للغاية لا يسعه الشكل",
    "lines": "two\nlines " * 9,
}


def names_of(n):
    """Return names of every kind in turn, and numbers."""
    kinds = itertools.cycle([*KINDS.values(), ""])
    return [f"{name} {i}".strip() for i, name in zip(range(n), kinds, strict=False)]


def extents(figure, texts):
    """Return the boxes around texts as they are drawn, in pixels: x0, y0, x1, y1."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    return [text.get_window_extent(renderer).extents for text in texts if text.get_text()]


def lies_within(boxes, figure):
    width, height = figure.bbox.extents[2:]
    return all(x0 >= -1 and y0 >= -1 and x1 <= width + 1 and y1 <= height + 1
               for x0, y0, x1, y1 in boxes)  # fmt: skip


def overlap(one, other):
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > 0 and down > 0


@pytest.mark.parametrize("n", [6, MOST_BARS])
def test_names_beside_the_bars_keep_clear_of_each_other(n):
    counts = ClassCounts(*([random.Random(n).randint(1, 999) for _ in range(n)] for _ in range(3)))
    with style():
        figure = Figure(figsize=(WIDTH, 1.1 + 0.24 * n), layout="constrained")
        draw_counts(figure, names_of(n), counts)
        texts = [text for ax in figure.axes for text in (*ax.get_yticklabels(), *ax.texts)]
        boxes = extents(figure, texts)
        bars = [ax.get_window_extent().width for ax in figure.axes]
    assert len(boxes) == 2 * n
    assert lies_within(boxes, figure)
    assert not [pair for pair in itertools.combinations(boxes, 2) if overlap(*pair)]
    assert min(bars) > 0.3 * figure.bbox.width / len(bars)


@pytest.mark.parametrize("n", [MOST_BARS + 1, 101, 1000])
def test_of_many_classes_both_ends_are_named_beside_the_columns(n):
    counts = ClassCounts(*([max(1, 40 - i) for i in range(n)] for _ in range(3)))
    names = names_of(n)
    with style():
        figure = Figure(figsize=(WIDTH, 2.8), layout="constrained")
        draw_counts(figure, names, counts)
        (ax,) = figure.axes
        boxes = extents(figure, ax.texts)
    largest, smallest = (text.get_text().split("\n") for text in ax.texts)
    assert [line.rpartition(" ")[2] for line in largest[1:]] == ["120", "117", "114"]
    assert smallest[0] == "smallest:"
    assert lies_within(boxes, figure)
    assert not overlap(*boxes)


@pytest.mark.parametrize("n", [2, 12, 40, 160])
def test_names_beside_the_matrix_keep_clear_of_each_other(n):
    rng = np.random.default_rng(n)
    label = np.repeat(np.arange(n), 4)
    predicted = np.where(rng.random(len(label)) < 0.5, label, rng.integers(0, n, len(label)))
    with style():
        figure = Figure(figsize=(WIDTH, WIDTH + SCALE_HEIGHT), layout="constrained")
        draw_matrix(figure, label.tolist(), predicted.tolist(), names_of(n))
        matrix = figure.axes[0]
        columns = extents(figure, matrix.get_xticklabels())
        rows = extents(figure, matrix.get_yticklabels())
        side = matrix.get_window_extent().width
        font = matrix.get_yticklabels()[0].get_fontsize() * figure.dpi / 72
    assert lies_within([*columns, *rows], figure)
    assert side > 0.35 * figure.bbox.width
    for boxes, axis in ((columns, 0), (rows, 1)):
        middles = sorted((box[axis] + box[axis + 2]) / 2 for box in boxes)
        assert all(b - a > 0.95 * font for a, b in itertools.pairwise(middles))


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_is_cut_in_its_middle_alone_and_with_an_ellipsis(kind):
    name = " ".join(KINDS[kind].split())
    with style():
        for widest in (WIDEST, 5.0):
            (label,) = labels_of([KINDS[kind]], widest)
            start, mark, end = label.partition("…")
            assert mark
            assert name.startswith(start)
            assert name.endswith(end)
            assert 3 <= len(label) <= LONGEST


@pytest.mark.parametrize("letter", ["e\u0301\u0300", "\U0001f469\u200d\U0001f467"], ids=ascii)
def test_a_letter_keeps_its_marks_where_a_name_is_cut(letter):
    with style():
        (label,) = labels_of([letter * 40])
    start, _, end = label.partition("…")
    assert start == letter * start.count(letter)
    assert end == letter * end.count(letter)
    assert start
    assert end


def ink(text):
    """Return where a text leaves ink, without the margins: (height, width)."""
    with style():
        figure = Figure(figsize=(3, 1), dpi=100)
        canvas = FigureCanvasAgg(figure)
        figure.text(0.1, 0.4, text, fontsize=40, family="DejaVu Sans")
        canvas.draw()
    dark = np.asarray(canvas.buffer_rgba())[..., 3] > 128
    return dark[:, dark.any(0).argmax() : dark.shape[1] - dark.any(0)[::-1].argmax()]


def test_right_to_left_names_run_from_right_to_left():
    """Arabic and Hebrew begin on the right, and Arabic letters join."""
    first, both = ink("ש"), ink("שת")
    width = first.shape[1] - 2
    assert (both[:, -width:] == first[:, -width:]).mean() > 0.98
    assert (both[:, :width] == first[:, :width]).mean() < 0.98
    assert ink("بب").shape[1] < 1.9 * ink("ب").shape[1]
