"""`homework serve`: the report as it grows, for this machine's browser and nobody else."""

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.locks import locked
from training.records import Curves, StudyFolder, write

pytest.importorskip("starlette")
uvicorn = pytest.importorskip("uvicorn")


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Serve the study `runs/quick` of a folder on a free port; return a function that asks."""
    from report.serve.app import make_app

    monkeypatch.setattr("report.figures.drawing_pool.draw", lambda *_: "<svg/>")
    monkeypatch.setattr("report.figures.drawing_pool.helpers", lambda: 0)
    monkeypatch.setattr("report.serve.app.SECONDS_BETWEEN", 0.05)
    folder = StudyFolder(tmp_path / "runs" / "quick")
    config = uvicorn.Config(make_app(folder), port=0, log_level="error", ws="none",
                            timeout_graceful_shutdown=1)  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    opened = []
    port = server.servers[0].sockets[0].getsockname()[1]

    def ask(path="/", method="GET", host=f"127.0.0.1:{port}"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request(method, path, headers={"Host": host})
        answer = connection.getresponse()
        opened.extend((answer, connection))
        return answer

    yield ask
    for item in opened:
        item.close()
    server.should_exit = True
    thread.join(10)


def states(answer):
    """Yield the states that the server tells."""
    for line in answer:
        if line.startswith(b"data: "):
            yield json.loads(line[len(b"data: ") :])


def text(answer):
    assert answer.status == 200
    return answer.read().decode()


@pytest.fixture
def place(finished_study, tmp_path):
    """Put a finished study where it is served from."""
    return StudyFolder(shutil.copytree(finished_study, tmp_path / "runs" / "quick"))


def test_the_page_is_the_report_with_a_strip(served, place):
    html = text(served())
    assert "<!-- section transfer -->" in html
    assert '<aside id="live"' in html


def test_the_policy_allows_its_own_parts_and_this_server_alone(served, place):
    html = text(served())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    assert policy.startswith("default-src 'none'")
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert policy.count("sha256-") == len(re.findall(r"<(?:style|script)>", html)) == 4


def test_it_waits_for_a_study_and_tells_when_there_is_one(served, finished_study, tmp_path):
    assert "There is no study in" in text(served())
    events = states(served("/events"))
    assert next(events)["problem"]
    shutil.copytree(finished_study, tmp_path / "runs" / "quick")
    while (state := next(events))["problem"] or state["done"] < state["total"]:
        pass
    assert state["total"] == 29
    assert "<!-- section transfer -->" in text(served())


def test_what_runs_is_told_epoch_by_epoch(served, place):
    curves = Curves(id="scratch/baseline", seed=0, epoch=[1], learning_rate=[0.1],
                    train_loss=[2.0], train_accuracy=[0.25], validation_loss=[2.0],
                    validation_accuracy=[0.5], epoch_seconds=[1.0])  # fmt: skip
    events = states(served("/events"))
    first = next(events)
    assert first["running"] == []
    with locked(place.lock("scratch/baseline/seed-0"), print):
        write(place.running("scratch/baseline", 0), curves)
        told = next(events)
        assert [run["validation"] for run in told["running"]] == [[0.5]]
        assert told["version"] == first["version"]
    assert (
        next(states(served("/events")))["running"] == []
    )  # what a killed process leaves trains no more


def test_stand_in_weights_in_training_are_told(served, place):
    events = states(served("/events"))
    assert next(events)["stand_ins"] is False
    with locked(place.stand_in_lock("0123456789abcdef-0123"), print):
        assert next(events)["stand_ins"] is True
    assert next(events)["stand_ins"] is False


def test_a_half_done_study_is_not_called_finished(served, place):
    assert '<span class="label">Finished</span>' in text(served())
    shutil.rmtree(place.run("beyond/vgg16", 0))
    html = text(served())
    assert "Finished</span>" not in html
    assert '<span class="label">Newest record</span>' in html


def test_a_changed_record_changes_the_page(served, place):
    before = text(served())
    assert text(served()) == before
    file = place.metrics("beyond/vgg16", 0)
    record = json.loads(file.read_text())
    record["environment"]["device_name"] = "Another Device"
    file.write_text(json.dumps(record))
    assert "Another Device" not in before
    assert "Another Device" in text(served())


def test_a_broken_record_is_said_in_words(served, place):
    place.metrics("beyond/vgg16", 0).write_text("{")
    html = text(served())
    assert "No report yet" in html
    assert "metrics.json" in html
    assert next(states(served("/events")))["problem"]


def test_markup_in_a_problem_is_text(served, tmp_path):
    folder = tmp_path / "runs" / "quick"
    folder.mkdir(parents=True)
    (folder / "study.json").write_text('{"format": 1, "name": "<script>alert(1)</script>"}')
    assert "<script>alert" not in text(served())


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", ""])
def test_other_names_get_nothing(served, place, host):
    for path in ("/", "/events"):
        answer = served(path, host=host)
        assert answer.status == 400
        assert b"section" not in answer.read()


@pytest.mark.parametrize("path", ["/study.json", "/../study.json", "/%2e%2e/study.json", "/static"])
def test_no_file_is_served(served, place, path):
    assert served(path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(served, place, method):
    assert served("/", method).status == 405


def test_nothing_is_kept_by_browsers_or_framed(served, place):
    answer = served()
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def serve(*options):
    return CliRunner().invoke(cli, ["serve", *map(str, options)])


def test_a_port_in_use_is_one_message_before_any_address_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = serve("--port", port)
    assert answer.exit_code == 1
    assert answer.exception.message.startswith(f"Port {port} of 127.0.0.1 is in use")
    assert "--port 0" in answer.exception.hint
    assert answer.output == ""


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid", "a..b"])
def test_a_host_that_is_not_this_machine_is_one_message(tmp_path, monkeypatch, host):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket, "getaddrinfo", _no_network(socket.getaddrinfo))
    answer = serve("--host", host, "--port", 0)
    assert answer.exit_code == 1
    assert "is no address of this machine" in answer.exception.message
    assert answer.output == ""


def _no_network(usual):
    def looked_up(host, *others, **options):
        if host == "nowhere.invalid":
            raise socket.gaierror(-2, "Name or service not known")
        return usual(host, *others, **options)

    return looked_up


def test_the_command_serves_at_a_free_port_and_leaves_with_0_on_ctrl_c(tmp_path):
    program = "import sys; sys.argv[0] = 'homework'; from training.cli import main; main()"
    command = [sys.executable, "-u", "-c", program, "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        host, port = re.search(r"http://(.*):(\d+)/", process.stdout.readline()).groups()
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        connection.request("GET", "/")
        assert b"There is no study" in connection.getresponse().read()
        connection.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
