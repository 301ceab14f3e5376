"""Experiments side by side: the same records, whichever worker dies; and the order they run in."""

import os
import signal
from types import SimpleNamespace

from side_by_side import LONG, NAMES, Started, folder_of, records, undisturbed

from training.executors import threads_each
from training.executors.processes import ProcessExecutor
from training.executors.schedule import Schedule
from training.executors.setup import Setup
from training.records import Choice, Experiment, Metrics, read
from training.run.run_options import Where


def test_two_jobs_write_the_records_of_one(homework, tmp_path):
    one = homework("run", "scratch", "--threads", "1", "--runs", "one")
    two = homework("run", "scratch", "--threads", "1", "--runs", "two", "--jobs", "2")
    assert one.error is None, one.output
    assert two.error is None, two.output
    names = [f"scratch/{path.name}" for path in (tmp_path / "one/quick/scratch").iterdir()]
    assert len(names) == 11
    assert records(tmp_path, "two", names) == records(tmp_path, "one", names)
    assert {file.name for file in tmp_path.rglob("*.pt")} == {"model.pt"}  # no weights.pt
    environment = read(folder_of(tmp_path, "two").metrics(NAMES[0], 0), Metrics).environment
    assert environment.n_threads == 1
    for position in range(1, 12):  # each line of a log says whose it is
        lines = [line for line in two.output.splitlines() if line.startswith(f"[{position}/11]")]
        assert [line.split()[2] for line in lines] == ["started", "done"]
    again = homework("run", "scratch", "--threads", "1", "--runs", "two", "--jobs", "2")
    assert "Nothing to do: all 11 runs" in again.output


def test_threads_are_divided(monkeypatch):
    import torch

    monkeypatch.setattr(torch, "get_num_threads", lambda: 6)
    assert [threads_each(Where(jobs=jobs)) for jobs in (1, 2, 4, 9)] == [6, 3, 1, 1]
    assert threads_each(Where(jobs=2, threads=5)) == 5
    assert threads_each(Where(executor="ray", jobs=2)) == 1


def test_a_killed_workers_run_goes_on_and_one_killed_twice_has_failed(homework, tmp_path):
    whole = undisturbed(homework, tmp_path)
    with Started(tmp_path) as started:
        first = started.worker(NAMES[0])
        other = started.worker(NAMES[1])
        os.kill(first, signal.SIGKILL)
        os.kill(other, signal.SIGKILL)
        os.kill(started.worker(NAMES[0], but=(first, other)), signal.SIGKILL)
        code, output = started.end()
    assert code == 1, output
    assert output.count("Worker killed (attempt 1 of 2): resuming") == 2
    assert "Resuming at epoch" in output
    assert f"1 experiment failed: {NAMES[0]}." in output
    found = records(tmp_path, "runs")
    others = {key for key in whole if key[0] != NAMES[0]}
    assert {key: found[key] for key in others} == {key: whole[key] for key in others}
    record = read(folder_of(tmp_path).metrics(NAMES[0], 0), Metrics)
    assert record.status == "failed"
    assert "Worker killed (attempt 2 of 2)" in record.error
    assert homework("run", *NAMES, *LONG, tiny=False).error is None
    assert records(tmp_path, "runs") == whole


def test_a_device_that_isnt_there_is_one_message(homework):
    answer = homework("run", *NAMES, "--jobs", "2", "--device", "cuda:7")
    assert "--device cpu" in answer.message


def experiment(name, grid=None):
    return Experiment(id=name, question="", choice=Choice(grid) if grid else None)


def drain(schedule, at_once):
    """Return the order in which a schedule's runs start with a number of workers."""
    order, running = [], []
    while True:
        while len(running) < at_once and (task := schedule.start()) is not None:
            order.append((task.experiment.id, task.seed))
            running.append(task)
        if not running:
            return order
        schedule.end(running.pop(0))


def test_a_choice_waits_for_its_grid_even_where_it_comes_first():
    listed = [experiment("a/best", "a/grid"), experiment("a/grid-1"), experiment("b/x"),
              experiment("a/grid-2"), experiment("b/y", "b/none")]  # fmt: skip
    names = [name for name, _ in drain(Schedule(listed, range(1)), at_once=1)]
    assert names == ["a/grid-1", "b/x", "a/grid-2", "a/best", "b/y"]
    order = drain(Schedule(listed, range(2)), at_once=3)
    assert order.index(("a/best", 0)) > order.index(("a/grid-2", 1))
    assert len(order) == 10


def test_what_others_wait_for_starts_first_and_they_after_it():
    listed = [experiment(name) for name in ("a", "b", "c", "d", "e")]
    makes = {"b": "weights", "d": "weights", "e": "others"}
    schedule = Schedule(listed, range(1), makes)
    first, second, third = schedule.start(), schedule.start(), schedule.start()
    assert [task.experiment.id for task in (first, second, third)] == ["b", "e", "a"]
    fourth = schedule.start()
    assert fourth.experiment.id == "c"  # d would wait for b's weights
    assert schedule.start() is None
    schedule.end(first)
    assert schedule.start().experiment.id == "d"
    assert [name for name, _ in drain(Schedule(listed, range(1), makes), at_once=1)] == [
        "b", "e", "a", "c", "d",
    ]  # fmt: skip


def test_choices_that_wait_for_each_other_end():
    listed = [experiment("a/grid-1", "b/grid"), experiment("b/grid-1", "a/grid")]
    assert len(drain(Schedule(listed, range(1)), at_once=2)) == 2


def test_what_is_asked_for_reaches_the_workers(homework, tmp_path):
    answer = homework("run", NAMES[0], "--jobs", "2", "--threads", "1", "--keep-weights")
    assert answer.error is None, answer.output
    folder = folder_of(tmp_path)
    assert folder.model(NAMES[0], 0).is_file()
    assert not folder.running(NAMES[0], 0).exists()


def test_a_job_is_alone_only_where_each_has_a_device(monkeypatch):
    monkeypatch.setattr(Setup, "of", lambda *_, alone: alone)
    plan, devices = SimpleNamespace(study=SimpleNamespace(experiments=[])), ["cuda:0", "cuda:1"]
    assert ProcessExecutor(plan, None, 2, 1, devices).setup is True
    assert ProcessExecutor(plan, None, 3, 1, devices).setup is False
