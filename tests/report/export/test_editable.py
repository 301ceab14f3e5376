"""`homework render --format docx` and `md`: what a copy has of the report, and what it says."""

import io
import json
import re
import sys
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from PIL import Image
from rendering import run_render

from report.evidence.load import load_study
from report.figures.comparison_figures import forest
from report.figures.drawing import draw_png
from report.sections import SECTIONS

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"


BLANK = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8ffff3f0005fe02fea7d6059b0000000049454e44ae426082"
)


def blank_png(_):
    """Save the time of drawing."""
    return BLANK


@pytest.fixture(scope="module")
def copies(finished_study, tmp_path_factory):
    """Write a study's report in both forms, its figures blank; return the folder."""
    pytest.importorskip("pypandoc", reason="needs the extra docx")
    output = tmp_path_factory.mktemp("copies")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(output / "cache"))
        patch.setattr("report.export.editable.draw_png", blank_png)
        for name in ("docx", "md"):
            done = run_render(finished_study, output, "--format", name)
            assert done.unexpected is None
            assert done.error is None
            assert str(output / f"report.{name}") in done.printed
    return output


@pytest.fixture(scope="module")
def word(copies):
    """Return the elements of the document's body in order."""
    with ZipFile(copies / "report.docx") as file:
        return list(ElementTree.fromstring(file.read("word/document.xml"))[0])


@pytest.fixture(scope="module")
def markdown(copies):
    return (copies / "report.md").read_text(encoding="utf-8")


def style_of(paragraph):
    found = paragraph.find(f"{W}pPr/{W}pStyle")
    return "" if found is None else found.get(f"{W}val")


def text_of(element):
    return "".join(part.text or "" for part in element.iter(f"{W}t"))


def texts(word, style):
    return [text_of(part) for part in word if style_of(part) == style]


def titles():
    return [entry.title for entry in SECTIONS.values()]


def test_a_copy_says_first_that_it_is_unverified_and_what_verifies_the_original(word, markdown):
    assert [style_of(part) for part in word[:2]] == ["Title", "BlockText"]
    for text in (text_of(word[1]), markdown.partition("\n")[0]):
        assert "unverified copy" in text
        assert "homework verify --study quick" in text


def test_headings_of_a_word_file_are_headings(word, markdown):
    assert texts(word, "Heading1") == titles()
    assert len(texts(word, "Heading2")) == markdown.count("\n### ")


def test_markdown_has_the_sections_below_the_title(markdown):
    assert re.findall(r"^## (.*)$", markdown, re.MULTILINE) == titles()
    assert len(re.findall(r"^# ", markdown, re.MULTILINE)) == 1


def test_captions_are_numbered_one_after_the_other(word, markdown):
    captions = [text for part in word if (text := text_of(part)).startswith(("Figure ", "Table "))]
    for kind in ("Figure", "Table"):
        numbers = [int(m[1]) for text in captions if (m := re.match(rf"{kind} (\d+)\.", text))]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) > 5
        assert re.findall(rf"^\*\*{kind} (\d+)\.\*\*", markdown, re.MULTILINE) == [
            str(number) for number in numbers
        ]


def test_every_figure_is_a_picture_with_its_alternative_text(copies, word, markdown):
    described = [part.get("descr") for element in word for part in element.iter(f"{DRAWING}docPr")]
    shown = re.findall(r"!\[(.*?)\]\((report-pictures/\d+\.(?:png|jpeg))\)", markdown, re.DOTALL)
    assert len(described) == len(shown) > 20
    assert all(described)
    assert all(alt for alt, _ in shown)
    assert all((copies / name).stat().st_size for _, name in shown)
    assert "data:image" not in "".join(described)


def test_tables_come_along_with_their_rows(word, markdown, finished_study):
    tables = [part for part in word if part.tag == f"{W}tbl"]
    found = [table for table in tables if "AlexNet from scratch" in text_of(table)]
    assert found
    assert "| AlexNet from scratch |" in markdown
    assert not re.search(r"<(?!br>|https?:)[a-z/]", markdown)  # nothing fell back on HTML


