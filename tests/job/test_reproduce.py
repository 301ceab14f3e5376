"""`homework reproduce`: what is genuine comes out the same, what is invented doesn't."""

import hashlib
import io
import json
import os
import re
import shutil
import signal

import numpy as np
import pytest
from click.testing import CliRunner
from pypdf import PdfWriter
from tiny import TINY

from report.audit.manifest import MANIFEST_NAME, RECORDS_NAME, make_manifest, pack_records
from report.audit.rendering import Rendering
from training.cli import cli
from training.errors import HomeworkError
from training.reproduce import study as made_again

SMALL = """
name = "handed-in"
preset = "quick"
[settings]
learning_rates = [1e-3]
optimizers = ["sgd", "adam"]
batch_size = 4
"""

TRAINED, FROZEN = "scratch/baseline", "freezing/cnn"


@pytest.fixture(scope="module")
def finished(tiny_sample, tmp_path_factory):
    """Run a grid of two pairs and what needs it, with two threads; return the study's folder."""
    place = tmp_path_factory.mktemp("finished")
    (place / "study.toml").write_text(SMALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(tiny_sample))
        patch.chdir(place)
        names = (TRAINED, FROZEN, "transfer/best")
        ran = CliRunner().invoke(
            cli, ["run", *names, "-f", "study.toml", *TINY[2:], "--threads", "2", "--device", "cpu"]
        )
    assert ran.exit_code == 0, ran.output
    return place / "runs" / "handed-in"


@pytest.fixture
def study(finished, tmp_path):
    """Return a copy of the finished study, in the folder `runs` of the current one."""
    return shutil.copytree(finished, tmp_path / "runs" / "handed-in")


@pytest.fixture
def reproduce(homework):
    """Run `homework reproduce … --json`; return its exit code and the answers by experiment."""

    def call(*arguments):
        said = homework("reproduce", *map(str, arguments), "--json")
        assert not isinstance(said.error, HomeworkError), said.message
        answers = json.loads(said.result.stdout)["answers"]
        return said.result.exit_code, {answer["id"]: answer for answer in answers}

    return call


def change(folder, experiment, file, change_record):
    path = folder / experiment / "seed-0" / file
    record = json.loads(path.read_text())
    change_record(record)
    path.write_text(json.dumps(record))


