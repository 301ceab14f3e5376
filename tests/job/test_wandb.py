"""`--log wandb`: what Weights & Biases is told of a run, and when anything is sent."""

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from wandb_files import read_file

from training.logs.run_log import AwayError, RunName
from training.logs.wandb_log import WandbLog, WandbStore, mode
from training.planning.plan import resolve
from training.records import Curves, Experiment, Settings
from training.records.spec_fields import spec_values

pytest.importorskip("wandb", reason="wandb isn't installed (an extra)")

NAME = "scratch/baseline"
OF_WANDB = ("WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL", "WANDB_PROJECT")


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch):
    for name in OF_WANDB:
        monkeypatch.delenv(name, raising=False)


def a_run(study="mine", seed=0):
    spec = resolve(Experiment(id=NAME, question="?"), Settings(), seed)[0]
    return RunName(study, NAME, seed, spec, "fingerprint")


def curves(n):
    """Return curves of so many epochs, every number of which is 0.5."""
    known = {
        name: [0.5] * n for name in Curves.__struct_fields__ if name not in ("format", "id", "seed")
    }
    return msgspec.convert(known | {"id": NAME, "seed": 0, "epoch": [*range(1, n + 1)]}, Curves)


def written(folder):
    return sorted((folder / "wandb").glob("offline-run-*/*.wandb"))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, "offline"),
        ({"WANDB_API_KEY": "k"}, "online"),
        ({"WANDB_MODE": "online"}, "online"),
        ({"WANDB_MODE": "offline", "WANDB_API_KEY": "k"}, "offline"),
        ({"WANDB_MODE": "disabled", "WANDB_API_KEY": "k"}, "disabled"),
        ({"WANDB_MODE": "", "WANDB_API_KEY": ""}, "offline"),
    ],
)
def test_runs_are_sent_by_those_alone_who_say_so(monkeypatch, said, expected):
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert mode() == expected


def test_a_run_says_what_it_is_of_and_nothing_of_machine_or_person(tmp_path):
    log = WandbLog(a_run(), WandbStore(tmp_path))
    log.epochs(curves(2), [1e9, 1e9 + 60])
    log.close()
    (file,) = written(tmp_path)
    run = read_file(file)
    named = (run["project"], run["run_group"], run["display_name"])
    assert named == ("homework", "mine", "scratch/baseline seed 0")
    spec = a_run().spec
    assert run["config"].items() >= spec_values(spec).items()
    assert run["config"]["homework/spec_hash"] == spec.digest()
    assert [epoch["_timestamp"] for epoch in run["history"]] == [1e9, 1e9 + 60]
    assert run["exit_code"] == 1  # it was broken off
    assert run["host"] == ""
    for place in (Path.cwd(), Path.home(), sys.executable):
        assert bytes(Path(place)) not in file.read_bytes(), place


def test_a_run_begun_anew_replaces_what_was_not_sent_of_it_and_nothing_else(tmp_path):
    store = WandbStore(tmp_path)
    for name in (a_run(), a_run("another"), a_run(seed=1), a_run()):
        log = WandbLog(name, store)
        log.epochs(curves(1))
        log.close()
    kept = written(tmp_path)
    groups = sorted((run["run_group"], run["config"]["homework/seed"])
                    for run in map(read_file, kept))  # fmt: skip
    assert groups == [("another", 0), ("mine", 0), ("mine", 1)]
    for file in kept:
        file.with_name(f"{file.name}.synced").touch()  # as `wandb sync` does
    log = WandbLog(a_run(), store)
    log.epochs(curves(1))
    log.close()
    assert len(written(tmp_path)) == 4


def test_a_run_that_is_done_says_so(homework, tmp_path):
    assert homework("run", NAME, "--log", "wandb").error is None
    study = tmp_path / "runs" / "quick"
    (file,) = written(study / "logs")
    run = read_file(file)
    record = json.loads((study / NAME / "seed-0" / "metrics.json").read_text())
    assert (run["exit_code"], run["summary"]["homework/status"]) == (0, "done")
    assert run["summary"]["homework/finished_at"] == record["finished_at"]
    assert run["summary"]["accuracy/test"] == record["test"]["accuracy"]


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_server_that_is_away_is_said_once_and_training_goes_on(
    homework, tmp_path, monkeypatch, closed_port
):
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{closed_port}")
    answer = homework("run", NAME, "scratch/grid-sgd-1e-2", "--log", "wandb")
    assert answer.error is None, answer.output
    assert answer.output.count("training continues") == 1
    assert f"The W&B server 127.0.0.1:{closed_port} doesn't answer" in answer.output
    records = (tmp_path / "runs" / "quick" / "scratch").glob("*/seed-0/metrics.json")
    assert [json.loads(file.read_text())["status"] for file in records] == ["done", "done"]
    with pytest.raises(AwayError):
        WandbStore(tmp_path)


@pytest.fixture
def proxy():
    """Return the address of a proxy that refuses all, and the list of what it was asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def _refuse(self):
            asked.append(self.path)
            self.send_error(403)

        do_GET = do_POST = do_CONNECT = _refuse  # noqa: N815

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


SCRIPT = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
import test_wandb as tests
try:
    log = tests.WandbLog(tests.a_run(), tests.WandbStore(Path("logs")))
    log.epochs(tests.curves(2))
    log.close()
except Exception as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize("said", [{}, {"WANDB_MODE": "online", "WANDB_API_KEY": "k" * 40}])
def test_without_a_word_nothing_is_sent(tmp_path, proxy, said):
    address, asked = proxy
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    clean = {key: value for key, value in os.environ.items() if key.lower() != "no_proxy"}
    path = os.pathsep.join(place for place in sys.path if place)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(Path(__file__).parent)],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100,
        env={**clean, "PYTHONPATH": path, **dict.fromkeys(names, address), **said},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert bool(asked) == bool(said), asked
    assert len(written(tmp_path / "logs")) == (not said)
    assert done.stdout == "" or said
