"""Experiments side by side that are stopped, or whose parent is killed: nothing is lost."""

import os
import signal

from side_by_side import LONG, NAMES, Started, is_gone, records, undisturbed


def test_a_signal_leaves_checkpoints_and_says_how_to_go_on(homework, tmp_path):
    whole = undisturbed(homework, tmp_path)
    with Started(tmp_path) as started:
        workers = [started.worker(name) for name in NAMES[:2]]
        os.kill(workers[0], signal.SIGINT)  # a terminal sends it to the workers as well
        os.kill(started.process.pid, signal.SIGINT)
        code, output = started.end()
        assert code == 130, output
        assert all(is_gone(pid) for pid in workers)
    assert output.count("stopping after this batch") == 1
    assert "To resume, repeat the command:\n    homework run" in output
    answer = homework("run", *NAMES, *LONG, tiny=False)
    assert answer.error is None, answer.output
    assert answer.output.count("Resuming at epoch") == 2
    assert records(tmp_path, "runs") == whole


def test_a_second_signal_stops_at_once_and_leaves_nobody_behind(homework, tmp_path):
    whole = undisturbed(homework, tmp_path)
    with Started(tmp_path) as started:
        workers = [started.worker(name) for name in NAMES[:2]]
        os.kill(workers[0], signal.SIGSTOP)  # this one can't finish its batch
        started.stopped.append(workers[0])
        os.kill(started.process.pid, signal.SIGTERM)
        started.says("stopping after this batch")
        os.kill(started.process.pid, signal.SIGTERM)
        assert started.end()[0] == 143
        assert all(is_gone(pid) for pid in workers)
    answer = homework("run", *NAMES, *LONG, tiny=False)
    assert answer.error is None, answer.output
    assert records(tmp_path, "runs") == whole


def test_workers_end_with_a_parent_that_is_killed(homework, tmp_path):
    whole = undisturbed(homework, tmp_path)
    with Started(tmp_path) as started:
        workers = [started.worker(name) for name in NAMES[:2]]
        started.process.kill()
        assert all(is_gone(pid) for pid in workers)
    assert homework("run", *NAMES, *LONG, tiny=False).error is None
    assert records(tmp_path, "runs") == whole
