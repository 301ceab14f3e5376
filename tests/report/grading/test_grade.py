"""`homework grade`: many submissions in one table, and what in them can't be trusted."""

import csv
import hashlib
import io
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from rendering import run_render

from training.cli import cli, main


def grade(*arguments):
    return CliRunner().invoke(cli, ["grade", *map(str, arguments)])


def graded(*arguments):
    return {row["name"]: row for row in json.loads(grade(*arguments, "--json").output)}


@pytest.fixture(scope="module")
def finished_study(short_study):
    return short_study


@pytest.fixture(scope="module")
def blanks(tmp_path_factory):
    """Return a cache of figures left blank."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def reports(finished_study, blanks, tmp_path_factory):
    """Return the reports of the finished study, figures left blank."""
    output = tmp_path_factory.mktemp("reports")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(blanks))
        blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
        patch.setattr("report.figures.drawing_pool.draw", lambda *_: blank)
        patch.setattr("report.figures.drawing_pool.helpers", lambda: 0)
        assert run_render(finished_study, output).exit_code == 0
    return output


@pytest.fixture
def handed_in(finished_study, reports, blanks, tmp_path, monkeypatch):
    """Return a folder with three submissions: a study, a lone PDF, and nothing."""
    monkeypatch.setenv("HOMEWORK_CACHE", str(blanks))
    folder = tmp_path / "submissions"
    study = folder / "alice" / "runs" / "quick"
    shutil.copytree(finished_study, study)
    shutil.copy(reports / "report.html", study)
    (folder / "bob").mkdir()
    shutil.copy(reports / "report.pdf", folder / "bob" / "my-report.pdf")
    (folder / "carl").mkdir()
    return folder


def change_time(study):
    """Give a study's records other times, as another run of the same study would have."""
    for file in study.glob("*/*/seed-*/metrics.json"):
        record = json.loads(file.read_text())
        file.write_text(json.dumps(record | {"finished_at": "2026-01-01T00:00:00Z"}))


def test_every_submission_has_a_line(handed_in):
    result = grade(handed_in)
    lines = result.output.splitlines()
    assert re.match(r"alice/quick .* 29 of 29 .* % .* as recorded$", lines[1]), result.output
    assert re.match(r"bob/my-report.pdf .* 29 of 29 .* a copy$", lines[2]), result.output
    assert re.match(r"carl .* nothing to grade$", lines[3]), result.output
    assert result.exit_code == 1
    assert "carl: submission: it holds no study and no report" in result.output


def test_what_can_be_trusted_exits_with_0(handed_in):
    result = grade(handed_in / "alice")
    assert result.exit_code == 0, result.output
    assert "1 submission, 0 with errors" in result.output


def test_a_number_changed_by_hand_is_named_with_its_submission(handed_in):
    page = handed_in / "alice" / "runs" / "quick" / "report.html"
    text = page.read_text()
    value = re.search(r'<data value="(0\.\d+)" data-source="[^"]*#/test/accuracy">', text)[1]
    page.write_text(text.replace(f'"{value}"', '"0.999"', 1))
    found = graded(handed_in / "alice")["quick"]
    assert found["verdict"] == "can’t be trusted"
    assert "the report has 0.999" in found["problems"][0]["problem"]
    assert found["problems"][0]["where"].startswith("report.html, ")


def test_words_of_another_version_are_as_recorded_only_in_part(handed_in):
    page = handed_in / "alice" / "runs" / "quick" / "report.html"
    text = page.read_text().replace("Data set", "Set of data", 1)
    page.write_text(re.sub("(&#34;program&#34;:&#34;)[0-9a-f]", r"\1x", text))
    found = graded(handed_in / "alice")["quick"]
    assert (found["verdict"], found["problems"]) == ("as recorded, in part", [])
    (said,) = found["not_checked"]
    assert f"quick: not checked: {said}\n" in grade(handed_in / "alice").output


def test_a_word_changed_by_hand_is_named_with_its_submission(handed_in):
    page = handed_in / "alice" / "runs" / "quick" / "report.html"
    page.write_text(page.read_text().replace("Data set", "Set of data", 1))
    found = graded(handed_in / "alice")["quick"]
    assert found["verdict"] == "can’t be trusted"
    assert found["problems"][0]["where"] == "report.html, front matter"


