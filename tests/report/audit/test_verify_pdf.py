"""A PDF that says something else than its manifest, its records or a study is caught."""

import io
import json
import re
import shutil
import zipfile

import pytest
from click.testing import CliRunner
from pdf_editing import edit_attachment, edit_number
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText

from report.audit.compare_pdf_text import compare_pages
from report.audit.manifest import unpack_records
from report.audit.read_html import Piece
from report.errors import ReportError
from report.verify.pdf import ON_SCREEN
from training.cli import cli


@pytest.fixture(scope="module")
def finished_study(short_study):
    return short_study


@pytest.fixture(scope="module")
def finished(short_finished):
    return short_finished


@pytest.fixture
def report(finished, tmp_path, monkeypatch):
    """Return a PDF of the test's own, in a folder without any study."""
    folder = tmp_path / "mail"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return shutil.copy(finished.pdf_file, folder / "handed-in.pdf")


@pytest.fixture
def beside(report, study):
    """Return a PDF that lies in its study's folder."""
    return shutil.move(report, study / "report.pdf")


def verify(report, *options):
    return CliRunner().invoke(cli, ["verify", str(report), *options])


def test_a_fresh_pdf_is_as_its_attached_records_say(report, finished):
    result = verify(report)
    assert result.exit_code == 0, result.output
    on_paper = ON_SCREEN.sub(lambda found: found[1] or "", finished.html)
    assert re.search(
        rf"^{on_paper.count('<data '):,} numbers, .* checked against the records attached",
        result.output,
    )
    assert "not whether those are genuine" in result.output


def test_a_study_at_hand_is_preferred_to_what_is_attached(beside, study):
    result = verify(beside)
    assert result.exit_code == 0, result.output
    assert f"checked against {study}" in result.output
    assert "genuine" not in result.output


def test_a_study_can_be_named(report, study):
    result = verify(report, "--runs", str(study.parent))
    assert result.exit_code == 0, result.output
    assert f"checked against {study}" in result.output


def test_a_study_that_was_named_is_never_replaced_by_the_attached_one(report, tmp_path):
    result = verify(report, "--runs", str(tmp_path / "nothing"))
    assert isinstance(result.exception, ReportError)


def test_a_digit_changed_on_a_page_is_named(report, finished_study):
    record = json.loads((finished_study / "beyond/resnet18/seed-0/metrics.json").read_text())
    printed = f"{100 * record['test']['accuracy']:.1f}"
    assert edit_number(report, printed, printed[0], "1") == 1
    result = verify(report)
    assert result.exit_code == 1
    assert f"“{printed} %”: the page shows" in result.output
    assert "beyond/resnet18/seed-0/metrics.json#/test/accuracy" in result.output
    assert "1 error found" in result.output


def test_a_number_written_over_a_page_is_named(report):
    writer = PdfWriter(clone_from=report)
    writer.add_annotation(2, FreeText(text="99.9 %", rect=(100, 500, 200, 520)))
    writer.write(report)
    result = verify(report)
    assert result.exit_code == 1
    assert "“page 3”: something was drawn over this page" in result.output


def edit_manifest(report, change):
    def edited(content):
        manifest = json.loads(content)
        change(manifest)
        return json.dumps(manifest).encode()

    edit_attachment(report, "manifest.json", edited)
    return verify(report)


def accuracy_piece(manifest):
    source = "beyond/resnet18/seed-0/metrics.json#/test/accuracy"
    return next(p for p in manifest["pieces"] if p.get("source") == source)


def test_a_manifest_value_changed_by_hand_is_named(report):
    result = edit_manifest(report, lambda m: accuracy_piece(m).update(value="0.999"))
    assert result.exit_code == 1
    assert "the report has 0.999, the records now give" in result.output


def test_a_manifest_and_a_page_changed_together_are_named(report, finished_study):
    record = json.loads((finished_study / "beyond/resnet18/seed-0/metrics.json").read_text())
    printed = f"{100 * record['test']['accuracy']:.1f}"
    forged = "1" + printed[1:]
    edit_number(report, printed, printed[0], "1")
    result = edit_manifest(report, lambda m: accuracy_piece(m).update(text=f"{forged}\u00a0%"))
    assert result.exit_code == 1
    assert "the record says" in result.output


def test_a_number_without_its_source_is_named(report):
    def forget(manifest):
        piece = accuracy_piece(manifest)
        piece["kind"] = "result"
        del piece["value"], piece["source"]

    result = edit_manifest(report, forget)
    assert result.exit_code == 1
    assert "has no source" in result.output


def edit_records(report, change):
    def edited(content):
        old, new = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
        with zipfile.ZipFile(new, "w") as archive:
            for name in old.namelist():
                record = change(name, old.read(name))
                if record is not None:
                    archive.writestr(name, record)
        return new.getvalue()

    edit_attachment(report, "records.zip", edited)
    return verify(report)


def test_an_attached_record_changed_by_hand_is_named(report):
    name = "beyond/vgg16/seed-0/metrics.json"

    def change(path, content):
        if not path.endswith(name):
            return content
        record = json.loads(content)
        record["test"]["accuracy"] = 0.987654321
        return json.dumps(record).encode()

    result = edit_records(report, change)
    assert result.exit_code == 1
    assert "the records now give 0.987654321" in result.output
    assert f"{name}: the record has changed since the report was made" in result.output


