"""A count of one has a noun in the singular, whatever prints it."""

import json
import re
from types import SimpleNamespace

import msgspec
import pytest
from click.testing import CliRunner
from fake_study import Fake, write_fake_study
from markupsafe import Markup
from rendering import run_render

from report.audit.authors_text import lint_study
from report.audit.freezing import freeze_problems
from report.audit.problems import Problem
from report.audit.records import audit_runs
from report.audit.verdict import Verdict, say_problems, summary
from report.evidence.load import load_study
from report.evidence.sentences import counted
from report.export.logs import _left_out
from report.grading.cli import _print_table
from report.grading.grade import Grade
from training.cli import cli
from training.records import Metrics, Parameters

WRONG = re.compile(
    r"(?<![\d.,/\-\u202f])1[\s\u00a0](?:finished |validation |test |train(?:ing)? )?"
    r"(?:images|pictures|numbers|records|epochs|experiments|studies|classes|runs|seeds|parameters|candidates|errors"
    r"|submissions|outputs|accuracies|networks|layers|pairs)\b"
)


def assert_singular(text):
    assert re.search(r"\b1\b", text), "nothing is counted"
    assert not (found := WRONG.search(text)), text[max(0, found.start() - 80) : found.end() + 40]


@pytest.mark.parametrize("noun", ["images", "numbers", "records", "epochs", "studies", "classes"])
def test_the_pattern_finds_a_plural_behind_one(noun):
    assert WRONG.search(f"There are 1 {noun} here.")
    assert not WRONG.search(f"There are 21 {noun}, 0.1 {noun} and 2,001 {noun} here.")


def test_a_count_agrees_with_its_noun():
    assert [counted(n, "image") for n in (0, 1, 2)] == ["0 images", "1 image", "2 images"]
    assert [counted(n, "study", "studies") for n in (1, 2)] == ["1 study", "2 studies"]


def test_a_verdict_on_one_number_with_one_error():
    verdict = Verdict(None, 1, (Problem("transfer", "0.5", "it is wrong"),))
    assert list(summary(verdict, "a study")) == ["1 number checked against a study: 1 error found."]
    warning = Problem("text", "", "it may be wrong", severity="warning")
    fine = Verdict(None, 2, (warning,), 1, 1, 1, ("1 figure",))
    assert list(summary(fine, "a study")) == [
        "2 numbers, 1 sentence, 1 table, 1 figure checked against a study: no errors found.",
        "Not checked: 1 figure.",
    ]


def test_a_table_of_one_submission_that_shares_one_record(capsys):
    _print_table([Grade("bob", n_experiments=1, n_done=1, n_numbers=1, n_copied=1,
                        copied_from="alice")], again=False)  # fmt: skip
    said = capsys.readouterr().out
    assert "bob: 1 record is identical to one of alice, running times included" in said
    assert said.endswith("1 submission, 0 with errors.\n")


def test_one_run_without_curves():
    one, two = (_left_out([SimpleNamespace(id="beyond/vgg16")] * n)[0] for n in (1, 2))
    assert one.startswith("1 run without curves (skipped or failed) was left out")
    assert two.startswith("2 runs without curves (skipped or failed) were left out")


def test_one_image_in_a_split_and_one_class(finished_study):
    view = load_study(finished_study)
    view.dataset = msgspec.structs.replace(view.dataset, n_train=1, n_test=1, classes=["cat"])
    text = (
        "Our data set has 99 classes. There are 3,800 training images. The test set has 7 images."
    )
    view.study = msgspec.structs.replace(view.study, abstract=text)
    said = " ".join(problem.problem for problem in lint_study(view))
    assert "the train split has 1 image" in said
    assert "the test split has 1 image" in said
    assert "the data set has 1 class" in said
    assert_singular(said)


def changed(view, experiment_id, **fields):
    """Return an experiment's run whose record says something else."""
    run = view.run(experiment_id)
    metrics = msgspec.structs.replace(run.metrics, **fields)
    assert isinstance(metrics, Metrics)
    return type(run)(run.experiment, metrics, view.folder)


def test_one_frozen_parameter(finished_study):
    view = load_study(finished_study)
    parts = {"features": 1, "classifier": 1}
    counts = Parameters(
        total=2, trainable=1, frozen=1, parts=parts, trainable_parts={"features": 1}
    )
    run = changed(view, "scratch/baseline", parameters=counts)
    said = " ".join(problem.problem for problem in freeze_problems(run))
    assert said == "the spec freezes nothing, yet 1 parameter is frozen"


def test_one_epoch_and_one_candidate(finished_study):
    view = load_study(finished_study)
    chosen = view.run("scratch/best").metrics.selected
    one = {"candidates": chosen.candidates[:1], "validation_accuracy": [], "rank": 1}
    chosen = msgspec.structs.replace(chosen, **one)
    run = changed(view, "scratch/best", best_epoch=99, selected=chosen)
    vars(run)["curves"] = msgspec.structs.replace(run.curves, validation_accuracy=[0.5])
    said = "; ".join(say_problems(Verdict(None, 1, tuple(audit_runs(view, [run])))))
    assert re.search("the curves have 1 epoch\\b", said)
    assert "it has 1 candidate and 0 validation accuracies" in said
    assert_singular(said)


def test_a_report_of_one_epoch_on_one_picture_a_step(tmp_path):
    study = tmp_path / "runs" / "quick"
    only = ("scratch/baseline", "scratch/grid-adam-1e-3", "scratch/best", "beyond/resnet18")
    write_fake_study(study, Fake(only=only, thumbnails=False))
    ones = {"epochs": 1, "epochs_run": 1, "step_size": 1, "batch_size": 1, "max_per_class": 1}
    for file in study.rglob("*.json"):
        if file.name in ("metrics.json", "study.json", "dataset.json"):
            record = with_ones(json.loads(file.read_text()), ones)
            file.write_text(json.dumps(record))
    page = run_render(study, study, "--format", "html", "-q").html
    assert_singular(Markup(page.partition("<body")[2]).striptags())


def with_ones(record, ones):
    """Set every number of these names in a record, at any depth."""
    if isinstance(record, list):
        return [with_ones(item, ones) for item in record]
    if not isinstance(record, dict):
        return record
    return {
        key: ones[key] if key in ones and not isinstance(value, list) else with_ones(value, ones)
        for key, value in record.items()
    }


def test_a_report_of_one_experiment(tmp_path):
    study = tmp_path / "runs" / "quick"
    write_fake_study(study, Fake(only=("scratch/baseline",), thumbnails=False))
    done = run_render(study, study, "--format", "html")
    assert done.exit_code == 0, done.error
    assert_singular(Markup(done.html.partition("<body")[2]).striptags())
    for command in (["verify"], ["grade", str(study)]):
        where = ["--runs", str(study.parent)] if command == ["verify"] else []
        assert_singular(CliRunner().invoke(cli, [*command, *where]).output + " 1")