def test_a_record_changed_by_hand_is_named_without_a_report(handed_in):
    study = handed_in / "alice" / "runs" / "quick"
    (study / "report.html").unlink()
    file = study / "beyond" / "resnet18" / "seed-0" / "metrics.json"
    record = json.loads(file.read_text())
    record["test"]["n_correct"] += 3
    file.write_text(json.dumps(record))
    assert graded(handed_in / "alice")["quick"]["verdict"] == "can’t be trusted"


def test_records_without_a_report_are_held_against_themselves(handed_in):
    (handed_in / "alice" / "runs" / "quick" / "report.html").unlink()
    found = graded(handed_in / "alice")["quick"]
    assert (found["verdict"], found["problems"]) == ("no report", [])


def test_the_best_result_and_its_interval_are_the_records(handed_in, finished_study):
    records = [json.loads(f.read_text()) for f in finished_study.glob("*/*/*/metrics.json")]
    best = max(r["test"]["accuracy"] for r in records if r["test"])
    found = graded(handed_in / "alice")["quick"]
    assert found["accuracy"] == best
    assert found["low"] < best < found["high"]


def test_copied_records_are_named_and_a_run_repeated_is_not(handed_in):
    dora, eve = handed_in / "dora", handed_in / "eve"
    shutil.copytree(handed_in / "alice", dora)
    shutil.copytree(handed_in / "alice", eve)
    change_time(eve / "runs" / "quick")
    found = graded(handed_in)
    assert (found["dora/quick"]["copied_from"], found["dora/quick"]["n_copied"]) == (
        "alice/quick", 29,
    )  # fmt: skip
    assert found["eve/quick"]["n_copied"] == 0
    assert found["bob/my-report.pdf"]["copied_from"] == "alice/quick"


def test_a_damaged_submission_does_not_keep_others_from_being_graded(handed_in):
    (handed_in / "alice" / "runs" / "quick" / "study.json").write_text("{")
    (handed_in / "bob" / "my-report.pdf").write_bytes(b"%PDF-1.7 and nothing")
    found = graded(handed_in)
    assert "study.json" in found["alice/quick"]["problems"][0]["problem"]
    assert "my-report.pdf" in found["bob/my-report.pdf"]["problems"][0]["problem"]


def test_csv_is_read_by_a_spreadsheet_and_starts_no_formula(handed_in):
    file = handed_in / "alice" / "runs" / "quick" / "study.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"author": "=1+1"}))
    rows = list(csv.DictReader(io.StringIO(grade(handed_in / "alice", "--csv").output)))
    assert [row["name"] for row in rows] == ["quick"]
    assert rows[0]["author"] == "'=1+1"
    assert float(rows[0]["accuracy"]) > 0


def zeros(file):
    file.symlink_to("/dev/zero")


def immense(file):
    with file.open("wb") as opened:
        opened.truncate(2**40)


TRAPS = {
    "pipe": ("transfer/best/seed-0/metrics.json", os.mkfifo),
    "device": ("transfer/best/seed-0/metrics.json", zeros),
    "immense": ("dataset.json", immense),
    "folder": ("study.json", Path.mkdir),
    "lone": ("report.pdf", os.mkfifo),
}


@pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes")
def test_a_trap_among_submissions_is_named_and_holds_up_nothing(handed_in):
    """A pipe would be waited for, a device read without end, an immense file fill the memory."""
    study = handed_in / "alice" / "runs" / "quick"
    for name, (file, make) in TRAPS.items():
        if name == "lone":
            (handed_in / name).mkdir()
        else:
            shutil.copytree(study, handed_in / name / "quick")
        trap = handed_in / name / ("" if name == "lone" else "quick") / file
        trap.unlink(missing_ok=True)
        make(trap)
    command = "from training.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "grade", handed_in, "--json"],
        capture_output=True, text=True, timeout=200, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30)),
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    rows = {row["name"].partition("/")[0]: row for row in json.loads(done.stdout)}
    assert rows["alice"]["n_numbers"] > 0
    assert not rows["alice"]["problems"]
    for name in TRAPS:
        assert rows[name]["problems"], name


def test_a_tree_without_end_is_not_followed(handed_in):
    deep = handed_in / "carl"
    for _ in range(200):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (handed_in / "carl" / "round").symlink_to(handed_in, target_is_directory=True)
    assert sorted(graded(handed_in)) == ["alice/quick", "bob/my-report.pdf", "carl"]


def test_nothing_to_grade_is_one_message(tmp_path):
    result = grade(tmp_path)
    assert "There is no study and no report" in str(result.exception)
    assert "doesn’t exist" in str(grade(tmp_path / "none").exception)


