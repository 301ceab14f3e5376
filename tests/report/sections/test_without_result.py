"""A section of which nothing has a result says what is missing and how to run it."""

import html
import re

import pytest
from fake_study import Fake, write_fake_study
from in_memory import said

from report.evidence.load import load_study
from report.sections import section_view
from report.sections.without_result import has_result, own_experiments, what_to_run
from training.study import select


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """Return a study of which the grids and all from a random start are there."""
    folder = tmp_path_factory.mktemp("half") / "runs" / "half"
    write_fake_study(folder, Fake(only=("scratch", "transfer/grid-sgd-1e-3")))
    return load_study(folder)


SHOWING = ("scratch", "heatmaps", "transfer", "freezing", "augmentation", "beyond", "mistakes",
           "conclusion")  # fmt: skip
EMPTY = ("transfer", "freezing", "augmentation", "beyond")


@pytest.mark.parametrize("slug", EMPTY)
def test_it_has_neither_tables_nor_figures(half, slug):
    section = section_view(slug, half)
    assert not section.tables
    assert not section.figures
    (sentence,) = section.findings["missing"]
    assert f"homework run {slug} --study half runs " in said([sentence])


@pytest.mark.parametrize("slug", sorted(set(SHOWING) - set(EMPTY)))
def test_a_section_with_one_result_is_shown(half, slug):
    section = section_view(slug, half)
    assert section.tables or section.figures
    assert "missing" not in section.findings


@pytest.mark.parametrize("slug", SHOWING)
def test_the_command_that_it_names_runs_what_is_missing(half, slug):
    words = what_to_run(slug, half).split()
    selected = select(half.study, words[1:])
    assert {e.id for e in own_experiments(slug, half)} <= {e.id for e in selected}


def test_few_experiments_are_named_and_many_counted(tmp_path):
    write_fake_study(tmp_path / "none", Fake(only=("nothing",)))
    view = load_study(tmp_path / "none")
    text = {slug: said(section_view(slug, view).findings["missing"]) for slug in SHOWING}
    assert text["augmentation"].startswith("augmentation/one-of-three has not been run yet: ")
    assert text["augmentation"].endswith(" runs it.")
    assert "freezing/cnn, freezing/fc and freezing/fc-head-free have not" in text["freezing"]
    assert text["heatmaps"].startswith("18 experiments that this section is about have not")
    assert "homework run-all --study none runs them." in text["conclusion"]


def test_why_it_was_skipped_is_told_and_no_command_that_would_skip_it_again(tmp_path):
    write_fake_study(tmp_path / "skipped", Fake(skipped=("transfer", "freezing")))
    section = section_view("freezing", load_study(tmp_path / "skipped"))
    assert not section.tables
    assert section.findings["missing"] == ()
    assert said(section.notices).startswith("Skipped: freezing/cnn")


def test_sections_that_show_no_results_are_always_shown(half):
    assert own_experiments("data", half) == []
    assert not has_result("data", half)
    assert section_view("data", half).figures


def test_a_half_done_report_has_no_table_of_dashes(tmp_path, render, study):
    """Nor an empty figure; the first page says what is missing, and so does the last appendix."""
    import shutil

    shutil.rmtree(study)
    write_fake_study(study, Fake(only=("scratch",)))
    done = render()
    assert done.exit_code == 0
    for slug, table in re.findall(r'(?s)<figure class="table[^>]*id="table-([^"]*)">(.*?)</figure>',
                                  done.html):  # fmt: skip
        if slug in ("answers", "specifications", "costs", "provenance"):
            continue
        for row in re.findall(r"(?s)<tr.*?</tr>", table)[1:]:
            cells = re.findall(r"(?s)<td[^>]*>(.*?)</td>", row)
            assert not cells or any(cell.strip() != "–" for cell in cells), (slug, row)
    assert 'class="gap"' not in done.html.replace(done.section("heatmaps"), "")
    plain = html.unescape(re.sub("<[^>]+>", "", done.section("introduction")))
    assert "The study is not complete" in plain
