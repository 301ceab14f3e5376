"""A PDF whose pages show something else than the records give is caught."""

import json
import re
import shutil

import pytest
from click.testing import CliRunner
from fake_study import write_fake_study
from pdf_editing import edit_attachment
from planting import lies
from pypdf import PdfWriter
from rendering import run_render

from report.audit.compare_pdf_text import compare_pages
from report.audit.read_html import Piece
from report.audit.read_pdf import read_pdf
from report.verify.pdf import compare_pdf, page_problems
from report.verify.remake import remake
from training.cli import cli

LEFT_OUT = ["preprocessing", "scratch", "heatmaps", "transfer", "freezing", "augmentation",
            "mistakes", "references", "background", "appendix"]  # fmt: skip


@pytest.fixture(scope="module")
def finished_study(tmp_path_factory):
    """Return a study with a report of few pages."""
    folder = tmp_path_factory.mktemp("pdf") / "runs" / "quick"
    write_fake_study(folder)
    leave_out(folder, LEFT_OUT)
    return folder


def leave_out(study, sections):
    record = json.loads((study / "study.json").read_text())
    arranged = {"report": {"leave_out": sections}}
    (study / "study.json").write_text(json.dumps(record | arranged))


@pytest.fixture(scope="module")
def finished(finished_study, drawn, tmp_path_factory):
    """Return its report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(drawn))
        return run_render(finished_study, tmp_path_factory.mktemp("report"), "--format", "pdf")


@pytest.fixture(autouse=True)
def _drawn_before(drawn, monkeypatch):
    monkeypatch.setenv("HOMEWORK_CACHE", str(drawn))


@pytest.fixture(scope="module")
def problems_of(finished, finished_study, drawn):
    """Return what compares a PDF with the page that the records give, made again only once."""
    rendering = read_pdf(finished.pdf_file).manifest.made
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(drawn))
        with remake(finished_study, rendering, "text") as again:

            def problems(file):
                pdf = read_pdf(file)
                return [*page_problems(pdf), *compare_pdf(pdf, frozenset(), again).problems]

            yield problems


@pytest.fixture
def report(finished, tmp_path):
    return shutil.copy(finished.pdf_file, tmp_path / "report.pdf")


def edited(report, change):
    writer = PdfWriter(clone_from=report)
    change(writer)
    writer.write(report)
    return report


def add_to_page(writer, content, position=3):
    page = writer.pages[position]
    lies._set_content(writer, page, lies._content(page) + content)


CHANGES = {
    "a word": lambda writer: lies.edit_text(writer, "the", "hat"),
    "a curve": lambda writer: lies.edit_figure(writer, lies._lift),
    "a colour": lambda writer: lies.edit_figure(writer, lies._repaint),
    "a figure left out": lambda writer: lies.edit_figure(writer, lambda _: b""),
    "figures exchanged": lies.exchange_figures,
    "a page left out": lambda writer: writer.remove_page(5),
    "a page twice": lambda writer: writer.insert_page(writer.pages[5], 5),
    "pages exchanged": lambda writer: lies._exchange_pages(writer, 4, 6),
    "a blank page": lambda writer: writer.insert_blank_page(595, 842, 5),
    "a box over the text": lambda writer: add_to_page(writer, b"1 1 1 rg\n90 90 300 300 re\nf\n"),
    "a drawing": lambda writer: add_to_page(writer, b"0 0 m\n1 1 2 2 3 3 c\nS\n"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_is_changed_is_caught(report, problems_of, change):
    assert problems_of(edited(report, change))


def test_nothing_is_found_where_nothing_was_changed(report, problems_of):
    assert problems_of(report) == []
    assert problems_of(edited(report, lambda _: None)) == []


def test_text_below_a_page_is_named(report, problems_of):
    def say_more(writer):
        page = writer.pages[3]
        lines = lies._content(page).split(b"\n")
        first = next(i for i, line in enumerate(lines) if line == b"BT")
        last = next(i for i, line in enumerate(lines[first:], first) if line == b"ET")
        lies._set_content(writer, page, b"\n".join([*lines, *lines[first : last + 1]]))

    (problem, *_) = problems_of(edited(report, say_more))
    assert "the page shows" in problem.problem


def test_a_manifest_that_says_something_else_than_the_records_is_named(report):
    edit_attachment(report, "manifest.json", lambda text: text.replace(b"accuracy", b"velocity"))
    result = CliRunner().invoke(cli, ["verify", str(report)])
    assert result.exit_code == 1
    assert re.search("velocity.*”: the page shows “.*accuracy", result.output), result.output
    assert re.search("velocity.*”: the records give the .*accuracy", result.output), result.output


def test_the_verdict_counts_what_was_checked(report):
    result = CliRunner().invoke(cli, ["verify", str(report)])
    assert result.exit_code == 0, result.output
    counts = r"^[\d,]+ numbers, \d+ sentences, \d+ tables, \d+ figures checked against the records"
    assert re.search(counts, result.output, re.MULTILINE), result.output
    assert "Not checked" not in result.output


def test_pictures_are_attached_and_one_exchanged_is_named(report):
    edited(report, lies.exchange_pictures)
    result = CliRunner().invoke(cli, ["verify", str(report)])
    assert result.exit_code == 1
    assert (
        "data: “Train picture, number 1 of its figure”: its picture isn’t the one that lies beside"
        in result.output
    )


SAID = [Piece("block"), Piece("text", text="What activations are, and what tables say of them.")]
TITLES = ("The report", "A section")


@pytest.mark.parametrize(
    ("footer", "n_problems"),
    [
        ("The report A section\npage 1 of 2", 0),
        ("The report and more\npage 1 of 2", 1),
        ("The report A section\npage 1 of 3", 1),
    ],
)
def test_only_running_titles_and_numbers_may_stand_below_a_page(footer, n_problems):
    pages = [f"What activa-\n{footer}", "tions are, and what tables say of them.\npage 2 of 2"]
    assert len(list(compare_pages(SAID, pages, TITLES))) == n_problems


@pytest.mark.parametrize(
    ("pages", "n_problems"),
    [
        (["1 A . . . . 2", "1 A\nFigure 1. One\nTable 1. One\nFigure 2. Two"], 0),
        (["1 A . . . . 2", "1 A\nFigure 1. One\nTable 1. One\nFigure 3. Two"], 1),
        (["1 A . . . . 2", "1 A\nFigure 1. One\nTable 7. One\nFigure 2. Two"], 1),
        (["1 A . . . . 9", "1 A\nFigure 1. One"], 1),
        (["1 A . . . . 1", "1 A\nFigure 1. One"], 1),
    ],
)
def test_figures_tables_and_contents_are_numbered_one_by_one(pages, n_problems):
    found = [p for p in compare_pages([Piece("block")], pages, TITLES) if "after" not in p.problem]
    assert len(found) == n_problems
