"""Studies of very many runs: the report lists the best, counts all, and every number is verified.

The limits are lowered, so that two hundred runs are very many.
"""

import csv
import io
import json
import os
import re
import shutil
import sqlite3
import sys
import tracemalloc
from pathlib import Path

import pytest
from click.testing import CliRunner
from rendering import draw_nothing

from report.evidence import file_index, record_files
from report.evidence.load import load_study
from report.findings import contradictions
from training.cli import cli

ROOT = Path(__file__).parents[2]
MAKER = ROOT / "bench" / "many.py"
N_MEMBERS = 50
SEEDS = 2

pytestmark = [
    pytest.mark.usefixtures("blank_figures"),
    pytest.mark.skipif(not MAKER.exists(), reason="bench/ isn't part of a source distribution"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a study of four grids of about 50 members, two seeds each, that tests only read."""
    sys.path.insert(0, str(MAKER.parent))
    from many import write_grids

    folder = tmp_path_factory.mktemp("made") / "many"
    write_grids(ROOT / "runs" / "example", folder, 4 * N_MEMBERS * SEEDS, seeds=SEEDS)
    return folder


def lower_limits(patch):
    """Let two hundred runs count as very many."""
    for limit in ("evidence.very_many.MOST_MEMBERS", "evidence.very_many.FEW",
                  "evidence.record_files.MANY", "audit.manifest.MANY"):  # fmt: skip
        patch.setattr(f"report.{limit}", 30)


@pytest.fixture
def many(made, tmp_path, monkeypatch):
    """Return such a study of the test's own."""
    lower_limits(monkeypatch)
    return Path(shutil.copytree(made, tmp_path / "runs" / "many"))


@pytest.fixture(scope="module")
def page(made, tmp_path_factory):
    """Return the study's report, for tests that only read it."""
    place = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        lower_limits(patch)
        draw_nothing(patch)
        patch.setenv("HOMEWORK_CACHE", str(place))
        return rendered(made, "--output", str(place), place=place)


@pytest.fixture
def reported(many, page):
    """Return a study of the test's own, with its report."""
    (many / "report.html").write_text(page, encoding="utf-8")
    return many


def run(command, study, *options):
    where = ["--runs", str(study.parent), "--study", study.name]
    return CliRunner().invoke(cli, [command, *where, *options])


def rendered(study, *options, place=None):
    result = run("render", study, "--format", "html", *options)
    assert result.exit_code == 0, result.output
    return ((place or study) / "report.html").read_text(encoding="utf-8")


def verified(study):
    return CliRunner().invoke(cli, ["verify", str(study / "report.html")])


def table(page, slug):
    found, *_ = re.findall(rf'<figure class="table[^>]*id="table-{slug}".*?</figure>', page, re.S)
    return found


def rows(found):
    (body,) = re.findall("<tbody>(.*?)</tbody>", found, re.S)
    return re.findall("<tr.*?</tr>", body, re.S)


def records(study, pattern="*/*"):
    return [json.loads(f.read_text()) for f in sorted(study.glob(f"{pattern}/seed-*/metrics.json"))]


def best_first(study, grid):
    """Return a grid's members by the mean of their validation accuracies, read by this test."""
    found = {}
    for record in records(study, f"{grid}-*"):
        found.setdefault(record["id"], []).append(record["validation"])
    return sorted(
        found,
        key=lambda i: (-sum(s["accuracy"] for s in found[i]), sum(s["loss"] for s in found[i])),
    )


def test_tables_list_the_best_of_a_large_grid_and_how_the_others_are_spread(made, page):
    expected = best_first(made, "rates/grid")
    assert set(re.findall(r"rates/grid-\d+", table(page, "specifications"))) == set(expected[:20])
    shown = [re.search(r'data-source="[^"]*?(rates/grid-\d+)/', row)[1]
             for row in rows(table(page, "pairs-rates-grid"))]  # fmt: skip
    n = len(expected)
    quarters = [expected[quarter * n // 4] for quarter in (1, 2, 3)]
    assert shown == [*expected[:20], *quarters, expected[-1]]


def test_tables_say_what_they_leave_out_and_where_all_of_it_is(made, page):
    for slug in ("specifications", "costs", "provenance", "arithmetic", "pairs-rates-grid"):
        words = re.sub("<[^>]*>", "", table(page, slug))
        assert "Only the best members of large grids are listed: of rates/grid with 50" in words
        assert "homework export csv writes every run" in words
    exported = run("export", made, "csv", "--output", "-")
    assert len(list(csv.DictReader(io.StringIO(exported.output)))) == len(records(made))


def test_a_study_of_fewer_members_lists_them_all(many, monkeypatch):
    monkeypatch.setattr("report.evidence.very_many.MOST_MEMBERS", 5 * N_MEMBERS)
    page = rendered(many)
    assert "Only the best members" not in page
    assert len(rows(table(page, "pairs-rates-grid"))) == N_MEMBERS
    assert page.count("<code>sizes/grid-") > N_MEMBERS


def test_a_sum_over_very_many_runs_names_them_by_ranges_and_is_right(made, page):
    trained = [record["train_seconds"] for record in records(made) if not record["reused_from"]]
    found = re.findall(r'<data value="([^"]*)" data-source="sum\(\[0-[^"]*/train_seconds\)"', page)
    assert any(float(value) == pytest.approx(sum(trained)) for value in found)
    assert max(map(len, re.findall(r'data-source="([^"]*)"', page))) < 3000


def test_verify_confirms_the_report(reported):
    result = verified(reported)
    assert result.exit_code == 0, result.output
    assert "no errors found" in result.output


def edit(study, pattern, replacement):
    file = study / "report.html"
    text, n = re.subn(pattern, replacement, file.read_text(encoding="utf-8"), count=1)
    assert n == 1
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("pattern", "replacement", "said"),
    [
        (r'<data value="\d+" (data-source="count\(study\.json#/experiments/\[)',
         r'<data value="7" \1', "the report has 7"),
        (r"count\(study\.json#/experiments/\[0-", "count(study.json#/experiments/[1-",
         "the records now give"),
        (r"count\(study\.json#/experiments/\[0-(\d+)", r"count(study.json#/experiments/[0-9\1",
         "isn’t in it"),
        (r"count\(study\.json#/experiments/\[0-(\d+)", "count(study.json#/experiments/[9-0",
         "isn’t in it"),
        (r"count\(study\.json#/experiments/\[0-(\d+)", "count(study.json#/experiments/[-+",
         "doesn’t name positions"),
        (r"Only the best members", "Only the worst members", "Only the worst members"),
    ],
)  # fmt: skip
def test_a_forged_count_is_found(reported, pattern, replacement, said):
    edit(reported, pattern, replacement)
    result = verified(reported)
    assert result.exit_code == 1
    assert said in result.output


def change(study, path, **fields):
    file = study / path
    file.write_text(json.dumps(json.loads(file.read_text()) | fields, indent=1))


def test_a_run_that_no_table_lists_is_held_against_the_report(reported, page):
    last = best_first(reported, "rates/grid")[-1]
    assert f"{last}/seed-1/metrics.json=" not in page
    change(reported, f"{last}/seed-1/metrics.json", train_seconds=1000.0)
    result = verified(reported)
    assert result.exit_code == 1
    assert "rates/*: the record has changed" in result.output.replace("“”: ", "")
    assert "/train_seconds" in result.output


def test_records_too_large_for_a_pdf_are_left_out_and_that_is_said(made, tmp_path, monkeypatch):
    pytest.importorskip("weasyprint")
    from report.audit.read_pdf import read_pdf

    monkeypatch.setattr("report.audit.manifest.MOST_RECORDS", 2**20)
    result = run("render", made, "--format", "pdf", "--detail", "brief", "--output", str(tmp_path))
    assert "The PDF carries no records" in result.output
    assert read_pdf(tmp_path / "report.pdf").records is None


def long_ago(monkeypatch):
    """Let files count as settled at once."""
    monkeypatch.setattr(file_index, "FRESH_NS", -(10**18))


def reads(monkeypatch):
    """Count the files that are read for their digests."""
    done = []
    plain = record_files.read_file

    def counted(file):
        done.append(file)
        return plain(file)

    for module in (record_files, file_index):
        monkeypatch.setattr(module, "read_file", counted)
    return done


def test_with_an_index_the_report_is_the_same_and_unchanged_files_are_not_read(many, monkeypatch):
    long_ago(monkeypatch)
    done = reads(monkeypatch)
    first = rendered(many)
    assert len(done) > 2 * len(records(many))
    done.clear()
    again = run("render", many, "--format", "html")
    assert "Nothing has changed" in again.output
    assert done == []
    (many / "report.html").unlink()
    assert rendered(many) == first
    assert done == []


def test_a_file_that_changed_is_read_again_though_the_index_knows_it(many, monkeypatch):
    long_ago(monkeypatch)
    rendered(many)
    done = reads(monkeypatch)
    path = "rates/grid-1/seed-0/metrics.json"
    before = (many / path).stat()
    text = (many / path).read_text()
    (many / path).write_text(text.replace('"train_seconds": ', '"train_seconds":9'))
    os.utime(many / path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (many / path).stat().st_size == before.st_size
    assert "Nothing has changed" not in run("render", many, "--format", "html").output
    assert [str(file.relative_to(many)) for file in done] == [path]
    assert verified(many).exit_code == 0


def test_a_file_that_has_just_changed_is_not_remembered(many, monkeypatch):
    monkeypatch.setattr(file_index, "FRESH_NS", 10**18)
    rendered(many)
    done = reads(monkeypatch)
    rendered(many)
    assert len(done) > 2 * len(records(many))


@pytest.mark.parametrize("damage", ["deleted", "torn", "no index", "another table", "a folder"])
def test_a_damaged_index_costs_time_alone(many, monkeypatch, damage):
    long_ago(monkeypatch)
    first = rendered(many)
    index = file_index.index_of(many)
    content = index.read_bytes()
    index.unlink()
    if damage == "torn":
        index.write_bytes(content[: len(content) // 3])
    elif damage == "no index":
        index.write_bytes(b"not a database at all" * 100)
    elif damage == "a folder":
        index.mkdir()
    elif damage == "another table":
        with sqlite3.connect(index) as other:
            other.execute("CREATE TABLE files (name BLOB, digest TEXT)")
            other.execute("INSERT INTO files VALUES ('study.json', 'x')")
        other.close()
    (many / "report.html").unlink()
    assert rendered(many) == first
    if damage != "a folder":
        done = reads(monkeypatch)
        rendered(many)
        assert done == []  # a new one was made


def test_an_index_that_somebody_else_writes_is_waited_for_no_longer_than_a_second(
    many, monkeypatch
):
    long_ago(monkeypatch)
    first = rendered(many)
    other = sqlite3.connect(file_index.index_of(many), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    (many / "report.html").unlink()
    assert rendered(many) == first
    other.close()


def looked_at(monkeypatch):
    """Name the runs whose records are held against each other."""
    done = []
    plain = contradictions.audit_runs

    def counted(view, runs):
        done.extend(run.id for run in runs)
        return plain(view, runs)

    monkeypatch.setattr(contradictions, "audit_runs", counted)
    return done


def finalists(study):
    return {record["id"] for record in records(study) if record["selected"]}


def again(study):
    (study / "report.html").unlink()
    return rendered(study)


def test_what_was_found_out_about_runs_is_remembered(many, monkeypatch):
    """But of those that rest on the records of others."""
    long_ago(monkeypatch)
    done = looked_at(monkeypatch)
    first = rendered(many)
    assert len(done) == len(records(many))
    done.clear()
    assert again(many) == first
    assert set(done) == finalists(many) != set()


def test_a_run_that_changed_is_looked_at_again(many, monkeypatch):
    long_ago(monkeypatch)
    rendered(many)
    path = many / "rates/grid-1/seed-1/curves.json"
    curves = json.loads(path.read_text())
    curves["validation_accuracy"] = [0.0] * len(curves["validation_accuracy"])
    path.write_text(json.dumps(curves))
    done = looked_at(monkeypatch)
    page = again(many)
    assert "Records contradict themselves" in page
    assert "rates/grid-1/seed-1" in page
    assert set(done) - finalists(many) == {"rates/grid-1"}


def test_a_run_that_rests_on_a_changed_one_is_looked_at_again(many, monkeypatch):
    long_ago(monkeypatch)
    rendered(many)
    (worst, *_) = reversed(best_first(many, "rates/grid"))
    for seed in range(SEEDS):
        for name in ("metrics.json", "curves.json"):
            path = many / worst / f"seed-{seed}" / name
            record = json.loads(path.read_text())
            if name == "metrics.json":
                record["validation"]["accuracy"] = 0.5
                best = record["best_epoch"]
            else:
                accuracies = record["validation_accuracy"]
                record["validation_accuracy"] = [0.4] * len(accuracies)
                record["validation_accuracy"][best - 1] = 0.5
            path.write_text(json.dumps(record))
    assert f"the record of {worst} says 0.5" in re.sub("<[^>]*>", "", again(many))


@pytest.mark.parametrize("what", ["program", "study", "dataset", "pictures"])
def test_what_rests_on_other_things_is_found_out_again(many, monkeypatch, what):
    long_ago(monkeypatch)
    rendered(many)
    if what == "program":
        monkeypatch.setattr("report.writing.staleness._program", lambda: [many / "rates"])
    elif what == "pictures":  # whose content records may name
        (many / "thumbnails" / "another.jpg").write_bytes(b"another")
    else:
        path = many / f"{what}.json"
        record = json.loads(path.read_text())
        if what == "study":
            record["settings"]["gamma"] = 0.5
        else:
            record["name"] = "other"
        path.write_text(json.dumps(record))
    done = looked_at(monkeypatch)
    again(many)
    assert len(done) >= len(records(many))


@pytest.mark.parametrize("damage", ["other columns", "no findings"])
def test_damaged_findings_cost_time_alone(many, monkeypatch, damage):
    long_ago(monkeypatch)
    first = rendered(many)
    with sqlite3.connect(file_index.index_of(many)) as index:
        if damage == "other columns":
            index.execute("DROP TABLE runs")
            index.execute("CREATE TABLE runs (experiment, found)")
        else:
            index.execute("UPDATE runs SET found = 'nothing'")
    index.close()
    done = looked_at(monkeypatch)
    assert again(many) == first
    assert len(done) == len(records(many))
    done.clear()
    again(many)
    assert set(done) == finalists(many)  # a new one was made


def test_the_view_of_a_run_takes_little_memory(made):
    """Very many must fit: a hundred thousand into a gigabyte, what draws and prints beside it."""
    load_study(made)
    tracemalloc.start()
    view = load_study(made)
    curves = [one.curves is not None for one in view.all_runs()]
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(curves)
    assert taken / len(curves) < 6000


def test_planning_reads_every_record_once_and_a_choice_is_made_once(made, monkeypatch):
    from training.planning import plan
    from training.planning.plan import Plan
    from training.records import StudyFolder, StudyRecord, read

    study = read(StudyFolder(made).study, StudyRecord)
    asked = []
    plain = plan.read_if_there

    def counted(path, kind):
        asked.append(path)
        return plain(path, kind)

    monkeypatch.setattr(plan, "read_if_there", counted)
    steps = Plan(study, StudyFolder(made)).steps(study.experiments)
    assert {step.state for step in steps} == {"done"}
    members = [path for path in asked if "grid-" in str(path)]
    n_best = sum(step.experiment.choice is not None for step in steps)
    assert len(members) <= len(steps) + n_best
