"""A report that says something else than its records is caught, number by number."""

import json
import re
import shutil

import msgspec
import pytest
from click.testing import CliRunner

from report.audit.read_html import read_pieces
from report.errors import ReportError
from report.evidence.recompute import Sources
from training.cli import cli

pytestmark = pytest.mark.usefixtures("blank_figures")


@pytest.fixture(scope="module")
def rendered(finished):
    """Return the report that tests only read."""
    return finished.html


@pytest.fixture
def report(study, rendered, drawn, monkeypatch):
    """Return a report of the test's own, whose figures needn't be drawn again."""
    monkeypatch.setenv("HOMEWORK_CACHE", str(drawn))
    file = study / "report.html"
    file.write_text(rendered, encoding="utf-8")
    return file


def verify(report, *options):
    return CliRunner().invoke(cli, ["verify", str(report), *options])


def change(study, experiment, file="metrics.json", **fields):
    path = study / experiment / "seed-0" / file
    path.write_bytes(msgspec.json.encode(msgspec.json.decode(path.read_bytes()) | fields))


def test_a_fresh_report_is_as_the_records_say(report, rendered):
    result = verify(report)
    assert result.exit_code == 0, result.output
    n_figures = len(re.findall('<figure class="(?:plot|gallery)', rendered))
    assert re.search(
        rf"^{rendered.count('<data '):,} numbers, \d+ sentences, \d+ tables, {n_figures} "
        r"figures checked against .*: no errors found\.$", result.output, re.MULTILINE,
    )  # fmt: skip
    assert rendered.count("<data ") > 500


def edited(report, pattern, replacement):
    text, n = re.subn(pattern, replacement, report.read_text(encoding="utf-8"), count=1)
    assert n == 1
    report.write_text(text, encoding="utf-8")
    return verify(report)


def test_a_digit_changed_by_hand_is_named(report):
    pattern = r'(data-source="scratch/best/seed-0/metrics.json#/test/accuracy">)[^<]+'
    result = edited(report, pattern, r"\g<1>99.9")
    assert result.exit_code == 1
    assert "“99.9”" in result.output
    assert "1 error found" in result.output


def test_a_value_changed_with_its_text_is_named(report):
    pattern = r'value="[^"]+" (data-source="scratch/best/seed-0/metrics.json#/test/accuracy">)[^<]+'
    result = edited(report, pattern, r'value="0.999" \g<1>99.9')
    assert result.exit_code == 1
    assert "the report has 0.999, the records now give" in result.output


def test_a_source_that_points_elsewhere_is_followed(report):
    pattern = r'data-source="scratch/best/seed-0/metrics.json#/test/accuracy"'
    assert edited(report, pattern, 'data-source="study.json#/settings/gamma"').exit_code == 1


def test_a_changed_record_is_named(report, study):
    metrics = json.loads((study / "beyond/vgg16/seed-0/metrics.json").read_text())
    change(study, "beyond/vgg16", test=metrics["test"] | {"accuracy": 0.987654321})
    result = verify(report)
    assert result.exit_code == 1
    assert "the records now give 0.987654321" in result.output
    assert "beyond/vgg16/seed-0/metrics.json" in result.output


def test_a_record_that_only_a_figure_shows_is_named(report, study):
    change(study, "scratch/best", "curves.json", epoch_seconds=[1.0] * 12)
    result = verify(report)
    assert "scratch/best/seed-0/curves.json: the record has changed since" in result.output


def test_a_record_added_since_is_named(report, study):
    (study / "beyond/vgg16/seed-0/predictions.json").unlink()
    CliRunner().invoke(cli, ["render", "--runs", str(study.parent), "--format", "html"])
    shutil.copy(
        study / "beyond/resnet18/seed-0/predictions.json",
        study / "beyond/vgg16/seed-0/predictions.json",
    )
    result = verify(report)
    assert "beyond/vgg16/seed-0/predictions.json: the record has been added" in result.output


def test_a_report_that_names_no_records_is_told(report):
    result = edited(report, r'<meta name="homework-records"[^>]*>', "")
    assert result.exit_code == 1
    assert "doesn't name the records" in result.output


@pytest.mark.parametrize(
    "pattern",
    [
        r'(?s)(id="table-test-accuracies".*?<td [^>]*>)<data [^>]*>[^<]*</data>',
        r'(data-strength="fact">[^<]*)<data [^>]*>[^<]*</data>',
    ],
)
def test_a_digit_without_a_source_is_named(report, pattern):
    result = edited(report, pattern, r"\g<1>99.9")
    assert result.exit_code == 1
    assert "“99.9”: this number has no source" in result.output


def test_a_missing_record_is_named(report, study):
    (study / "freezing/cnn/seed-0/metrics.json").unlink()
    result = verify(report)
    assert result.exit_code == 1
    assert "The record freezing/cnn/seed-0/metrics.json is missing" in result.output