def test_an_attached_record_taken_out_is_named(report):
    name = "freezing/cnn/seed-0/metrics.json"
    result = edit_records(report, lambda path, content: content if name not in path else None)
    assert result.exit_code == 1
    assert f"The record {name} is missing" in result.output


def test_records_taken_out_altogether_are_asked_for(report):
    edit_attachment(report, "records.zip", lambda _: None)
    result = verify(report)
    assert isinstance(result.exception, ReportError)
    assert "No records are attached" in result.exception.message


def test_a_study_changed_since_is_named(beside, study):
    file = study / "scratch/best/seed-0/curves.json"
    record = json.loads(file.read_text())
    record["epoch_seconds"][0] += 1
    file.write_text(json.dumps(record))
    result = verify(beside)
    assert result.exit_code == 1
    assert "scratch/best/seed-0/curves.json: the record has changed" in result.output


def test_a_deleted_record_is_named(beside, study):
    (study / "freezing/cnn/seed-0/metrics.json").unlink()
    result = verify(beside)
    assert result.exit_code == 1
    assert "The record freezing/cnn/seed-0/metrics.json is missing" in result.output


def test_graders_can_read_it_as_json(report):
    answer = json.loads(verify(report, "--json").output)
    assert answer["study"] is None
    assert answer["problems"] == []
    assert answer["n_numbers"] > 100


def test_another_pdf_is_refused_with_one_message(tmp_path):
    file = tmp_path / "other.pdf"
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(file)
    result = verify(file)
    assert isinstance(result.exception, ReportError)
    assert "has no manifest.json attached" in result.exception.message


@pytest.mark.parametrize("content", [b"%PDF-1.7\nnonsense", b"%PDF-1.7 %%EOF", b"%PDF-"])
def test_a_damaged_pdf_is_one_message(tmp_path, content):
    file = tmp_path / "broken.pdf"
    file.write_bytes(content)
    assert isinstance(verify(file).exception, ReportError)


@pytest.mark.parametrize("change", [lambda _: b"{", lambda _: b"{}", lambda _: b'{"format": 99}'])
def test_a_damaged_manifest_is_one_message(report, change):
    edit_attachment(report, "manifest.json", change)
    assert isinstance(verify(report).exception, ReportError)


@pytest.mark.parametrize(
    "names",
    [
        ["../study.json"],
        ["/etc/study.json"],
        ["a/b/study.json"],
        ["a/x.sh"],
        ["a/study.json", "b/study.json"],
        [],
        ["a\\..\\study.json"],
    ],
)
def test_attached_records_stay_in_their_folder(tmp_path, names):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "{}")
    with pytest.raises(ReportError):
        unpack_records(packed.getvalue(), tmp_path / "out")
    assert not (tmp_path / "study.json").exists()


def test_attached_records_that_are_no_zip_are_refused(tmp_path):
    with pytest.raises(ReportError, match="can’t be unpacked"):
        unpack_records(b"PK nonsense", tmp_path)


def test_attached_records_make_the_study_again(report, finished_study, tmp_path):
    packed = PdfReader(report).attachments["records.zip"][0]
    study = unpack_records(packed, tmp_path)
    assert study.name == finished_study.name
    for file in study.rglob("*.json"):
        original = finished_study / file.relative_to(study)
        assert file.read_bytes() == original.read_bytes()


def test_several_kinds_of_space_may_stand_before_a_heading():
    from report.audit.compare_pdf_text import _counters

    contents = "Contents\n1 Introduction . . . . . 2"
    for space in (" ", "\u2002 ", "\u2002"):
        assert list(_counters([contents, f"1{space}Introduction\nText"])) == []
    assert list(_counters([contents, "2 Introduction\nText"]))


def test_what_paper_only_names_is_counted_by_itself():
    from report.audit.compare_pdf_text import _counters

    page = "Figure 1. A\nTable S1. B\nFigure S1. C\nFigure 2. D\nTable S2. E"
    assert list(_counters([page])) == []
    found = list(_counters([page.replace("S2", "S3")]))
    assert [problem.problem for problem in found] == ["Table S3 stands where Table S2 should"]


def test_a_caption_that_begins_as_its_counter_does_is_found_on_the_next_page():
    """A section that begins a page with “Table 2. The …” goes on where it should."""
    said = ("It ends.", "Figures and tests", "The tests behind the answers, all of them.", "A row")
    pieces = [p for text in said for p in (Piece("text", "figures", text), Piece("block"))]
    pages = [
        "It ends.\n• •\nA study\nWhat came out\npage 1 of 2",
        (
            "2 Figures and tests\nTable 1. The tests behind the answers, all of them.\nA row\n"
            "A study\nFigures and tests\npage 2 of 2"
        ),
    ]
    running = ("A study", "What came out", "Figures and tests")
    assert list(compare_pages(pieces, pages, running)) == []
    changed = [pages[0], pages[1].replace("all of", "none of")]
    assert len(list(compare_pages(pieces, changed, running))) == 1
