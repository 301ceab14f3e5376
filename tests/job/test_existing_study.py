"""`--study NAME` of a study that is there: its settings hold, and what differs is refused."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from training import run_study
from training.cli import cli
from training.errors import StudyError

EXAMPLE = Path(__file__).parents[2] / "runs" / "example"

if not EXAMPLE.is_dir():
    pytest.skip("runs/example isn't here", allow_module_level=True)


def homework(*arguments):
    return CliRunner().invoke(cli, [str(a) for a in arguments])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work beside a finished study of the quick preset, called mine."""
    small = shutil.ignore_patterns("thumbnails", "predictions.json", "curves.json")
    shutil.copytree(EXAMPLE, tmp_path / "runs" / "mine", ignore=small)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit_study(**fields):
    file = Path("runs/mine/study.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def test_the_settings_of_a_study_that_is_there_hold():
    assert "runs/mine: 29 of 29 done" in homework("status", "--study", "mine").output
    for dry in (("run-all", "--dry-run"), ("plan",)):
        assert homework(*dry, "--study", "mine").output.splitlines()[-1] == "29 done"
    assert homework("run", "scratch", "--study", "mine", "--dry-run").output.endswith("11 done\n")
    listed = json.loads(homework("list", "--study", "mine", "--json").output)
    assert {experiment["epochs"] for experiment in listed} == {12}
    found = json.loads(homework("config", "--study", "mine", "--json").output)
    rows = {row["setting"]: (row["value"], row["from"]) for row in found}
    assert rows["image_size"] == (96, "preset quick")
    assert rows["study"] == ("mine", "flag --study")
    assert rows["preset"] == ("quick", "study runs/mine")


def test_a_name_that_is_free_is_a_new_study_with_the_usual_settings():
    answer = homework("plan", "--study", "other", "--preset", "quick")
    assert "done" not in answer.output
    assert homework("status", "--study", "other").output.startswith("runs/other: 0 of 29 done")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--epochs", 3), "epochs 12 (asked for: 3)."),
        (
            ("--preset", "reference"),
            (
                "preset quick (asked for: reference), epochs 12 (asked for: not set), "
                "batch_size 16 (asked for: 256), image_size 96 (asked for: 224), "
                "step_size 9 (asked for: 20), 2 more."
            ),
        ),
        (("--data", "pictures"), "data sample (asked for: pictures)."),
        (
            ("--extras", "--classes", "A,B"),
            "extras off (asked for: on), classes not set (asked for: A, B).",
        ),
        (("-f", "study.toml"), "scratch/baseline, optimizer sgd (asked for: adam)."),
    ],
)
def test_options_that_differ_are_named_and_change_it_only_with_change(folder, options, named):
    (folder / "study.toml").write_text(
        'preset = "quick"\ntitle = "Mine"\n[experiments."scratch/baseline"]\noptimizer = "adam"\n'
    )
    before = Path("runs/mine/study.json").read_bytes()
    for command in ("plan", "status", "run-all", "list", "config"):
        answer = homework(command, "--study", "mine", *options)
        assert answer.exit_code == 1, command
        assert answer.exception.message == f"runs/mine has other settings: {named}", command
        assert "--change" in answer.exception.hint
    assert Path("runs/mine/study.json").read_bytes() == before
    (folder / "pictures").mkdir()
    assert homework("plan", "--study", "mine", "--change", *options).exit_code == 0


def test_a_variable_differs_as_an_option_does(monkeypatch):
    monkeypatch.setenv("HOMEWORK_BATCH_SIZE", "8")
    assert "batch_size 16 (asked for: 8)" in homework("status", "--study", "mine").exception.message


def test_options_that_say_the_same_again_are_no_change(folder):
    same = ("--preset", "quick", "--data", "sample", "--epochs", 12, "--weights", "sample")
    assert homework("plan", "--study", "mine", *same).output.endswith("29 done\n")
    (folder / "pictures").mkdir()
    edit_study(data="pictures")
    answer = homework("plan", "--study", "mine", "--data", folder / "pictures")
    assert answer.output.endswith("29 done\n")


