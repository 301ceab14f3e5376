"""Names that are hard to write: of classes, of files, of the folders that everything lies in."""

import json
import re
from html import escape

import pytest
from click.testing import CliRunner
from PIL import Image
from pypdf import PdfReader

from training.cli import cli

NAMES = (
    "<script>alert(1)</script>".replace("/", "∕"),
    "\"quoted\" & 'single'",
    "two\nlines",
    "right\u202eto left",
    "عربى",
    "L" * 250,
    "Case",
    " leading and trailing ",
    "{{ 7*7 }}",
    "=SUM(A1)",
    "naïve façade 漢字 🦊",
)  # fmt: skip


def homework(*arguments):
    return CliRunner().invoke(cli, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder whose own name is hard to write, with three pictures of each class."""
    folder = tmp_path_factory.mktemp("names") / "a b ü ' \" % # ? 漢"
    for n, name in enumerate(NAMES):
        (folder / "data" / name).mkdir(parents=True)
        for i in range(6):
            colour = (20 * n % 256, 40 * i, 255 - 20 * n % 256)
            Image.new("RGB", (70, 66), colour).save(folder / "data" / name / f"{i} ü'\".png")
    return folder


@pytest.fixture(scope="module")
def done(place):
    result = homework("run", "scratch/baseline", "--preset", "quick", "--epochs", 1,
                      "--image-size", 64, "--data", place / "data", "--runs", place / "runs",
                      "--device", "cpu")  # fmt: skip
    assert result.exit_code == 0, result.output
    rendered = homework("render", "--runs", place / "runs")
    assert rendered.exit_code == 0, rendered.exception
    return place / "runs" / "quick"


def test_every_name_is_recorded_as_it_is(done):
    assert json.loads((done / "dataset.json").read_text())["classes"] == sorted(NAMES)


def test_names_show_as_text(done):
    html = (done / "report.html").read_text(encoding="utf-8")
    body = re.sub(r"<(script|style)>.*?</\1>", "", html, count=2, flags=re.DOTALL)
    assert "<script>alert" not in body
    assert escape("<script>alert(1)<∕script>", quote=False) in body
    assert "{{ 7*7 }}" in body
    assert "naïve façade 漢字 🦊" in body


def test_both_reports_can_be_verified(done):
    for name in ("report.html", "report.pdf"):
        result = homework("verify", done / name)
        assert result.exit_code == 0, result.output


def test_the_pdf_has_no_script(done):
    reader = PdfReader(done / "report.pdf")
    assert "/OpenAction" not in reader.trailer["/Root"]
    assert "/JavaScript" not in (reader.trailer["/Root"].get("/Names") or {})


def test_a_second_run_finds_its_records(done, place):
    result = homework("run", "scratch/baseline", "--preset", "quick", "--epochs", 1,
                      "--image-size", 64, "--data", place / "data", "--runs", place / "runs",
                      "--device", "cpu", "--dry-run")  # fmt: skip
    assert "done     scratch/baseline" in result.output
