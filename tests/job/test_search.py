"""A grid whose members are chosen from results, through the command line to its records."""

import json
import sys
from pathlib import Path

import pytest
from timeless import timeless

from training.executors import in_rounds
from training.records import Metrics, StudyFolder, StudyRecord, read, write

optuna = pytest.importorskip("optuna", reason="Optuna isn't installed (the extra optuna)")

SEARCH = """
preset = "quick"

[settings]
image_size = 64
width = 0.1
epochs = 1

[sections.search]
question = "Which rate?"

[grids."search/tpe"]
sample = 6
sampler = "optuna:tpe"
round = 2
model = "resnet18"
optimizer = ["sgd", "adam"]
learning_rate = { from = 1e-4, to = 1e-1, scale = "log" }

[experiments."search/best"]
from = "best of search/tpe"
test = true
"""
NAMES = ("search/best", *(f"search/tpe-{number}" for number in range(1, 7)))


@pytest.fixture
def search(homework, tmp_path):
    Path("search.toml").write_text(SEARCH, encoding="utf-8")

    def call(*arguments, runs="runs"):
        arguments = (*arguments, "--runs", runs)
        if arguments[0] in ("run", "run-all"):
            arguments = (*arguments, "--threads", "1", "--quiet")
        return homework(*arguments, tiny=False)

    return call


def folder(runs="runs"):
    return StudyFolder(Path(runs) / "search")


def grid(runs="runs"):
    return read(folder(runs).study, StudyRecord).grids[0]


def everything(runs):
    """Return the list's grid and all records, without what measures the machine."""
    records = {
        name: timeless(json.loads(folder(runs).metrics(name, 0).read_text())) for name in NAMES
    }
    return grid(runs), records


def accuracies(n, runs="runs"):
    records = (read(folder(runs).metrics(f"search/tpe-{i}", 0), Metrics) for i in range(1, n + 1))
    return [record.validation.accuracy for record in records]


def ran(answer):
    assert answer.error is None, answer.message or answer.output
    return answer


@pytest.fixture
def finished(search):
    ran(search("run-all", "-f", "search.toml"))
    return search


