"""A study with a search: its report holds, and values that nobody chose are found."""

import json
import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner
from fake_study import write_fake_study
from own_study import OWN, TUNING, replace_section, resnet
from rendering import draw_nothing, run_render

pytest.importorskip("optuna", reason="Optuna isn't installed (the extra optuna)")

from searched import FIELDS, GRID

from training.cli import cli
from training.records import Choice, Metrics, Settings, StudyFolder, read, write
from training.study.grids import read_grid
from training.study.rounds import begun_grid, members_of, with_round


def searched(folder):
    """Write a study whose search was told what its records say."""
    given = {**FIELDS, "sample": 6, "sampler": "optuna:tpe", "round": 3}
    grid = begun_grid(GRID, read_grid(given, Settings(), str), str)
    section = replace_section(TUNING, grids=(GRID,))
    best = resnet("tuning/best", role="reuse", choice=Choice(GRID), test=True)
    while True:
        members = [
            resnet(own.pop("id"), own.pop("question"), **own) for own in map(dict, members_of(grid))
        ]
        fake = replace(OWN, sections=(section,), experiments=(*members, best), grids=(grid,))
        write_fake_study(folder, fake)
        if not grid.to_come:
            return
        metrics = (read(StudyFolder(folder).metrics(e.id, 0), Metrics) for e in members)
        grid = with_round(grid, [record.validation.accuracy for record in metrics])


def report_of(folder):
    done = run_render(folder, folder, "--format", "html")
    assert done.exit_code == 0, done.error or done.unexpected
    return done


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("searched") / "runs" / "mine"
    with pytest.MonkeyPatch.context() as patch:
        draw_nothing(patch)
        patch.setenv("HOMEWORK_CACHE", str(tmp_path_factory.mktemp("cache")))
        searched(folder)
        yield folder, report_of(folder)


@pytest.fixture
def study(whole, tmp_path, monkeypatch):
    draw_nothing(monkeypatch)
    return shutil.copytree(whole[0], tmp_path / "runs" / "mine")


def verify(folder):
    return CliRunner().invoke(cli, ["verify", str(folder / "report.html")])


def test_the_section_says_how_it_was_searched_and_the_report_holds(whole, study):
    section = whole[1].section("tuning")
    assert "in the order in which it was chosen" in section
    assert "Validation accuracy of every setting tried, by" in section
    assert "from the validation accuracies of the rounds before" in section
    done = verify(study)
    assert done.exit_code == 0, done.output
    assert "whether Optuna" not in done.output


def test_a_value_forged_in_every_record_is_found(study):
    file, folder = study / "study.json", StudyFolder(study)
    record = json.loads(file.read_text())
    record["grids"][0]["axes"]["learning_rate"][4] = 0.0345
    record["experiments"][4]["learning_rate"] = 0.0345
    file.write_text(json.dumps(record))
    metrics = read(folder.metrics(f"{GRID}-5", 0), Metrics)
    spec = replace_section(metrics.spec, learning_rate=0.0345)
    metrics = replace_section(metrics, spec=spec, spec_hash=spec.digest())
    write(folder.metrics(f"{GRID}-5", 0), metrics)
    report_of(study)
    done = verify(study)
    assert done.exit_code == 1
    assert "study.json: “0.0345”: for tuning/tpe-5 Optuna" in done.output
    assert "study.json#/grids/0/axes/learning_rate/4" in done.output


def test_what_another_version_chose_is_said_not_to_be_checked(study):
    file = study / "study.json"
    record = json.loads(file.read_text())
    record["grids"][0]["search"]["rounds"][-1]["version"] = "0.0.1"
    file.write_text(json.dumps(record))
    report_of(study)
    done = verify(study)
    assert done.exit_code == 0, done.output
    assert "Not checked: whether Optuna chose the members of tuning/tpe" in done.output
    assert "pip install optuna==0.0.1" in done.output
