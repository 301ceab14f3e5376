"""A brief report is verified as such, HTML and PDF."""

import re

import pytest
from click.testing import CliRunner
from pypdf import PdfReader
from rendering import run_render

from training.cli import cli

LIBRARIES = "&#34;libraries&#34;"


@pytest.fixture(scope="module")
def brief(finished_study, drawn, tmp_path_factory):
    """Return the finished study's brief report."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(drawn))
        done = run_render(finished_study, tmp_path_factory.mktemp("brief"), "--detail", "brief")
    assert done.exit_code == 0, done.error or done.unexpected
    return done


def verify(report, study):
    return CliRunner().invoke(cli, ["verify", str(report), "--runs", str(study.parent)])


def test_it_has_four_pages_at_most(brief):
    assert len(PdfReader(brief.pdf_file).pages) <= 4


@pytest.mark.parametrize("form", ["html", "pdf"])
def test_it_is_as_the_records_give_it(brief, finished_study, form):
    result = verify(brief.html_file if form == "html" else brief.pdf_file, finished_study)
    assert result.exit_code == 0, result.output
    assert "4 figures checked" in result.output
    assert "Not checked" not in result.output


def test_a_full_report_that_claims_to_be_brief_is_caught(finished, finished_study, tmp_path):
    claim = f"&#34;detail&#34;:&#34;brief&#34;,{LIBRARIES}"
    page = finished.html.replace(LIBRARIES, claim)
    assert page != finished.html
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    assert verify(file, finished_study).exit_code == 1


def test_a_removed_row_of_tests_is_caught(brief, finished_study, tmp_path):
    start = brief.html.index('id="table-tests"')
    head, table = brief.html[:start], brief.html[start:]
    row = re.search(r"<tr>\s*<th scope=\"row\".*?</tr>\s*", table, re.DOTALL)
    file = tmp_path / "report.html"
    file.write_text(head + table.replace(row[0], "", 1), encoding="utf-8")
    assert verify(file, finished_study).exit_code == 1
