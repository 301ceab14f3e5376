"""The report of a data set that isn't the homework's speaks of that data set."""

import json
import re

import pytest
from fake_study import Fake, write_fake_study
from rendering import run_render


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(tmp_path_factory.mktemp("cache")))
        blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
        patch.setattr("report.figures.drawing_pool.draw", lambda *_: blank)
        patch.setattr("report.figures.drawing_pool.helpers", lambda: 0)
        folder = tmp_path_factory.mktemp("own") / "runs" / "garden"
        write_fake_study(folder, Fake(preset="reference", own="garden flowers"))
        result = run_render(folder, tmp_path_factory.mktemp("out"), "--study", "garden",
                            "--format", "html")  # fmt: skip
        assert result.exit_code == 0, result.printed
        return result


def text(html):
    body = re.sub(r"<(script|style)>.*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", "", body).split())


def test_the_title_and_the_data_section_name_it(rendered):
    assert "on garden flowers" in re.search(r"<h1[^>]*>(.*?)</h1>", rendered.html, re.DOTALL)[1]
    assert "The data set, garden flowers, has" in text(rendered.section("data"))


def test_caltech_is_named_only_as_the_homeworks_origin(rendered):
    for slug in ("introduction", "scratch", "transfer", "freezing", "beyond", "conclusion"):
        assert "Caltech" not in text(rendered.section(slug)), slug
    assert text(rendered.section("data")).count("Caltech-101") == 2


def test_the_reference_report_says_nothing_about_it(rendered):
    for slug in ("freezing", "conclusion"):
        assert "eference report" not in rendered.section(slug), slug
    assert "Reference" not in text(rendered.section("conclusion"))


def test_equally_large_classes_are_not_called_uneven(tmp_path, monkeypatch, finished_study):
    folder = tmp_path / "runs" / "even"
    write_fake_study(folder, Fake(only=("scratch/baseline",), thumbnails=False))
    file = folder / "dataset.json"
    record = json.loads(file.read_text())
    n = len(record["classes"])
    for split in ("train", "validation", "test"):
        record["counts"][split] = [10] * n
        record[f"n_{split}"] = 10 * n
    file.write_text(json.dumps(record))
    monkeypatch.setattr("report.figures.drawing_pool.draw", lambda *_: "<svg/>")
    monkeypatch.setattr("report.figures.drawing_pool.helpers", lambda: 0)
    even = run_render(folder, tmp_path, "--study", "even", "--format", "html").section("data")
    assert "The classes are equally large" in even
    assert "not equally large" not in even
    uneven = run_render(finished_study, tmp_path, "--format", "html").section("data")
    assert "The classes are not equally large" in uneven


def test_it_says_how_the_pictures_were_divided(rendered):
    said = text(rendered.section("preprocessing"))
    assert "each split in a folder of its own" in said
    assert "For validation a fifth of every class was taken out of the train pictures" in said
    assert "train.txt" not in said
