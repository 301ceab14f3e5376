"""A server for logs that doesn't answer is asked once, for a moment."""

import socket
import time

import pytest

from training.logs.live import Logs
from training.logs.mlflow_log import check_server
from training.logs.run_log import AwayError, RunName
from training.planning.plan import resolve
from training.records import Experiment, Settings


@pytest.fixture
def port():
    """Return a port of loopback that nothing listens to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def name(experiment_id):
    spec = resolve(Experiment(id=experiment_id, question="?"), Settings(), 0)[0]
    return RunName("study", experiment_id, 0, spec, "fingerprint")


def test_a_server_that_is_away_is_named_without_its_password(port):
    started = time.monotonic()
    with pytest.raises(AwayError) as raised:
        check_server(f"http://user:secret@127.0.0.1:{port}/path")
    assert f"127.0.0.1:{port}" in str(raised.value)
    assert "secret" not in str(raised.value)
    assert time.monotonic() - started < 5


def test_a_server_that_answers_and_a_file_are_taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_server(f"http://127.0.0.1:{server.getsockname()[1]}")
    check_server("sqlite:////no/such/file.db")


def test_it_is_asked_once_for_all_runs_and_said_once():
    asked, notes = [], []

    def opener(run):
        asked.append(run.id)
        raise AwayError("The MLflow server h:1 doesn't answer (Connection refused)")

    logs = Logs({"MLflow": opener}, notes.append)
    for experiment_id in ("scratch/a", "scratch/b", "scratch/c"):
        with logs.run(name(experiment_id)):
            pass
    assert asked == ["scratch/a"]
    assert len(notes) == 1
    assert "h:1 doesn't answer" in notes[0]
    assert "training continues" in notes[0]
