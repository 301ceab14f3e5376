"""The Python interface: what a notebook or a script does in place of the command line."""

import json
import re

import pytest

from report import Study, render
from report.errors import ReportError


@pytest.fixture(autouse=True)
def _no_drawing(monkeypatch):
    blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
    monkeypatch.setattr("report.figures.drawing_pool.draw", lambda *_: blank)
    monkeypatch.setattr("report.figures.drawing_pool.helpers", lambda: 0)


def test_the_frame_has_a_row_a_run_and_the_records_values(finished_study):
    frame = Study(finished_study).frame()
    record = json.loads((finished_study / "beyond/resnet18/seed-0/metrics.json").read_text())
    row = frame[frame["id"] == "beyond/resnet18"].iloc[0]
    assert row["test_accuracy"] == record["test"]["accuracy"]
    assert len(frame) == len(list(finished_study.glob("*/*/seed-*/metrics.json")))


def test_curves_have_a_row_an_epoch(finished_study):
    curves = Study(finished_study).curves()
    record = json.loads((finished_study / "scratch/baseline/seed-0/curves.json").read_text())
    mine = curves[curves["id"] == "scratch/baseline"]
    assert mine["train_accuracy"].tolist() == record["train_accuracy"]


def test_a_report_is_written_where_it_is_asked_for(finished_study, tmp_path):
    files = render(finished_study, ["html"], tmp_path)
    assert files == [tmp_path / "report.html"]
    assert "<!-- section transfer -->" in files[0].read_text()


def test_a_notebook_shows_table_and_figure(finished_study):
    html = Study(finished_study)._repr_html_()
    assert html.count("<table>") >= 1
    assert re.search(r'<img[^>]*src="data:image/svg\+xml', html)
    assert "figure:" not in html
    assert "ResNet18" in html


def test_the_last_study_of_a_folder_is_taken(finished_study):
    assert Study(finished_study.parent).path == finished_study


def test_no_study_is_one_message(tmp_path):
    with pytest.raises(ReportError, match="no study"):
        Study(tmp_path)
