"""The macros that every section is written with."""

import re

import pytest
from jinja2 import UndefinedError

from report.audit.read_html import read_pieces
from report.evidence.numbers import Number, Quantity, percent
from report.evidence.sentences import Code, Link, Name, parts, say
from report.figures.drawing import Drawing
from report.figures.views import Gallery, Gap, Picture, Plot
from report.tables.views import Column, FigureData, Row, Table
from report.writing.templating import _environment

IMPORTS = """
{% from "macros/prose.html" import prose, findings, notices, cite %}
{% from "macros/figures.html" import figure %}
{% from "macros/tables.html" import table %}
"""

ACCURACY = percent(Quantity(0.8912, "beyond/vgg16/seed-0/metrics.json#/test/accuracy"))


@pytest.fixture
def show():
    """Render a line of template with the macros at hand."""

    def run(template, paper=False, **names):
        environment = _environment(paper=paper)
        return environment.from_string(IMPORTS + template).render(**names).strip()

    return run


def test_a_number_carries_value_and_source(show):
    assert show("{{ prose(p) }}", p=parts(ACCURACY)) == (
        '<data value="0.8912" data-source="beyond/vgg16/seed-0/metrics.json#/test/accuracy">'
        "89.1\u202f%</data>"
    )


@pytest.mark.parametrize(
    ("text", "on_paper"),
    [
        ("89.1\u202f%", "89.1\u202f%"),
        ("<\u00a00.001", "&lt;\u00a00.001"),
        ("−3.1", "−3.1"),
        ("1 h 5 min", "<data>1 h 5 min</data>"),
        ("3\u20135", "<data>3\u20135</data>"),
        ("1e-5", "<data>1e-5</data>"),
    ],
)
def test_on_paper_only_a_number_that_could_break_is_an_element(show, text, on_paper):
    assert show("{{ prose(p) }}", paper=True, p=parts(Number(1.0, text, "a.json#"))) == on_paper


def test_on_paper_nothing_is_said_that_only_a_screen_shows(show):
    sentence = say(Name("VGG16"), " is right.")
    assert show("{{ findings([s]) }}", paper=True, s=sentence) == (
        '<p class="findings"><span class="finding">VGG16 is right.</span></p>'
    )
    columns = (Column("Model"), Column("Test", "%", "number"))
    table = Table("t", parts("C."), columns, ())
    assert 'data-unit="fraction"' in show("{{ table(t) }}", t=table)
    assert "data-" not in show("{{ table(t) }}", paper=True, t=table)
    figure = Drawing("report.figures.run_figures", "draw_curves", (), (7.0, 2.6))
    data = FigureData(columns, ())
    plot = Plot("curve", figure, "A", parts("C."), 672, 250, data=data)
    assert "<details" in show("{{ figure(f) }}", f=plot)
    assert "<details" not in show("{{ figure(f) }}", paper=True, f=plot)


def test_of_what_is_for_screens_only_paper_prints_the_caption(show):
    columns = (Column("Model"), Column("Test", "%", "number"))
    rows = (Row((parts("AlexNet"), parts("many"))),)
    table = Table("t", parts("Of tables."), columns, rows, notes=(parts("A note."),))
    drawing = Drawing("report.figures.run_figures", "draw_curves", (), (7.0, 2.6))
    plot = Plot("curve", drawing, "A", parts("Of plots."), 672, 250)
    pictures = Gallery("g", (Picture("data:,", "A", "anchor", 80, 80),), parts("Of pictures."))
    names = {"t": table, "f": plot, "g": pictures}
    template = "{{ table(t, screen_only=True) }}" + "".join(
        f"{{{{ figure({name}, screen_only=True) }}}}" for name in "fg"
    )
    on_screen, on_paper = (show(template, paper=paper, **names) for paper in (False, True))
    for page in (on_screen, on_paper):
        assert page.count(" screen-only") == 3
        assert "Of pictures." in page
        assert "Of tables." in page
        assert "Of plots." in page
    assert "AlexNet" in on_screen
    assert "<img" in on_screen
    assert not any(word in on_paper for word in ("AlexNet", "A note.", "<img", "anchor"))
    said = [
        "".join(piece.text for piece in read_pieces(f"<body>{page}</body>", paper=True))
        for page in (on_screen, on_paper)
    ]
    assert said[0].split() == said[1].split(), "the PDF's manifest is read from the screen's page"


def test_parts_follow_each_other_without_a_gap(show):
    sentence = parts("See ", Link("it", "figure-x"), ", ", Name("VGG16"), ": ", Code("a<b"), ".")
    assert show("{{ prose(p) }}", p=sentence) == (
        'See <a href="#figure-x">it</a>, <span class="name">VGG16</span>: <code>a&lt;b</code>.'
    )


def test_sentences_make_one_paragraph(show):
    shown = show("{{ findings(s) }}", s=[say("One."), say("Two.", strength="weak")])
    assert shown.count("<p") == 1
    assert "</span> <span" in shown
    assert 'data-strength="weak"' in shown


def test_nothing_to_say_prints_nothing(show):
    assert show("{{ findings([]) }}{{ notices([]) }}") == ""


def test_a_notice_is_marked_as_one(show):
    assert 'role="note"' in show("{{ notices(s) }}", s=[say("Beware.")])


def test_a_source_is_cited_by_authors_and_year(show):
    assert show('{{ cite("adam") }}') == (
        '<a class="cite" href="#ref-adam">Kingma and Ba, 2015</a>'
    )


def test_an_unknown_source_is_an_error(show):
    with pytest.raises(UndefinedError):
        show('{{ cite("nobody") }}')


def test_a_plot_has_size_caption_and_alternative(show):
    figure = Drawing("report.figures.run_figures", "draw_curves", (), (7.0, 2.6))
    plot = Plot("curve", figure, 'A "b"', parts("C."), 672, 250)
    shown = show("{{ figure(f) }}", f=plot)
    assert 'id="figure-curve"' in shown
    assert f'src="figure:{figure.key}"' in shown
    assert 'alt="A &#34;b&#34;" width="672" height="250"' in shown
    assert re.search(r"<figcaption[^>]*>C\.</figcaption>", shown)
    assert "<details" not in shown


def test_a_gallery_names_each_picture(show):
    pictures = (Picture("data:,", "A", "anchor", 80, 80), Picture("data:,", "B", "", 80, 80))
    shown = show("{{ figure(f) }}", f=Gallery("g", pictures, parts("C."), steps=True))
    assert re.findall(r'alt="([^"]*)"', shown) == ["A", "B"]
    assert 'class="pictures steps"' in shown


def test_a_gap_says_why(show):
    assert "No record yet." in show("{{ figure(f) }}", f=Gap("x", say("No record yet.")))


def test_a_table_heads_rows_and_columns_and_marks_the_best(show):
    columns = (Column("Model"), Column("Test", "%", "number"))
    rows = (Row((parts("a"), parts(ACCURACY)), best=True), Row((parts("b"), ()), total=True))
    shown = show("{{ table(t) }}", t=Table("t", parts("C."), columns, rows, (parts("Note."),)))
    assert shown.count('scope="col"') == 2
    assert shown.count('scope="row"') == 2
    assert shown.count('aria-label="chosen, or level with it"') == 1
    assert '<span class="unit">%</span>' in shown
    assert '<td class="number none" data-label="Test, %">–</td>' in shown
    assert '<p class="note">Note.</p>' in shown
