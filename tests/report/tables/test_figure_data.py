"""Every drawn figure says in a table what it shows, and the table stays short."""

import json
import re

import msgspec
import pytest
from click.testing import CliRunner
from fake_study import Fake, write_fake_study
from pypdf import PdfReader

from report.audit.check_numbers import is_printed_as
from report.evidence.load import load_study
from report.evidence.numbers import Number
from report.evidence.recompute import Sources
from report.evidence.sentences import plain_text
from report.figures.pictures import sample_gallery
from report.figures.views import Plot
from report.sections import SECTIONS, section_view
from report.tables import figure_data
from training.cli import cli


@pytest.fixture(autouse=True)
def _blank(monkeypatch):
    monkeypatch.setattr("report.figures.drawing.to_svg", lambda *_: "<svg/>")


@pytest.fixture(scope="module")
def view(finished_study):
    return load_study(finished_study)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Return a study of Caltech-101's size, with very long training."""
    folder = tmp_path_factory.mktemp("large") / "runs" / "large"
    write_fake_study(folder, Fake("reference", overrides={"epochs": 150}, thumbnails=False))
    return load_study(folder)


def plots(view):
    sections = [section_view(slug, view) for slug in SECTIONS]
    found = [f for section in sections for f in section.figures.values()]
    found += [block.figure for section in sections for block in section.blocks]
    return {plot.slug: plot for plot in found if isinstance(plot, Plot)}


def numbers(data):
    cells = [cell for row in data.rows for cell in row.cells]
    return [part for cell in cells for part in cell if isinstance(part, Number)]


def text(data):
    return [[plain_text(cell) for cell in row.cells] for row in data.rows]


def test_every_figure_has_data_that_the_records_give(view):
    sources = Sources(view.folder.path)
    found = plots(view)
    assert len(found) > 15
    for plot in found.values():
        assert numbers(plot.data), plot.slug
        for row in plot.data.rows:
            assert len(row.cells) == len(plot.data.columns)
        for number in numbers(plot.data):
            assert sources.recompute(number.source) == number.value
            assert is_printed_as(number.value, number.text)


def test_curves_list_every_epoch_and_mark_the_best(view):
    run = view.run("scratch/baseline")
    data = plots(view)["curves-scratch-baseline"].data
    assert [row[0] for row in text(data)] == [str(epoch) for epoch in run.curves.epoch]
    assert [row[5] for row in text(data)] == [
        f"{100 * value:.1f}" for value in run.curves.validation_accuracy
    ]
    assert [row.cells[0][0].value for row in data.rows if row.best] == [run.metrics.best_epoch]


def test_a_loss_that_is_not_finite_is_a_dash(view):
    data = figure_data.course_data(view.run("scratch/grid-rmsprop-1e-2"))
    assert data.rows[-1].cells[3] == ()


def test_the_grid_and_its_figure_agree(view):
    from report.figures.grid_figures import _grid

    drawn = _grid(view, "transfer/grid", "validation")
    cells = [f"{cell.value:.1f}" for row in drawn.cells for cell in row]
    assert [row[3] for row in text(figure_data.grid_data(view, "transfer/grid"))] == cells


def test_confusions_add_up_to_the_test_pictures(view):
    data = plots(view)["confusion"].data
    assert sum(row.cells[2][0].value for row in data.rows) == view.dataset.n_test


def test_long_training_is_thinned_and_says_so(large):
    data = plots(large)["curves-scratch-baseline"].data
    epochs = [row.cells[0][0].value for row in data.rows]
    assert len(epochs) <= figure_data.MOST_EPOCHS + 1
    assert {1, 150, large.run("scratch/baseline").metrics.best_epoch} <= set(epochs)
    assert "scratch/baseline/seed-0/curves.json" in plain_text(data.notes[0])


@pytest.mark.parametrize(("n", "limit"), [(1, 5), (5, 5), (6, 5), (1000, 60)])
def test_thinning_keeps_both_ends(n, limit):
    kept = figure_data.spread(n, limit)
    assert (kept[0], kept[-1]) == (0, n - 1)
    assert len(kept) == min(n, limit)


def test_no_table_below_a_figure_explodes(large):
    for plot in plots(large).values():
        assert len(plot.data.rows) <= figure_data.MOST_ROWS, plot.slug
    confusions = plots(large)["confusion"].data
    assert len(confusions.rows) == figure_data.MOST_ROWS
    assert "predictions.json" in plain_text(confusions.notes[0])


def test_very_many_classes_are_cut_and_say_so(view):
    n = 1000
    counts = msgspec.structs.replace(
        view.dataset.counts, train=[2] * n, validation=[1] * n, test=[1] * n
    )
    dataset = msgspec.structs.replace(
        view.dataset, classes=[f"c{i}" for i in range(n)], counts=counts
    )
    data = figure_data.class_count_data(type(view)(view.folder, view.study, dataset, {}))
    assert len(data.rows) == figure_data.MOST_ROWS
    assert "dataset.json" in plain_text(data.notes[0])


def test_the_page_shows_them_folded(render):
    page = render().html
    assert page.count('<details class="data">') == page.count('<figure class="plot')
    assert "<details open" not in page


def test_paper_goes_without(finished):
    pages = PdfReader(finished.pdf_file).pages
    assert "Data of this figure" in finished.html
    assert not any("Data of this figure" in page.extract_text() for page in pages)


def test_a_figure_number_changed_by_hand_is_caught(render, study):
    done = render()
    pattern = r'(data-source="scratch/baseline/seed-0/curves.json#/validation_loss/2">)[^<]+'
    edited, n = re.subn(pattern, r"\g<1>0.001", done.html, count=1)
    assert n == 1
    done.html_file.write_text(edited, encoding="utf-8")
    verdict = CliRunner().invoke(cli, ["verify", str(done.html_file), "--json"])
    assert verdict.exit_code == 1
    assert [p["text"] for p in json.loads(verdict.output)["problems"]] == ["0.001"]


def test_classes_are_listed_as_numbers_while_their_numbers_stay(tmp_path, monkeypatch):
    names = ["1", "10", "11", "12", "2", "3", "4", "5", "6", "7", "8", "9"]  # as records sort them
    monkeypatch.setattr("fake_study.CLASSES", tuple(names))
    write_fake_study(tmp_path / "runs" / "numbered")
    view = load_study(tmp_path / "runs" / "numbered")
    wanted = [str(n) for n in range(1, 13)]
    found = plots(view)
    assert [row[0] for row in text(found["class-counts"].data)] == wanted
    confusions = [row[0] for row in text(found["confusion"].data)]
    assert list(dict.fromkeys(confusions)) == wanted
    assert found["class-counts"].drawing.arguments[0] == wanted
    counts = found["class-counts"].drawing.arguments[1].train
    assert counts == [view.dataset.counts.train[names.index(name)] for name in wanted]
    assert [p.label for p in sample_gallery(view).pictures] == wanted