def contents(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_genuine_study_comes_out_the_same_to_the_byte(homework, study):
    before = contents(study)
    said = homework("reproduce", "handed-in", TRAINED, FROZEN, "transfer/best")
    assert said.result.exit_code == 0, said.output
    for name in (TRAINED, FROZEN, "transfer/best"):
        assert f"{name}: the same to the byte" in said.result.stdout.splitlines()
    assert "3 of 3 runs of" in said.result.stdout
    assert contents(study) == before


def test_another_number_format_is_the_same_within_rounding(reproduce, study):
    code, answers = reproduce(study, TRAINED, "--precision", "bf16")
    answer = answers[TRAINED]
    assert (code, answer["verdict"]) == (0, "within rounding")
    assert answer["unlike"] == ["number format: fp32 recorded, bf16 here"]
    assert max(answer["distance"]["losses"]) > 0


def test_other_last_digits_are_the_same_within_rounding(homework, study):
    def rounded(curves):
        curves["train_loss"] = [loss * (1 + 1e-7) for loss in curves["train_loss"]]

    change(study, TRAINED, "curves.json", rounded)
    said = homework("reproduce", TRAINED, "--threads", "1")
    assert said.result.exit_code == 0, said.output
    assert f"{TRAINED}: the same within rounding (losses to " in said.result.stdout
    assert "    threads: 2 recorded, 1 here\n" in said.result.stdout


def test_a_curve_that_was_invented_is_found_with_its_first_epoch(homework, study):
    def improve(curves):
        curves["validation_loss"] = [loss * 0.7 for loss in curves["validation_loss"]]

    change(study, TRAINED, "curves.json", improve)
    said = homework("reproduce", TRAINED)
    assert said.result.exit_code == 1
    assert f"{TRAINED}: not the same" in said.result.stdout
    found = json.loads((study / TRAINED / "seed-0" / "curves.json").read_text())
    recorded = found["validation_loss"][0]
    assert f"curves.json, validation_loss, from epoch 1 on: {recorded} recorded, " in said.output


def test_predictions_that_were_invented_are_found(reproduce, study):
    def all_right(predictions):
        predictions["predicted"] = predictions["label"]

    change(study, TRAINED, "predictions.json", all_right)
    code, answers = reproduce(study, TRAINED)
    (found,) = answers[TRAINED]["differences"]
    assert (code, answers[TRAINED]["verdict"]) == (1, "different")
    assert found["file"] == "predictions.json"
    assert found["field"].startswith("predicted/")
    assert found["recorded"] != found["again"]


def test_a_test_accuracy_that_was_invented_is_found_though_its_counts_fit(reproduce, study):
    def invent(metrics):
        n = metrics["test"]["n_images"]
        metrics["test"] |= {"n_correct": n - 1, "accuracy": (n - 1) / n}

    change(study, TRAINED, "metrics.json", invent)
    code, answers = reproduce(study, TRAINED)
    fields = {found["field"] for found in answers[TRAINED]["differences"]}
    assert (code, fields) == (1, {"test/accuracy", "test/n_correct"})


def invent_scores(study):
    """Make a network sure of one test picture, and vouch for it in the record."""
    file = study / TRAINED / "seed-0" / "scores.npy"
    content = bytearray(file.read_bytes())
    entries = np.load(file)
    first = np.frombuffer(content, entries.dtype, offset=len(content) - entries.nbytes)
    first["score"][0] = np.where(np.arange(first["score"].shape[1]) == 0, 0, -12)
    file.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    change(study, TRAINED, "metrics.json", lambda m: m["scores"].update(sha256=digest))


@pytest.mark.parametrize("options", [(), ("--minutes", "0.0001")], ids=["trained", "only tested"])
def test_scores_that_were_invented_are_found(reproduce, study, options):
    invent_scores(study)
    code, answers = reproduce(study, TRAINED, *options)
    (found,) = answers[TRAINED]["differences"]
    assert (code, answers[TRAINED]["verdict"]) == (1, "different")
    assert (found["file"], found["field"][:13]) == ("scores.npy", "test/0/class ")


def test_scores_that_arent_those_of_the_record_are_found(reproduce, study):
    (study / TRAINED / "seed-0" / "scores.npy").unlink()
    code, answers = reproduce(study, TRAINED)
    (found,) = answers[TRAINED]["differences"]
    assert (code, found["file"]) == (1, "scores.npy")
    assert "doesn't exist" in found["recorded"]


def test_what_measures_the_machine_is_left_aside(reproduce, study):
    def elsewhere(metrics):
        metrics |= {"train_seconds": 9e9, "peak_memory_bytes": 1, "finished_at": "", "notes": ["x"]}
        metrics["environment"] |= {"homework": "0.0.1", "git_commit": "x", "platform": "x"}

    change(study, TRAINED, "metrics.json", elsewhere)
    code, answers = reproduce(study, TRAINED)
    assert (code, answers[TRAINED]["verdict"]) == (0, "same")


def test_other_images_are_never_called_the_same(homework, study):
    change(study, TRAINED, "metrics.json", lambda m: m.update(dataset_fingerprint="0" * 32))
    said = homework("reproduce", "handed-in", TRAINED)
    assert said.result.exit_code == 1
    assert f"{TRAINED}: not checked: these are other images" in said.result.stdout
    assert "the same" not in said.result.stdout


def test_images_that_are_missing_are_an_error(homework, study):
    said = homework("reproduce", str(study), "--data", "nowhere")
    assert said.result.exit_code == 1
    assert "--data names nowhere: nothing is there" in said.message


def test_code_that_only_a_record_names_isnt_run(reproduce, study):
    change(study, TRAINED, "metrics.json", lambda m: m["spec"].update(model="os:system"))
    code, answers = reproduce(study, TRAINED)
    assert (code, answers[TRAINED]["verdict"]) == (1, "not checked")
    assert "os:system, which isn’t imported unasked" in answers[TRAINED]["reason"]


def test_weights_that_arent_here_are_named(reproduce, study):
    def other_weights(metrics):
        metrics["spec"] |= {"weights": "sample", "weights_digest": "sample-1-alexnet"}

    change(study, "transfer/best", "metrics.json", other_weights)
    (study / "transfer" / "best" / "seed-0" / "model.pt").unlink()
    _, answers = reproduce(study, "transfer/best")
    assert answers["transfer/best"]["verdict"] == "not checked"
    assert "sample (sample-1-alexnet), aren’t here" in answers["transfer/best"]["reason"]


def test_of_a_kept_network_only_the_test_is_made_again_where_time_is_short(homework, study):
    said = homework("reproduce", "handed-in", TRAINED, "--minutes", "0.0001")
    assert said.result.exit_code == 0, said.output
    line = f"{TRAINED}, only its kept network tested: the same to the byte"
    assert line in said.result.stdout.splitlines()


def test_a_kept_network_finds_predictions_that_were_invented(reproduce, study):
    def all_right(predictions):
        predictions["predicted"] = predictions["label"]

    change(study, TRAINED, "predictions.json", all_right)
    code, answers = reproduce(study, TRAINED, "--minutes", "0.0001")
    assert (code, answers[TRAINED]["verdict"]) == (1, "different")


def test_without_time_and_network_nothing_is_called_checked(reproduce, study):
    (study / TRAINED / "seed-0" / "model.pt").unlink()
    code, answers = reproduce(study, TRAINED, "--minutes", "0.0001")
    assert (code, answers[TRAINED]["verdict"]) == (1, "not checked")
    assert "(--minutes)" in answers[TRAINED]["reason"]


def test_without_names_training_freezing_and_testing_are_drawn(homework, study):
    said = homework("reproduce", "handed-in", "--seed", "3")
    assert said.result.exit_code == 0, said.output
    lines = said.result.stdout.splitlines()
    checked = [line for line in lines if line.endswith(": the same to the byte")]
    assert f"{FROZEN}: the same to the byte" in checked
    assert len(checked) == 2  # the frozen one is tested, too
    assert "drawn with --seed 3: about " in said.result.stderr


def test_records_attached_to_a_pdf_are_taken(reproduce, study, tmp_path):
    pdf = PdfWriter()
    pdf.add_blank_page(100, 100)
    made = Rendering(homework="0", study="handed-in")
    pdf.add_attachment(MANIFEST_NAME, make_manifest("", "handed-in", made))
    pdf.add_attachment(RECORDS_NAME, pack_records(study))
    content = io.BytesIO()
    pdf.write(content)
    (tmp_path / "handed-in.pdf").write_bytes(content.getvalue())
    shutil.rmtree(study)
    code, answers = reproduce("handed-in.pdf", TRAINED)
    assert (code, answers[TRAINED]["verdict"]) == (0, "same")


def test_a_page_without_its_study_is_refused(homework, study, tmp_path):
    (tmp_path / "report.html").write_text("<p>")
    said = homework("reproduce", "report.html")
    assert "report.html carries no records" in said.message


def test_the_study_may_be_named_as_for_the_other_commands(homework, study):
    said = homework("reproduce", "--study", study.name, "no/such")
    assert "“no/such”" in said.message
    assert "no study, no report" not in said.message
    said = homework("reproduce", "--study", "handed-on")
    assert "“handed-on” is no study" in said.message


def test_a_name_of_nothing_is_refused(homework, study):
    said = homework("reproduce", "handed-on")
    assert "“handed-on” is no study, no report and no experiment of handed-in" in said.message


def test_interrupted_it_says_what_it_knows_and_leaves_the_records_alone(
    homework, study, monkeypatch
):
    before = contents(study)
    train, calls = made_again.train_again, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return train(*arguments)

    monkeypatch.setattr(made_again, "train_again", interrupted)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        said = homework("reproduce", "handed-in", TRAINED, FROZEN)
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), handlers, strict=True):
            signal.signal(number, handler)
    assert said.result.exit_code == 130
    assert said.result.stdout.count("the same to the byte\n") == 1
    assert "Stopped by SIGINT" in said.result.stderr
    assert contents(study) == before
    assert homework("reproduce", "handed-in", TRAINED, FROZEN).result.exit_code == 0