@pytest.mark.parametrize("command", ["grade", "verify"])
def test_the_shell_is_told(handed_in, monkeypatch, command):
    page = handed_in / "alice" / "runs" / "quick" / "report.html"
    place = page if command == "verify" else handed_in / "alice"
    monkeypatch.setattr(sys, "argv", ["homework", command, str(place)])
    main()
    page.write_text(page.read_text().replace("</data>", "1</data>", 1))
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1


EXAMPLE = Path(__file__).parents[3] / "runs" / "example"


@pytest.fixture
def shipped(tmp_path):
    """Return a folder whose owner handed in a clone: its example, without pictures."""
    small = shutil.ignore_patterns("thumbnails", "report.*")
    shutil.copytree(EXAMPLE, tmp_path / "clones" / "zoe" / "runs" / "example", ignore=small)
    return tmp_path / "clones"


def test_a_submission_of_which_nothing_is_its_own_is_a_copy_and_fails(handed_in):
    shutil.rmtree(handed_in / "carl")
    shutil.rmtree(handed_in / "bob")
    shutil.copytree(handed_in / "alice", handed_in / "dora")
    found = graded(handed_in)
    assert found["alice/quick"]["verdict"] == "as recorded"
    assert found["dora/quick"]["verdict"] == "a copy"
    reason = "none of its 29 records is its own: they are those of alice/quick"
    assert [problem["problem"] for problem in found["dora/quick"]["problems"]] == [reason]
    answer = grade(handed_in)
    assert answer.exit_code == 1
    assert "2 submissions, 1 with errors" in answer.output
    shutil.rmtree(handed_in / "dora" / "runs" / "quick" / "transfer")
    partly = handed_in / "dora" / "runs" / "quick" / "scratch" / "best" / "seed-0" / "metrics.json"
    record = json.loads(partly.read_text())
    partly.write_text(json.dumps(record | {"finished_at": "2026-01-01T00:00:00Z"}))
    assert graded(handed_in)["dora/quick"]["verdict"] != "a copy"


def test_a_study_and_its_pdf_of_one_person_are_no_copies(handed_in, reports):
    shutil.copy(reports / "report.pdf", handed_in / "alice")
    found = graded(handed_in / ".")
    assert {found[name]["verdict"] for name in ("alice/quick", "alice/report.pdf")} == {
        "as recorded"
    }
    assert found["bob/my-report.pdf"]["verdict"] == "a copy"


def test_the_shipped_example_is_known_and_alone_it_is_a_copy(shipped):
    found = graded(shipped)["zoe/example"]
    assert found["verdict"] == "a copy"
    assert "the example that ships with homework" in found["problems"][-1]["problem"]
    shutil.move(shipped / "zoe" / "runs" / "example", shipped / "zoe" / "runs" / "mine")
    assert graded(shipped)["zoe/mine"]["verdict"] == "a copy"


def test_the_shipped_example_beside_a_study_is_passed_over(shipped, finished_study):
    for name in ("zoe", "yan"):
        study = Path(shutil.copytree(finished_study, shipped / name / "runs" / "quick"))
        if name == "yan":
            shutil.copytree(shipped / "zoe" / "runs" / "example", study.parent / "example")
            change_time(study)
    answer = grade(shipped)
    assert answer.exit_code == 0, answer.output
    assert "Passed over: zoe/example: the example that ships with homework." in answer.output
    assert "2 submissions, 0 with errors" in answer.output
    assert "identical" not in answer.output


def test_every_record_of_the_example_that_ships_now_is_known():
    from report.grading.known_examples import is_known

    digests = [hashlib.sha256(f.read_bytes()).hexdigest() for f in EXAMPLE.rglob("metrics.json")]
    assert len(digests) == 29
    assert all(map(is_known, digests)), "add the new example's records to known_examples.py"


def test_what_cannot_be_opened_is_named_and_nothing_is_passed_over_in_silence(handed_in):
    (handed_in / "ed.rar").write_bytes(b"Rar!")
    (handed_in / "carl" / "work").mkdir()
    (handed_in / "carl" / "work" / "runs.7z").write_bytes(b"7z")
    (handed_in / "essay.docx").write_bytes(b"words")
    answer = grade(handed_in)
    assert "ed.rar can’t be unpacked: it is neither zip nor tar" in answer.output
    assert "work/runs.7z in it would have to be unpacked by hand" in answer.output
    assert f"Passed over: {handed_in / 'essay.docx'}: neither" in answer.output