@pytest.mark.parametrize(
    ("experiment", "file", "fields", "expected"),
    [
        ("scratch/baseline", "metrics.json", {"spec_hash": "0" * 16}, "the spec's hash is"),
        ("scratch/baseline", "metrics.json", {"best_epoch": 1}, "best"),
        ("scratch/baseline", "predictions.json", {"predicted": None}, "predictions"),
    ],
)
def test_records_that_contradict_themselves_are_named(
    report, study, experiment, file, fields, expected
):
    if "predicted" in fields:
        path = study / experiment / "seed-0" / file
        label = json.loads(path.read_text())["label"]
        fields = {"predicted": label}
    change(study, experiment, file, **fields)
    result = verify(report)
    assert result.exit_code == 1
    assert expected in result.output


def test_a_freeze_label_that_its_counts_contradict_is_named(report, study):
    file = study / "freezing/cnn/seed-0/metrics.json"
    counts = json.loads(file.read_text())["parameters"]
    swapped = counts | {
        "trainable": counts["frozen"],
        "frozen": counts["trainable"],
        "trainable_parts": {"features": counts["parts"]["features"], "classifier": 0},
    }
    change(study, "freezing/cnn", parameters=swapped)
    assert "none of its parameters should be trained" in verify(report).output
    CliRunner().invoke(cli, ["render", "--runs", str(study.parent), "--format", "html"])
    html = report.read_text(encoding="utf-8")
    assert "Records contradict themselves" in html
    assert "none of its parameters should be trained" in html


def test_a_choice_that_the_grid_no_longer_makes_is_named(report, study):
    change(study, "scratch/grid-sgd-1e-5", validation={"loss": 0.1, "accuracy": 0.99})
    result = verify(report)
    assert "scratch/grid now chooses scratch/grid-sgd-1e-5" in result.output


def test_graders_can_read_it_as_json(report, study):
    (study / "freezing/cnn/seed-0/metrics.json").unlink()
    answer = json.loads(verify(report, "--json").output)
    assert answer["n_numbers"] > 500
    assert set(answer["problems"][0]) == {"where", "text", "problem", "source", "severity"}


@pytest.mark.parametrize("text", ["", "<p>no numbers</p>", "\udcff"])
def test_a_file_that_is_no_report_is_one_message(study, text):
    file = study / "report.html"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    result = verify(file)
    assert isinstance(result.exception, ReportError)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "nothing",
        "/etc/passwd#/x",
        "../quick/study.json#/title",
        "study.json#/nothing",
        "launch(study.json#/settings/gamma)",
        "sum(study.json#/settings/gamma",
        "sum(" * 99,
        "ratio(study.json#/settings/gamma,study.json#/title)",
        "study.json#/settings/gamma)",
    ],
)
def test_a_source_that_makes_no_sense_is_refused(finished_study, source):
    with pytest.raises(ReportError):
        Sources(finished_study).recompute(source)


def test_claims_carry_their_section(rendered):
    assert {piece.section for piece in read_pieces(rendered) if piece.kind == "number"} >= {
        "scratch",
        "heatmaps",
        "appendix",
    }


BF16 = "Products and convolutions were computed in bf16."
PARTS = "The device’s memory was too small for a whole batch: it went through in 4 parts."


def render_with_notes(study, **notes):
    """Add notes to records, by experiment, and render; return the report and its plain text."""
    for path in study.glob("*/*/seed-0/metrics.json"):
        record = msgspec.json.decode(path.read_bytes())
        record["notes"] += [*notes.get(record["id"], []), *notes["all"]]
        path.write_bytes(msgspec.json.encode(record))
    options = ["--runs", str(study.parent), "--format", "html"]
    assert CliRunner().invoke(cli, ["render", *options]).exception is None
    report = study / "report.html"
    return report, re.sub(r"<[^>]+>", "", report.read_text(encoding="utf-8"))


def test_what_records_note_is_quoted_digits_and_all_and_once(study):
    report, text = render_with_notes(study, all=[BF16], **{"scratch/best": [PARTS]})
    result = verify(report)
    assert result.exit_code == 0, result.output
    assert f"All experiments: {BF16}" in text
    assert text.count(BF16) == 1
    assert f"scratch/best: {PARTS}" in text


def test_experiments_without_a_note_are_named_where_most_have_it(study):
    path = study / "scratch/best/seed-0/metrics.json"
    before = path.read_bytes()
    report, text = render_with_notes(study, all=[BF16])
    path.write_bytes(before)
    options = ["--runs", str(study.parent), "--format", "html"]
    assert CliRunner().invoke(cli, ["render", *options]).exception is None
    text = re.sub(r"<[^>]+>", "", report.read_text(encoding="utf-8"))
    assert f"All experiments but scratch/best: {BF16}" in text


def test_a_note_that_no_record_holds_is_named(study):
    report, _ = render_with_notes(study, all=[PARTS])
    result = edited(report, "in 4 parts", "in 2 parts")
    assert result.exit_code == 1
    assert "in 2 parts" in result.output


def test_another_number_of_devices_is_caught(study, render):
    path = study / "scratch" / "baseline" / "seed-0" / "metrics.json"
    record = json.loads(path.read_text())
    record["environment"]["n_devices"] = 2
    path.write_text(json.dumps(record))
    assert render().exit_code == 0
    report = study / "report.html"
    assert verify(report).exit_code == 0
    pattern = r'(<data value=")2("[^>]*/environment/n_devices"[^>]*>)2<'
    answer = edited(report, pattern, r"\g<1>4\g<2>4<")
    assert answer.exit_code == 1
    assert "n_devices" in answer.output