def test_grading_makes_runs_again(homework, study):
    change(study, FROZEN, "curves.json", lambda c: c.update(train_loss=[0.1]))
    graded = homework("grade", "runs", "--reproduce", "--json")
    assert graded.result.exit_code == 1
    (row,) = json.loads(graded.result.stdout)
    assert row["reproduced"] == "1 the same, 1 not the same"
    assert row["verdict"] == "can’t be trusted"
    said = [p["problem"] for p in row["problems"] if p["where"] == f"{FROZEN}/seed-0/curves.json"]
    assert said[0].startswith("made again, train_loss of epoch 1 is ")


def test_grading_says_what_couldnt_be_made_again(homework, study):
    graded = homework("grade", "runs", "--reproduce", "--data", "nowhere")
    assert graded.result.exit_code == 0, graded.output
    assert re.search(r"verdict +runs made again\n.* no report +not checked\n", graded.output)
    assert "its runs, made again: --data names nowhere: nothing is there" in graded.output


def test_a_time_for_runs_that_nobody_wants_made_again_is_refused(homework):
    assert homework("grade", ".", "--minutes", "3").result.exit_code == 2


def test_stand_ins_that_another_machine_trained_are_no_reason_to_doubt(reproduce, study):
    def elsewhere(metrics):
        metrics["environment"]["device_name"] = "Another processor"

    change(study, "transfer/best", "metrics.json", elsewhere)
    (study / "transfer" / "best" / "seed-0" / "model.pt").unlink()
    code, answers = reproduce(study, "transfer/best")
    assert (code, answers["transfer/best"]["verdict"]) == (1, "not checked")
    assert (
        "stand-in weights, which each machine trains itself" in answers["transfer/best"]["reason"]
    )


