"""Cross-validation through the command line: its plan, its records, its report, and forgeries."""

import json
import re
import shutil
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from training.cli import cli
from training.records import Dataset, Metrics, StudyFolder, read

K = 3
STUDY = """
preset = "quick"
title = "Folds"

[settings]
image_size = 64
width = 0.1
epochs = 2
folds = 3
seed = 4

[sections.rates]
question = "Which rate suits Adam?"
compare = [["rates/other", "rates/best"]]

[grids."rates/grid"]
model = "resnet18"
optimizer = "adam"
learning_rate = [1e-3, 1e-2]

[experiments."rates/best"]
from = "best of rates/grid"
test = true

[experiments."rates/other"]
question = "What does a smaller network get?"
model = "alexnet"
optimizer = "adam"
learning_rate = 1e-3
test = true
"""
SEEDS = (4, 5, 6)


@pytest.fixture(scope="module")
def whole(tiny_sample, tmp_path_factory):
    """Run the study and write its report; return the folder that `runs` lies in."""
    folder = tmp_path_factory.mktemp("folded")
    (folder / "folded.toml").write_text(STUDY, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(tiny_sample))
        patch.chdir(folder)
        for command in (["run-all", "-f", "folded.toml"],
                        ["render", "--study", "folded"]):  # fmt: skip
            answer = CliRunner().invoke(cli, command)
            assert answer.exit_code == 0, answer.output
            (folder / f"{command[0]}.txt").write_text(answer.output, encoding="utf-8")
    return folder


@pytest.fixture
def folded(whole, homework, tmp_path):
    """Return what runs commands beside a copy of the study."""
    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)

    def call(*arguments):
        return homework(*arguments, tiny=False)

    return call


def study_folder():
    return StudyFolder(Path("runs/folded"))


def records(experiment):
    return [read(study_folder().metrics(experiment, seed), Metrics) for seed in SEEDS]


def test_the_plan_counts_a_run_for_each_fold(homework, tmp_path):
    Path("folded.toml").write_text(STUDY, encoding="utf-8")
    answer = homework("plan", "-f", "folded.toml", tiny=False)
    for fold in range(1, K + 1):
        assert f"to do    rates/other (fold {fold}): no record" in answer.output
        assert f"waiting  rates/best (fold {fold}): " in answer.output
    assert answer.output.endswith("9 to do, 3 waiting\n")
    assert "networks that are tested are kept, of the first fold and up to" in answer.output
    assert "seed" not in answer.output
    check = homework("check", "folded.toml", "--no-time", tiny=False).output
    assert "9 runs to train, 3 runs to take over, over 3 folds" in check


def test_progress_and_status_speak_of_folds_not_of_their_seeds(folded):
    said = Path("run-all.txt").read_text(encoding="utf-8")
    lines = "\n".join(line for line in said.splitlines() if line.startswith("["))
    for fold in range(1, K + 1):
        assert f"rates/other fold {fold} " in lines
    assert "seed" not in lines
    status = folded("status", "--study", "folded").output
    assert "rates/other (fold 3)" in status
    assert "seed" not in status


def test_each_fold_was_run_on_its_own_pictures(folded):
    dataset = read(study_folder().dataset, Dataset)
    assert len(dataset.folds) == K
    assert len({fold.n_validation for fold in dataset.folds}) <= 2
    for metrics, counts, fold in zip(records("rates/other"), dataset.folds, (1, 2, 3), strict=True):
        assert (metrics.spec.folds, metrics.spec.fold) == (K, fold)
        assert sum(metrics.validation_answers.given) == counts.n_validation
        assert metrics.scores.n_validation == counts.n_validation
        assert metrics.test.n_images == dataset.n_test
        assert (metrics.train_at_rest.accuracy * counts.n_train) % 1 == pytest.approx(0, abs=1e-6)
    chosen = {metrics.selected.id for metrics in records("rates/best")}
    means = {
        name: sum(m.validation.accuracy for m in records(name)) / K
        for name in ("rates/grid-1e-3", "rates/grid-1e-2")
    }
    assert chosen == {max(means, key=means.get)}


def test_it_is_done_and_another_number_of_folds_is_not(folded):
    states = json.loads(folded("plan", "--study", "folded", "--json").output)
    assert {row["state"] for row in states} == {"done"}
    Path("folded.toml").write_text(STUDY.replace("folds = 3", "folds = 2"), encoding="utf-8")
    changed = folded("plan", "-f", "folded.toml", "--study", "folded", "--change", "--json")
    states = json.loads(changed.output)
    assert "done" not in {row["state"] for row in states}
    assert "(fold 3)" in folded("status", "--study", "folded").output


def test_the_report_says_folds_and_holds_in_verify(folded):
    text = re.sub("<[^>]+>", "", Path("runs/folded/report.html").read_text(encoding="utf-8"))
    text = " ".join(text.split())
    assert "is run once for each of the 3 folds" in text
    assert "a plain t test over them would be too sure of a difference" in text
    assert "Nadeau and Bengio, 2003" in text
    assert not re.search(r"\bseeds\b(?! and)", text.replace("fixed seed", ""))
    answer = folded("verify", "runs/folded/report.html")
    assert answer.error is None, answer.output
    assert "no errors found" in answer.output


def forged(pattern, replacement):
    report = Path("runs/folded/report.html")
    text, n = re.subn(pattern, replacement, report.read_text(encoding="utf-8"), count=1)
    assert n == 1
    report.write_text(text, encoding="utf-8")


FORGERIES = {
    "p": (r'(<data value=")[^"]+(" data-source="maximum\(corrected_t)', r"\g<1>0.012\2"),
    "interval": (r'(<data value=")[^"]+(" data-source="joined\([^"]*cted_low)', r"\g<1>0.111\2"),
    "sentence": ("put together and cut into", "put together twice and cut into"),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_number_or_sentence_of_folds_changed_by_hand_is_found(folded, forgery):
    forged(*forgery)
    answer = folded("verify", "runs/folded/report.html")
    assert "no errors found" not in answer.output
    assert answer.result.exit_code == 1


def change(file, **fields):
    path = Path("runs/folded") / file
    content = msgspec.json.decode(path.read_bytes())
    for pointer, value in fields.items():
        *parents, last = pointer.split("__")
        place = content
        for name in parents:
            place = place[int(name) if name.isdigit() else name]
        place[last] = value
    path.write_bytes(msgspec.json.encode(content))


CHANGES = {
    "a fold's size": ("dataset.json", {"folds__1__n_validation": 1}, "its classes have 1"),
    "the run's fold": ("rates/other/seed-5/metrics.json", {"spec__fold": 3}, "the seed says 2"),
    "the number of folds": ("study.json", {"settings__folds": 2}, "the study has 2 folds"),
}


@pytest.mark.parametrize(("file", "fields", "told"), CHANGES.values(), ids=CHANGES)
def test_records_of_folds_that_contradict_each_other_are_named(folded, file, fields, told):
    change(file, **fields)
    answer = folded("verify", "runs/folded/report.html")
    assert answer.result.exit_code == 1
    assert told in answer.output


REFUSED = {
    ("--folds", "1"): "leaves nothing to train on",
    ("--folds", "3", "--seeds", "2"): "Leave one of them out",
    ("--folds", "40"): "too few pictures, or groups, for 40 folds",
}


@pytest.mark.parametrize(("options", "told"), REFUSED.items())
def test_folds_that_can_not_be_are_refused(homework, options, told):
    assert told in homework("run", "scratch/baseline", *options).message
