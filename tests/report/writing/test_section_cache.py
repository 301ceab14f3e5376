"""What is remembered of a report, and when a section's records count as changed."""

import json

import pytest

from report.evidence.load import load_study
from report.writing.section_cache import recall, remember
from report.writing.staleness import records_hash
from report.writing.templating import Fragment

FRAGMENTS = [Fragment("data", "The data", "<section>…</section>", "…", "abc", {"f": "<svg/>"})]


@pytest.fixture
def report(tmp_path):
    file = tmp_path / "report.html"
    file.write_bytes(b"page")
    remember(file, b"page", FRAGMENTS)
    return file


def test_a_report_as_it_was_written_is_recalled(report):
    memory = recall(report)
    assert memory.fragment("data") == FRAGMENTS[0]
    assert memory.fragment("transfer") is None


def test_a_report_changed_since_is_not_recalled(report):
    report.write_bytes(b"pagE")
    assert recall(report) is None


def test_a_report_elsewhere_is_not_recalled(report, tmp_path):
    other = tmp_path / "other" / "report.html"
    other.parent.mkdir()
    other.write_bytes(b"page")
    assert recall(other) is None


def test_another_versions_report_is_not_recalled(report, monkeypatch):
    monkeypatch.setattr("report.writing.section_cache.VERSION", "0.0.0")
    assert recall(report) is None


def test_a_broken_memory_is_not_recalled(report, tmp_path):
    for file in (tmp_path / "cache" / "reports").iterdir():
        file.write_text('{"version": 1}')
    assert recall(report) is None


def test_a_tilde_in_the_cache_folders_name_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOMEWORK_CACHE", "~/kept")
    remember(tmp_path / "report.html", b"page", FRAGMENTS)
    assert len(list((tmp_path / "home" / "kept" / "reports").iterdir())) == 1
    assert not (tmp_path / "~").exists()


def touch(study, path, **fields):
    file = study / path
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def hashes(study, *reads):
    return [records_hash(load_study(study), (name,)) for name in reads]


def test_a_changed_record_changes_the_sections_that_read_it(study):
    reads = ("transfer", "transfer/grid", "transfer/best", "*", "scratch", "scratch/grid")
    before = hashes(study, *reads)
    touch(study, "transfer/best/seed-0/metrics.json", notes=["again"])
    after = hashes(study, *reads)
    changed = [name for name, old, new in zip(reads, before, after, strict=True) if old != new]
    assert changed == ["transfer", "transfer/best", "*"]


def test_a_changed_data_set_changes_every_section(study):
    before = hashes(study, "transfer", "scratch/baseline")
    touch(study, "dataset.json", name="another")
    assert not set(before) & set(hashes(study, "transfer", "scratch/baseline"))


def test_a_changed_title_changes_no_section(study):
    before = hashes(study, "*")
    touch(study, "study.json", title="Another", author="Somebody", command="homework run x")
    assert hashes(study, "*") == before
