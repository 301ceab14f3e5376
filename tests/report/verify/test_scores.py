"""What a report says of a run's scores is held against the file that they are kept in."""

import json
import shutil

import pytest
from fake_study import LEFT_OUT, Fake, write_fake_study
from planting import lies
from rendering import run_render

from report.audit.check_numbers import number_problems
from report.audit.read_html import read_pieces
from report.audit.records import audit_records
from report.audit.rendering import read_rendering
from report.evidence.load import load_study
from report.evidence.recompute import Sources
from report.verify.html import compare_html
from report.verify.remake import remake
from report.verify.report import verify_report
from training.records import HomeworkError


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Return a study whose report has few sections, those on scores among them."""
    folder = tmp_path_factory.mktemp("scored") / "runs" / "quick"
    write_fake_study(folder, Fake(thumbnails=False))
    left_out = [*(name for name in LEFT_OUT if name != "mistakes"), "beyond", "conclusion"]
    record = folder / "study.json"
    arranged = {"report": {"leave_out": left_out}}
    record.write_text(json.dumps(json.loads(record.read_text()) | arranged))
    return folder


@pytest.fixture(scope="module")
def page(scored, drawn, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(drawn))
        return run_render(scored, tmp_path_factory.mktemp("report"), "--format", "html").html


@pytest.fixture(scope="module")
def problems(scored, page, drawn):
    """Return what tells the problems of a page."""
    rendering, sources = read_rendering(page), Sources(scored)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(drawn))
        with remake(scored, rendering, "outlines") as again:

            def find(changed):
                numbers = number_problems(scored, read_pieces(changed), sources)
                words = compare_html(changed, rendering, frozenset(), again).problems
                return [*numbers, *words]

            yield find


LIES = [
    "printed as", "with its value", "nll said to be brier", "said to be macro_f1",
    "best_temperature said to be", "the ends of an interval exchanged",
    "a temperature of the test pictures", "the lowest loss on validation",
    "if every probability held", "as the mean over classes", "it is underconfident",
    "points that chance explains", "a point of the reliability diagram moved",
    "a bar of the reliability diagram made higher",
    "the reliability diagram’s description",
]  # fmt: skip


def test_an_honest_page_has_no_problem(page, problems):
    assert problems(page) == []


@pytest.mark.parametrize("name", LIES)
def test_lies_about_scores_are_caught(page, problems, name):
    found = [changed for said, changed in lies.lies_of_scores(page) if name in said]
    assert found
    for changed in found:
        assert problems(changed)


def test_without_scores_there_is_nothing_to_lie_about():
    assert list(lies.lies_of_scores("<data value='1' data-source='metrics.json#/a'>1</data>")) == []


@pytest.mark.parametrize(
    ("vouch", "said"), [(False, "SHA-256"), (True, "doesn’t have the highest score")]
)
def test_changed_scores_are_caught(scored, tmp_path, vouch, said):
    changed = tmp_path / "changed"
    shutil.copytree(scored, changed)
    lies.change_scores(changed, vouch)
    found = [problem.problem for problem in audit_records(load_study(changed))]
    assert any(said in problem for problem in found), found


def test_scores_that_were_removed_are_missed(scored, tmp_path):
    changed = tmp_path / "changed"
    shutil.copytree(scored, changed)
    (changed / "beyond/vgg16/seed-0/scores.npy").unlink()
    found = [problem.problem for problem in audit_records(load_study(changed))]
    assert found == ["the file is missing"]


def test_older_records_have_no_scores_and_no_problem(tmp_path):
    write_fake_study(tmp_path / "quick", Fake(scores=False, thumbnails=False))
    assert audit_records(load_study(tmp_path / "quick")) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda record: record["scores"].update(n_test=1), "bytes"),
        (lambda record: record["test"].update(loss=0.001), "the scores give"),
        (lambda record: record["validation"].update(accuracy=0.5), "scores of the validation"),
        (lambda record: record.update(dataset_fingerprint="other"), ""),
    ],
)
def test_scores_that_contradict_the_record_are_named(scored, tmp_path, change, said):
    changed = tmp_path / "changed"
    shutil.copytree(scored, changed)
    file = changed / "beyond/vgg16/seed-0/metrics.json"
    record = json.loads(file.read_text())
    change(record)
    file.write_text(json.dumps(record))
    found = [p.problem for p in audit_records(load_study(changed)) if "vgg16" in p.where]
    assert any(said in problem for problem in found) or not said, found


def test_a_pdf_carries_small_scores_and_says_what_it_lacks_without_them(
    scored, drawn, tmp_path, monkeypatch
):
    pytest.importorskip("weasyprint")
    monkeypatch.setenv("HOMEWORK_CACHE", str(drawn))
    verdicts = []
    for most in (2**21, 1000):
        monkeypatch.setattr("report.audit.manifest.MOST_SCORES", most)
        output = tmp_path / str(most)
        run_render(scored, output, "--format", "pdf")
        try:
            verdicts.append(list(verify_report(output / "report.pdf", lambda _: None).errors))
        except HomeworkError as error:
            verdicts.append(error.message)
    assert verdicts[0] == []
    assert "too large to be attached" in verdicts[1]
