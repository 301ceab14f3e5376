"""The study that ships with the source renders, is whole, and can be trusted."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from training.cli import cli

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "runs" / "example"
sys.path.insert(0, str(ROOT / "bench"))

import reading  # noqa: E402


@pytest.fixture
def example(tmp_path):
    return Path(shutil.copytree(EXAMPLE, tmp_path / "runs" / "example"))


def test_it_is_small():
    files = [f for f in EXAMPLE.rglob("*") if f.is_file() and not f.name.startswith("report.")]
    assert sum(file.stat().st_size for file in files) < 1_500_000


def test_it_renders_and_every_number_of_it_can_be_recomputed(example):
    options = ["--runs", str(example.parent)]
    rendered = CliRunner().invoke(cli, ["render", *options, "--format", "html"])
    assert rendered.exception is None, rendered.output
    html = (example / "report.html").read_text(encoding="utf-8")
    assert "No record yet" not in html
    assert len(html.encode()) < 3_000_000
    verdict = CliRunner().invoke(cli, ["verify", *options])
    assert verdict.exit_code == 0, verdict.output


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Return the folder of its report, HTML and PDF."""
    output = tmp_path_factory.mktemp("report")
    options = ["--runs", str(EXAMPLE.parent), "--study", EXAMPLE.name, "--output", str(output)]
    done = CliRunner().invoke(cli, ["render", *options])
    assert done.exception is None, done.output
    return output


def test_it_says_nothing_twice_and_not_too_much(rendered):
    pieces = reading.main_part((rendered / "report.html").read_text(encoding="utf-8"))
    assert reading.repeated(pieces) == {}
    assert 3000 < reading.n_words(pieces) <= 5500


def test_its_pages_are_few_and_full(rendered):
    file = rendered / "report.pdf"
    pdf = PdfReader(file)
    assert reading.pages_before_references(pdf) <= 16
    assert len(pdf.pages) <= 32, "28 of them when this was written, the rest is for what comes"
    if shutil.which("pdftoppm") is None:
        pytest.skip("no pdftoppm on this machine")
    assert reading.holes(file, pdf) == []


@pytest.fixture(scope="module")
def half_done(tmp_path_factory):
    """Return the report's folder of the study without the last eleven experiments."""
    study = Path(shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("half") / "runs" / "half"))
    for record in LAST_ELEVEN:
        shutil.rmtree(study / record)
    options = ["--runs", str(study.parent), "--study", study.name]
    done = CliRunner().invoke(cli, ["render", *options])
    assert done.exception is None, done.output
    verdict = CliRunner().invoke(cli, ["verify", *options])
    assert verdict.exit_code == 0, verdict.output
    return study


LAST_ELEVEN = (
    "transfer/grid-adam-1e-5", "transfer/grid-rmsprop-1e-5", "transfer/detail-1",
    "transfer/detail-2", "transfer/best", "freezing/cnn", "freezing/fc", "freezing/fc-head-free",
    "augmentation/one-of-three", "beyond/vgg16", "beyond/resnet18",
)  # fmt: skip


def test_half_done_it_is_shorter_and_its_pages_are_full(half_done):
    file = half_done / "report.pdf"
    pdf = PdfReader(file)
    assert reading.pages_before_references(pdf) <= 12
    if shutil.which("pdftoppm") is None:
        pytest.skip("no pdftoppm on this machine")
    assert reading.holes(file, pdf) == []


def test_its_long_tables_stand_on_the_screen_alone(rendered):
    page = (rendered / "report.html").read_text(encoding="utf-8")
    pages = PdfReader(rendered / "report.pdf").pages
    text = " ".join("".join(sheet.extract_text() for sheet in pages).split())
    for slug, words in LONG.items():
        caption = re.search(rf'<figcaption id="caption-{slug}">', page)
        assert page[caption.end() :].startswith(words)
        assert words in text, "not named"
        assert re.search(rf'<figure class="table[^"]* screen-only" id="table-{slug}">', page)
    first_rows = re.findall(r"scratch/baseline", text)
    assert len(first_rows) == 1, "only the table of what was run is printed"
    assert "tables too long for paper" in " ".join(text.split())


LONG = {
    "costs": "What every run took.",
    "provenance": "Where every record comes",
    "other-settings": "What else was set: with",
    "arithmetic": "The arithmetic of every",
}
"""Tables too long for paper, and how their captions begin."""


def test_a_sentence_said_twice_is_found():
    """Numbers and names don't make it another."""
    html = "<body><section id='scratch'>"
    for name, number in (("A", 1), ("B", 2)):
        html += f"<p><span class='finding'><span class='name'>{name}</span> gets "
        html += f"<data value='1' data-source='x#/y'>{number}</data> right.</span></p>"
    assert reading.repeated(reading.main_part(html)) == {"Name gets 0 right.": 2}
    elsewhere = html.replace("scratch", "details")
    assert reading.repeated(reading.main_part(elsewhere)) == {}