def test_words_of_a_study_file_are_no_change_and_are_taken(folder):
    (folder / "study.toml").write_text('preset = "quick"\ntitle = "Mine"\n')
    answer = homework("config", "--study", "mine", "-f", "study.toml", "--json")
    assert answer.exit_code == 0, answer.exception
    rows = {row["setting"]: row["value"] for row in json.loads(answer.output)}
    assert (rows["title"], rows["study"], rows["epochs"]) == ("Mine", "mine", 12)


def test_an_extra_of_a_newer_version_is_no_change_but_one_of_a_study_file_is(folder):
    listed = json.loads(Path("runs/mine/study.json").read_text())["experiments"]
    edit_study(experiments=[e for e in listed if e["id"] != "augmentation/rotation"])
    (folder / "study.toml").write_text('preset = "quick"\n')
    assert homework("config", "--study", "mine", "-f", "study.toml").exit_code == 0
    (folder / "study.toml").write_text(
        'preset = "quick"\n[experiments."beyond/mine"]\nmodel = "vgg16"\nextra = true\n'
    )
    answer = homework("config", "--study", "mine", "-f", "study.toml")
    assert "beyond/mine isn't in its list" in answer.exception.message


def test_a_change_keeps_the_other_settings_and_what_a_study_file_changed():
    edit_study(title="Mine")
    record = json.loads(Path("runs/mine/study.json").read_text())
    record["settings"] |= {"seeds": 2, "gamma": 0.5}
    record["experiments"][0]["optimizer"] = "adam"
    edit_study(**record)
    change = ("--study", "mine", "--batch-size", 8, "--change", "--json")
    rows = json.loads(homework("config", *change).output)
    found = {row["setting"]: row["value"] for row in rows}
    assert (found["batch_size"], found["seeds"], found["gamma"]) == (8, 2, 0.5)
    assert (found["title"], found["epochs"]) == ("Mine", 12)
    listed = json.loads(homework("list", *change).output)
    assert listed[0]["optimizer"] == "adam"
    sizes = {e["id"]: e.get("batch_size") for e in listed}
    assert sizes["beyond/vgg16"] == 8  # follows the setting, as in a new study


def test_from_python_likewise(monkeypatch):
    asked = []
    monkeypatch.setattr("training.session.run_study", lambda study, *others: asked.append(study))
    run_study(study="mine", progress=False)
    with pytest.raises(StudyError, match="epochs 12"):
        run_study(study="mine", epochs=3, progress=False)
    run_study(study="mine", epochs=3, change=True, progress=False)
    assert [study.settings.epochs for study in asked] == [12, 3]


def test_code_that_only_a_record_names_is_not_imported(folder):
    record = json.loads(Path("runs/mine/study.json").read_text())
    record["settings"]["backbone"] = "evil:build"
    record["experiments"][0]["model"] = "evil:build"
    edit_study(**record)
    (folder / "evil.py").write_text("raise SystemExit('code was run')")
    for command in (("run", "scratch/baseline"), ("run-all",), ("plan", "--time")):
        answer = homework(*command, "--study", "mine")
        assert "name code, evil:build, which isn't imported unasked" in answer.exception.message
    with pytest.raises(StudyError, match="isn't imported unasked"):
        run_study(study="mine", progress=False)
    assert homework("status", "--study", "mine").exit_code == 0


def test_code_that_a_person_names_is(folder, monkeypatch):
    asked = []
    monkeypatch.setattr("training.session.run_study", lambda study, *others: asked.append(study))
    record = json.loads(Path("runs/mine/study.json").read_text())
    record["settings"]["backbone"] = "nets:build"
    record["experiments"] = [e | {"model": "nets:build"} for e in record["experiments"]]
    edit_study(**record)
    run_study(study="mine", backbone="nets:build", change=True, progress=False)
    assert [study.settings.backbone for study in asked] == ["nets:build"]


def test_other_images_that_are_not_there_are_told_though_all_is_done():
    answer = homework("plan", "--study", "mine", "--data", "nope", "--change")
    assert answer.output.endswith("29 done\n")
    assert "--data names nope: nothing is there." in answer.exception.message


def test_change_needs_the_name_of_a_study():
    answer = homework("plan", "--preset", "quick", "--change")
    assert answer.exit_code == 2
    assert "--change needs --study NAME" in answer.output


def test_a_name_can_lead_nowhere_else():
    assert "can't name a study" in homework("status", "--study", "../runs/mine").exception.message