def test_other_stand_ins_on_a_processor_of_the_same_name_are_told_by_their_digest(
    reproduce, study, monkeypatch
):
    def elsewhere(metrics):
        assert len(metrics["stand_ins"]) == 16
        metrics["stand_ins"] = "0" * 16

    def no_training(*_):
        raise AssertionError("it trained before it looked at the starting weights")

    change(study, FROZEN, "metrics.json", elsewhere)
    monkeypatch.setattr(made_again, "train_again", no_training)
    code, answers = reproduce(study, FROZEN)
    assert (code, answers[FROZEN]["verdict"]) == (1, "not checked")
    assert "those of this machine are others" in answers[FROZEN]["reason"]


def test_an_older_record_doesnt_say_which_stand_ins_its_run_started_from(reproduce, study):
    def older(metrics):
        metrics["stand_ins"] = None

    def another_start(curves):
        curves["train_loss"] = [2 * loss for loss in curves["train_loss"]]

    change(study, FROZEN, "metrics.json", older)
    assert reproduce(study, FROZEN)[1][FROZEN]["verdict"] == "same"
    change(study, FROZEN, "curves.json", another_start)
    answer = reproduce(study, FROZEN)[1][FROZEN]
    assert answer["verdict"] == "not checked"
    assert "its record, an older one, doesn’t say" in answer["reason"]