def test_small_type_stands_in_tables_alone(word):
    listed = [part for part in word if part.find(f"{W}pPr/{W}numPr") is not None]
    assert len(listed) > 10
    assert "Compact" not in map(style_of, listed)


def test_links_of_markdown_lead_to_headings_that_are_there(markdown):
    headings = re.findall(r"^#+ (.*)$", markdown, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}
    links = set(re.findall(r"\]\(#([^)]*)\)", markdown))
    assert links
    assert links <= anchors


@pytest.mark.parametrize(("paper", "width"), [("a4", "11906"), ("letter", "12240")])
def test_a_word_file_has_the_paper_that_was_asked_for(
    short_study, tmp_path, monkeypatch, paper, width
):
    pytest.importorskip("pypandoc", reason="needs the extra docx")
    monkeypatch.setattr("report.export.editable.draw_png", blank_png)
    run_render(short_study, tmp_path, "--format", "docx", "--paper", paper)
    with ZipFile(tmp_path / "report.docx") as file:
        body = ElementTree.fromstring(file.read("word/document.xml"))
    assert body.find(f".//{W}pgSz").get(f"{W}w") == width


def test_a_copy_needs_pandoc_and_says_how_to_get_it(short_study, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pypandoc", None)
    done = run_render(short_study, tmp_path, "--format", "docx")
    assert "pip install 'cnn-homework[docx]'" in done.error.hint
    assert not list(tmp_path.glob("report*"))


def test_a_copy_of_one_section_is_refused(short_study, tmp_path):
    done = run_render(short_study, tmp_path, "--format", "md", "--only", "transfer")
    assert done.exit_code == 2
    assert "leave out --only" in done.printed
    assert not list(tmp_path.glob("report*"))


def test_a_picture_elsewhere_is_not_looked_up(short_study, tmp_path, monkeypatch):
    pytest.importorskip("pypandoc", reason="needs the extra docx")
    monkeypatch.setattr("report.export.editable.draw_png", blank_png)
    secret = tmp_path / "secret.png"
    secret.write_bytes(BLANK)
    own = tmp_path / "own" / "sections" / "conclusion.html"
    own.parent.mkdir(parents=True)
    own.write_text(f'<p>Mine. <img src="{secret}" alt="theirs"></p>')
    out = tmp_path / "out"
    run_render(short_study, out, "--format", "md", "--templates", str(tmp_path / "own"))
    text = (out / "report.md").read_text(encoding="utf-8")
    assert "Mine. ![theirs]()" in text
    assert "secret" not in text


def test_a_figure_is_drawn_as_png_on_white(short_study):
    what = forest(load_study(short_study)).drawing
    picture = Image.open(io.BytesIO(draw_png(what)))
    assert picture.size == tuple(round(200 * side) for side in what.size)
    assert picture.convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)


def test_names_of_a_record_stay_words(study, tmp_path, monkeypatch):
    """Records may come from strangers: a name must not become a picture or a script."""
    pytest.importorskip("pypandoc", reason="needs the extra docx")
    monkeypatch.setattr("report.export.editable.draw_png", blank_png)
    record = study / "study.json"
    told = json.loads(record.read_text())
    told["title"] = "![a](http://example.org/a.png) <script>b</script> [c](javascript:d)"
    record.write_text(json.dumps(told))
    run_render(study, tmp_path, "--format", "md")
    run_render(study, tmp_path, "--format", "docx")
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    (title,) = re.findall(r"^# (.*)$", text, re.MULTILINE)
    assert re.sub(r"\\(.)", r"\1", title) == told["title"]
    assert not re.search(r"(?<!\\)\]\((http|javascript)", title)
    assert "<script" not in re.sub(r"\\<", "", title)
    with ZipFile(tmp_path / "report.docx") as file:
        assert "javascript:" not in file.read("word/_rels/document.xml.rels").decode()


def test_what_paper_only_names_is_only_named(word, markdown):
    named = [text for part in word if (text := text_of(part)).startswith("Table S")]
    assert re.search(r"Table S\d\. What every run took\.", " ".join(named))
    assert re.search(r"\*\*Table S\d\.\*\* What every run took\.", markdown)
    assert not any("Peak memory" in text_of(part) for part in word if part.tag == f"{W}tbl")
