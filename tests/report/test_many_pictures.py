"""Where very many pictures were tested, records have another form and reports the same words."""

import re
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from fake_study import Fake, shorten, write_fake_study
from rendering import draw_nothing, run_render

from report.audit import manifest
from report.verify.report import verify_report
from training.cli import cli
from training.records import (
    BESIDE,
    RECORD_TYPES,
    picture_files,
    read,
    score_files,
    write,
)
from training.records.content import sha256_of

DIGESTS = re.compile('<meta name="homework-records"[^>]*>')


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return a study whose records have all in their JSON."""
    folder = tmp_path_factory.mktemp("plain") / "runs" / "quick"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture_files, "MOST_IN_JSON", 50_000)
        write_fake_study(folder)
    assert not [*folder.rglob("predictions.npy"), *folder.rglob("test_images.jsonl")]
    return folder


@pytest.fixture(scope="module", autouse=True)
def as_of_many():
    """Let records take the form, and scores be read in the way, that many pictures have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture_files, "MOST_IN_JSON", 10)
        patch.setattr(score_files, "IN_MEMORY", 0)
        patch.setattr("training.records.split_scores.AT_ONCE", 100)
        yield


@pytest.fixture(scope="module")
def large(plain, as_of_many, tmp_path_factory):
    """Return the same study with its per-picture lists beside the JSON."""
    return in_other_form(plain, tmp_path_factory.mktemp("large") / "runs" / "quick")


def in_other_form(study, target):
    """Copy a study, and put what it says of each picture beside the JSON."""
    folder = shutil.copytree(study, target)
    for name, beside in BESIDE.items():
        for file in folder.rglob(name):
            write(file, read(file, RECORD_TYPES[name]))
            assert file.with_name(beside).is_file()
    return folder


@pytest.fixture
def study(large, tmp_path):
    """Return a copy of it that a test may change."""
    return shutil.copytree(large, tmp_path / "runs" / "quick")


@pytest.fixture(scope="module")
def page(large, tmp_path_factory):
    """Return its report, without figures, as a file."""
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch)
        patch.setenv("HOMEWORK_CACHE", str(tmp_path_factory.mktemp("cache")))
        done = run_render(large, tmp_path_factory.mktemp("report"), "--format", "html")
    assert done.exit_code == 0, done.error or done.unexpected
    return done.html_file


def verify(report, study):
    return CliRunner().invoke(cli, ["verify", str(report), "--runs", str(study.parent)])


def test_the_report_says_the_very_same(plain, page, tmp_path, blank_figures, monkeypatch):
    monkeypatch.setattr(score_files, "IN_MEMORY", 2**22)
    expected = run_render(plain, tmp_path, "--format", "html").html
    found = page.read_text(encoding="utf-8")
    assert "The commonest confusions" in found
    assert DIGESTS.search(found)[0] != DIGESTS.search(expected)[0]
    assert DIGESTS.sub("", found) == DIGESTS.sub("", expected)


def test_it_is_verified_against_the_files(page, large, blank_figures):
    result = verify(page, large)
    assert result.exit_code == 0, result.output
    assert "no errors found" in result.output


@pytest.mark.parametrize("name", BESIDE.values())
def test_a_forged_byte_is_found(page, study, blank_figures, name):
    file = next(study.rglob(name))
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)
    result = verify(page, study)
    told = result.output + str(result.exception)
    assert result.exit_code == 1
    assert f"{file.relative_to(study.parent.parent)} isn't the file" in told.replace("’", "'")


def test_a_forged_file_that_its_record_vouches_for_is_found(page, study, blank_figures):
    file = study / "scratch" / "best" / "seed-0" / "predictions.npy"
    before, entries = sha256_of(file), np.load(file)
    place = int((entries["label"] == entries["predicted"]).argmax())
    entries["predicted"][place] = (entries["label"][place] + 1) % 10
    header = file.read_bytes()[: -entries.nbytes]
    file.write_bytes(header + entries.tobytes())
    record = file.with_suffix(".json")
    record.write_text(record.read_text().replace(before, sha256_of(file)))
    found = verify_report(page, lambda _: study).problems
    assert any("predictions are correct" in problem.problem for problem in found)
    assert any("scores.npy" in problem.text for problem in found)


@pytest.mark.parametrize("name", BESIDE.values())
def test_a_report_is_not_taken_for_up_to_date_where_such_a_file_changed(study, blank_figures, name):
    assert run_render(study, study, "--format", "html").exit_code == 0
    file = next(study.rglob(name))
    file.write_bytes(file.read_bytes().replace(b"1", b"2"))
    again = run_render(study, study, "--format", "html")
    assert f"{name} isn't the file" in str(again.error).replace("’", "'")


@pytest.fixture
def pdf(study, monkeypatch, tmp_path):
    """Return the PDF of a shorter report in a folder without any study."""
    pytest.importorskip("weasyprint")
    draw_nothing(monkeypatch)
    shorten(study)

    def write_pdf():
        done = run_render(study, tmp_path / "mail", "--format", "pdf")
        assert done.exit_code == 0, done.error or done.unexpected
        monkeypatch.chdir(tmp_path / "mail")
        return done.pdf_file

    return write_pdf


def test_a_pdf_carries_them_and_is_checked_by_itself(pdf):
    result = CliRunner().invoke(cli, ["verify", str(pdf())])
    assert "checked against the records attached" in result.output, result.output
    assert "no errors found" in result.output


def test_a_pdf_whose_files_are_too_large_asks_for_the_folder(pdf, study, monkeypatch):
    monkeypatch.setattr(manifest, "MOST_SCORES", 0)
    file = pdf()
    result = CliRunner().invoke(cli, ["verify", str(file)])
    assert result.exit_code == 1
    assert "scores and answers to test pictures that" in str(result.exception)
    assert "--runs" in result.exception.hint
    assert verify(file, study).exit_code == 0


def test_a_comparison_says_the_very_same(plain, large, tmp_path, monkeypatch):
    second = tmp_path / "runs" / "second"
    monkeypatch.setattr(picture_files, "MOST_IN_JSON", 50_000)
    write_fake_study(second, Fake(overrides={"seed": 1}, thumbnails=False))
    monkeypatch.setattr(picture_files, "MOST_IN_JSON", 10)
    other = in_other_form(second, tmp_path / "runs" / "third" / "second")
    pages = []
    for pair in ((plain, second), (large, other)):
        arguments = ["compare", *map(str, pair), "--output", str(tmp_path / "out")]
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 0, result.output or result.exception
        again = CliRunner().invoke(cli, [*arguments, "--check"])
        assert again.exit_code == 0, again.output
        pages.append((tmp_path / "out" / "comparison.html").read_text(encoding="utf-8"))
    assert "McNemar" in pages[0]
    assert DIGESTS.sub("", pages[0]) == DIGESTS.sub("", pages[1])


def test_whether_a_pdf_can_carry_the_records_is_about_those_that_it_would_carry(large, monkeypatch):
    n_bytes = sum(file.stat().st_size for file in large.rglob("*.json"))
    monkeypatch.setattr(manifest, "MOST_RECORDS", n_bytes)
    assert not manifest.too_large_to_attach(large)
    monkeypatch.setattr(manifest, "MOST_RECORDS", n_bytes - 1)
    assert manifest.too_large_to_attach(large)
