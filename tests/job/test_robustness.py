"""`test_with`: tested networks on changed pictures, from the study file to a verified report."""

import json
from pathlib import Path

import pytest

STUDY = """
name = "changed"
preset = "quick"

[sections.rates]
kind = "grid"

[grids."rates/grid"]
optimizer = "adam"
learning_rate = [1e-3, 1e-4]

[sections.held]
question = "How far does it hold?"
kind = "robustness"

[experiments."held/plain"]
from = "best of rates/grid"
test = true
test_with = ["noise", "darkness"]

[experiments."held/flipped"]
from = "best of rates/grid"
augmentation = "horizontal-flip"
test = true
test_with = ["noise", "darkness"]
"""

SMALL = ("--image-size", "64", "--width", "0.1", "--epochs", "1")


@pytest.fixture
def run(homework, tmp_path):
    def call(command, *arguments, study=STUDY):
        (tmp_path / "study.toml").write_text(study)
        return homework(command, *arguments, "-f", "study.toml", *SMALL, tiny=False)

    return call


def record_path(name):
    return Path(f"runs/changed/{name}/seed-0/metrics.json")


def test_from_the_file_to_the_report_and_back(run, homework):
    done = run("run-all")
    assert done.error is None, done.output
    found = json.loads(record_path("held/plain").read_text())
    assert found["reused_from"].startswith("rates/grid")
    tests = found["changed_tests"]
    assert [(t["change"], t["level"]) for t in tests] == [
        (change, level) for change in ("noise", "darkness") for level in range(1, 6)
    ]
    assert all(int(t["right"], 16).bit_count() == t["n_correct"] for t in tests)
    assert "changed_tests" not in json.loads(record_path("rates/grid-1e-3").read_text())

    assert homework("render", "--study", "changed", "--format", "html", tiny=False).error is None
    page = Path("runs/changed/report.html").read_text()
    for word in ("Level 5", "level of change", "Over all changes and levels", "ref-corruptions"):
        assert word in page, word
    verified = homework("verify", "runs/changed/report.html", tiny=False)
    assert verified.result.exit_code == 0, verified.output

    level_5 = f'value="{tests[4]["n_correct"] / found["test"]["n_images"]!r}"'
    assert level_5 in page
    Path("runs/changed/report.html").write_text(page.replace(level_5, 'value="0.987"', 1))
    verified = homework("verify", "runs/changed/report.html", tiny=False)
    assert verified.result.exit_code == 1
    assert "0.987" in verified.output

    forged = json.loads(record_path("held/plain").read_text())
    forged["changed_tests"][4]["n_correct"] += 1
    record_path("held/plain").write_text(json.dumps(forged))
    verified = homework("verify", "runs/changed/report.html", tiny=False)
    assert "are marked as named rightly" in verified.output


def test_a_further_change_is_tested_and_nothing_is_trained_for_it(run):
    assert run("run-all").error is None
    more = STUDY.replace('["noise", "darkness"]', '["noise", "darkness", "jpeg"]', 1)
    planned = run("plan", "held/plain", study=more)
    assert "held/plain: not tested with jpeg yet" in planned.output
    assert run("run", "held/plain", study=more).error is None
    found = json.loads(record_path("held/plain").read_text())
    assert len(found["changed_tests"]) == 15
    assert "done" in run("plan", "held/plain", study=more).output


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [('["noise", "darkness"]', '["nois"]', "Did you mean “noise”?"),
     ('["noise", "darkness"]', '["blur", "blur"]', "test_with has 'blur' twice"),
     ('test = true\n', "", "held/plain: test_with names changed test pictures, but it isn't"),
     ('kind = "robustness"', "", "is shown by sections of the kind robustness, and held is none")],
)  # fmt: skip
def test_slips_are_named(was, now, said, run):
    assert said in run("plan", study=STUDY.replace(was, now, 1)).message
