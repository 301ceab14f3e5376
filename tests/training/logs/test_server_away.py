"""A server for logs that doesn't answer is asked once, for a moment."""

import http.server
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

from training import time_limit
from training.logs import server as log_server
from training.logs.live import Logs
from training.logs.run_log import AwayError, RunName
from training.logs.server import check_server
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


@pytest.fixture
def silent(monkeypatch):
    """Return a port that accepts connections and never answers; make limits short."""
    monkeypatch.setattr(log_server, "SECONDS_TO_ANSWER", 0.3)
    monkeypatch.setattr(time_limit, "QUIET_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def answering():
    """Give a function that starts an HTTP server with one answer and returns its URL."""
    servers = []

    def start(status):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                pass

        servers.append(http.server.HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_server_that_never_answers_is_waited_for_a_moment_and_not_in_silence(silent):
    said, started = [], time.monotonic()
    with pytest.raises(AwayError, match="no answer within"):
        check_server(f"http://127.0.0.1:{silent}", said.append)
    assert time.monotonic() - started < 2
    assert said == [f"Waiting for the MLflow server 127.0.0.1:{silent}, at most 0.3 s"]


@pytest.mark.parametrize("status", [200, 401, 404, 500])
def test_any_answer_of_its_own_will_do(answering, status):
    said = []
    check_server(answering(status), said.append)
    check_server(answering(status).replace("//", "//user:secret@"), said.append)
    assert said == []


def test_a_proxy_whose_server_is_away_counts_as_away(answering):
    with pytest.raises(AwayError, match="503 Service Unavailable"):
        check_server(answering(503))


def test_a_database_needs_only_accept(silent, port):
    check_server(f"postgresql+psycopg://me:secret@127.0.0.1:{silent}/runs")
    with pytest.raises(AwayError, match=f"127.0.0.1:{port} doesn't answer"):
        check_server(f"mysql+pymysql://me:secret@127.0.0.1:{port}/runs")


def test_a_file_has_no_server():
    assert urlsplit("sqlite:////no/such/file.db").hostname is None
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