def test_rounds_are_planned_run_and_go_on_where_they_were_left(search, monkeypatch):
    plan = ran(search("plan", "-f", "search.toml")).output
    assert "to do    search/tpe-2: no record" in plan
    waiting = "search/tpe: 4 more configurations, chosen after the first 2"
    assert f"waiting  {waiting}" in plan
    assert "2 to do, 5 waiting" in plan
    listed = ran(search("list", "-f", "search.toml")).output
    assert "search/tpe    4 more configurations" in listed
    checked = ran(search("check", "search.toml", "--no-time")).output
    assert "6 runs to train, 1 run to take over" in checked
    assert f"{waiting}, in rounds of 2" in checked

    def killed(*arguments):
        write(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(in_rounds, "write", killed)  # just after the round was kept
    assert search("run-all", "-f", "search.toml").error is not None
    assert [each.members for each in grid().search.rounds] == [2, 2]
    status = ran(search("status", "-f", "search.toml")).output
    assert status.startswith("runs/search: 2 of 7 done")
    assert "–         search/tpe-4: no record" in status
    assert "search/tpe: 2 more configurations, chosen after the first 4" in status
    assert "search/best: search/tpe-3 has not run" in status

    monkeypatch.setattr(in_rounds, "write", write)
    ran(search("run", "search/tpe-3", "-f", "search.toml"))  # which chooses no further round
    assert len(grid().axes["learning_rate"]) == 4
    ran(search("run-all", "--study", "search"))  # by the record alone
    ran(search("run-all", "-f", "search.toml", runs="at-once"))
    assert everything("at-once") == everything("runs")
    assert grid().search.told == tuple(accuracies(4))
    assert grid().to_come == 0
    best = read(folder().metrics("search/best", 0), Metrics)
    assert sorted(best.selected.candidates) == sorted(NAMES[1:])
    assert best.validation.accuracy == max(accuracies(6))
    assert ran(search("run-all", "-f", "search.toml")).output == ""  # nothing is to do
    again = ran(search("plan", "-f", "search.toml")).output
    assert again.splitlines()[-1] == "7 done"


@pytest.mark.slow  # each round starts two processes
def test_two_jobs_choose_what_one_does(finished):
    ran(finished("run-all", "-f", "search.toml", "--jobs", "2", runs="two"))
    assert everything("two") == everything("runs")


def test_a_round_that_rests_on_other_results_is_chosen_again(finished):
    before, accuracy = grid(), accuracies(6)
    file = folder().metrics("search/tpe-3", 0)
    record = json.loads(file.read_text())
    record["validation"]["accuracy"] = 1.0 - accuracy[2]
    file.write_text(json.dumps(record))
    plan = finished("plan", "-f", "search.toml").output
    assert "search/best: search/tpe-5 was chosen from other results than there are now" in plan
    ran(finished("run-all", "-f", "search.toml"))
    assert grid().search.told == (*accuracy[:2], 1.0 - accuracy[2], accuracy[3])
    assert grid().axes["learning_rate"][:4] == before.axes["learning_rate"][:4]
    assert grid().axes["learning_rate"][4:] != before.axes["learning_rate"][4:]
    fifth = read(folder().metrics("search/tpe-5", 0), Metrics)
    assert fifth.spec.learning_rate == grid().axes["learning_rate"][4]


def test_what_ran_again_with_other_results_is_gone_on_from_there(finished):
    whole = everything("runs")
    file, study = folder().metrics("search/tpe-3", 0), folder().study
    record, listed = json.loads(file.read_text()), json.loads(study.read_text())
    forged = 1.0 - record["validation"]["accuracy"]
    record["validation"]["accuracy"] = listed["grids"][0]["search"]["told"][2] = forged
    for place, value in (("learning_rate", 0.0123), ("optimizer", "sgd")):
        listed["grids"][0]["axes"][place][4] = listed["experiments"][4][place] = value
    file.write_text(json.dumps(record))
    study.write_text(json.dumps(listed))
    ran(finished("run-all", "-f", "search.toml", "--force"))
    assert everything("runs") == whole


def test_without_optuna_what_is_known_is_read_and_the_rest_refused(search, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "optuna", None)
        answer = search("run-all", "-f", "search.toml")
        assert 'In search.toml, line 12, [grids."search/tpe"]' in answer.message
        assert "pip install 'cnn-homework[optuna]'" in answer.message
        assert not Path("runs").exists()
    ran(search("run", "search/tpe-1", "-f", "search.toml"))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "optuna", None)
        for command in ("plan", "status", "list"):
            ran(search(command, "-f", "search.toml"))
        answer = search("run-all", "-f", "search.toml")
        assert "pip install 'cnn-homework[optuna]'" in answer.message
        assert not folder().metrics("search/tpe-2", 0).exists()
        ran(search("run", "search/tpe-2", "-f", "search.toml"))
    ran(search("run-all", "-f", "search.toml"))
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert ran(search("plan", "-f", "search.toml")).output.endswith("7 done\n")
    ran(search("run-all", "-f", "search.toml"))


def test_a_failed_run_is_told_as_one_and_the_search_goes_on(search):
    text = SEARCH.replace('["sgd", "adam"]', '["sgd", "own:failing"]')
    Path("search.toml").write_text(text, encoding="utf-8")
    Path("own.py").write_text("def failing(groups, lr):\n    raise RuntimeError('no')\n")
    search("run-all", "-f", "search.toml")
    chosen = grid()
    failed = [name == "own:failing" for name in chosen.axes["optimizer"]]
    assert any(failed[:4])
    assert not all(failed)
    assert len(failed) == 6
    assert [told is None for told in chosen.search.told] == failed[:4]


def test_more_members_are_chosen_from_the_results_that_are_there(finished):
    before = grid()
    Path("search.toml").write_text(SEARCH.replace("sample = 6", "sample = 7"), encoding="utf-8")
    plan = ran(finished("plan", "-f", "search.toml")).output
    assert "search/tpe: 1 more configuration, chosen after the first 6" in plan
    ran(finished("run-all", "-f", "search.toml"))
    assert grid().axes["learning_rate"][:6] == before.axes["learning_rate"]
    assert grid().search.told == tuple(accuracies(6))


def test_folds_are_told_by_their_mean(search):
    ran(search("run-all", "-f", "search.toml", "--folds", "2"))
    means = []
    for number in range(1, 5):
        records = (read(folder().metrics(f"search/tpe-{number}", s), Metrics) for s in (0, 1))
        means.append(sum(record.validation.accuracy for record in records) / 2)
    assert grid().search.told == pytest.approx(means)
