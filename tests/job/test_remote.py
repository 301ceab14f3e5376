"""`--runs URL`: the same records as in a folder, sent whole, never over another's."""

import json
import os
import socket
import threading
import time

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from timeless import timeless

from training import time_limit
from training.cli import main
from training.records import encode, remote
from training.records.remote import Mirror, RemoteError, masked
from training.stopping import StoppedError
from training.study import build_study

NAME = "scratch/baseline"
URL = "memory://bucket/runs"


@pytest.fixture(autouse=True)
def empty_store():
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]
    yield
    MemoryFileSystem.store.clear()


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Give a function that makes the tests' process another machine, by the cache it uses."""

    def become(name):
        monkeypatch.setattr(remote, "cache_folder", lambda: tmp_path / "machines" / name)

    become("first")
    return become


def stored(url=URL):
    fs, root = fsspec.core.url_to_fs(url)
    return {path[len(root) + 1 :]: fs.cat_file(path) for path in fs.find(root)}


def records(files):
    """Return records without what measures the machine or names the command."""
    found = {}
    for name, content in files.items():
        if name.startswith(f"quick/{NAME}/") and name.endswith(".json"):
            record = json.loads(content)
            found[name] = timeless(record)
    return found


def test_records_of_a_url_are_those_of_a_folder(homework, machine, tmp_path):
    assert homework("run", NAME).error is None
    answer = homework("run", NAME, "--runs", URL)
    assert answer.error is None, answer.output
    assert f"files sent to {URL}" in answer.output
    runs = tmp_path / "runs"
    here = {p.relative_to(runs).as_posix(): p.read_bytes() for p in runs.rglob("*") if p.is_file()}
    there = stored()
    assert records(there) == records(here)
    assert len(records(there)) == 3
    kept = {name for name in here if not any(part.startswith(".") for part in name.split("/"))}
    assert there.keys() == kept


def test_messages_name_the_url_and_not_its_mirror(homework, machine, tmp_path, capsys, monkeypatch):
    content = encode(build_study("quick"))
    fsspec.filesystem("memory").pipe_file("/bucket/runs/quick/study.json", content)
    for command in (("status",), ("config", "--study", "quick")):
        printed = homework(*command, "--runs", URL, tiny=False).output
        assert f"{URL}/quick" in printed
        assert str(tmp_path / "machines") not in printed
    for arguments in (["verify", "--study", "none"], ["predict", "quick/transfer/best", "x.png"]):
        monkeypatch.setattr("sys.argv", ["homework", *arguments, "--runs", URL])
        with pytest.raises(SystemExit):
            main()
        said = capsys.readouterr().err
        assert f" in {URL}" in said
        assert "machines" not in said


def test_another_machine_goes_on_and_renders(homework, machine):
    assert homework("run", NAME, "--runs", URL).error is None
    machine("second")
    again = homework("run", NAME, "--runs", URL)
    assert "files fetched from" in again.output
    assert "Nothing to do" in again.output
    assert f"record in {URL}/quick." in again.output
    assert homework("render", "--runs", URL, "--format", "html").error is None
    assert "quick/report.html" in stored()
    machine("third")
    verdict = homework("verify", "--runs", URL)
    assert "no errors found" in verdict.output, verdict.output


def test_a_checkpoint_travels(homework, machine, monkeypatch):
    """A run that was stopped here goes on there, and its checkpoint is removed in the end."""
    from training.cli.console import ConsoleProgress
    from training.stopping import StopSignal

    small = ("--batch-size", "8")
    original = StopSignal.check
    with monkeypatch.context() as patch:
        batches = []

        def stop_soon(self):
            if len(batches) >= 1:
                self.ask(15)
            original(self)

        patch.setattr(ConsoleProgress, "batch", lambda self, n_images: batches.append(n_images))
        patch.setattr(StopSignal, "check", stop_soon)
        with pytest.raises(StoppedError):
            homework("run", NAME, *small, "--runs", URL)
    assert any("/checkpoint/" in name for name in stored())
    machine("second")
    answer = homework("run", NAME, *small, "--runs", URL)
    assert "Resuming at epoch 1" in answer.output
    assert not any("/checkpoint/" in name for name in stored())
    assert f"quick/{NAME}/seed-0/metrics.json" in stored()


def test_what_says_done_is_sent_last(homework, machine, monkeypatch):
    sent = []
    original = Mirror._put
    monkeypatch.setattr(
        Mirror, "_put", lambda self, name: (sent.append(name), original(self, name))
    )
    assert homework("run", NAME, "--runs", URL).error is None
    assert sent[-1] == f"quick/{NAME}/seed-0/metrics.json"
    assert len(sent) == len(stored())


def test_what_two_machines_changed_is_named_and_kept(machine, tmp_path):
    first = Mirror(URL)
    first.fetch()
    write(first, "a/study.json", b"1")
    first.send()
    machine("second")
    second = Mirror(URL)
    assert second.fetch() == 1
    write(second, "a/study.json", b"22")
    second.send()
    write(first, "a/study.json", b"333")
    with pytest.raises(RemoteError, match=r"a/study\.json was changed both there and here"):
        first.send()
    with pytest.raises(RemoteError, match=r"a/study\.json was changed both there and here"):
        first.fetch()
    assert stored()["a/study.json"] == b"22"
    assert (first.folder / "a/study.json").read_bytes() == b"333"
    write(first, "a/study.json", b"22")  # the same on both sides is no conflict
    first.fetch()
    assert first.send() == 0


def test_what_is_removed_on_one_side_is_removed_on_the_other(machine):
    first = Mirror(URL)
    first.fetch()
    for name in ("a/one.json", "a/two.json"):
        write(first, name, b"1")
    first.send()
    machine("second")
    second = Mirror(URL)
    second.fetch()
    (second.folder / "a/one.json").unlink()
    second.send()
    assert stored().keys() == {"a/two.json"}
    first.fetch()
    assert not (first.folder / "a/one.json").exists()
    assert (first.folder / "a/two.json").exists()


@pytest.mark.parametrize("method", ["put_file", "info"])
def test_a_store_that_fails_loses_nothing(homework, machine, monkeypatch, method):
    with monkeypatch.context() as patch:

        def fail(*_, **__):
            raise ConnectionResetError("connection reset by peer")

        patch.setattr(MemoryFileSystem, method, fail)
        answer = homework("run", NAME, "--runs", URL)
        assert isinstance(answer.error, RemoteError)
        assert "Can't write memory://bucket/runs: connection reset by peer." in answer.message
    assert f"quick/{NAME}/seed-0/metrics.json" not in stored()
    assert homework("status", "--runs", URL).error is None  # any command sends what is left
    assert len(records(stored())) == 3


def test_a_store_that_fails_at_times_is_tried_again(machine, monkeypatch):
    monkeypatch.setattr(remote, "SECONDS_BETWEEN", 0.01)
    mirror = Mirror(URL)
    mirror.fetch()
    original, failures, said = MemoryFileSystem.put_file, [], []

    def sometimes(self, *arguments, **options):
        if len(failures) < 3:
            failures.append(arguments)
            raise TimeoutError("timed out")
        return original(self, *arguments, **options)

    monkeypatch.setattr(MemoryFileSystem, "put_file", sometimes)
    with mirror.sending(said.append):
        write(mirror, "a/study.json", b"1")
        deadline = time.monotonic() + 30
        while not stored() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert stored() == {"a/study.json": b"1"}
    assert len(failures) == 3
    assert len(said) == 1
    assert "timed out" in said[0]


def test_a_file_is_whole_or_absent_where_uploads_are_seen(machine, monkeypatch, tmp_path):
    """Without a store that does it, a file gets its name only when all of it is there."""
    there = tmp_path / "there"
    mirror = Mirror(f"file://{there}")
    mirror.fetch()
    write(mirror, "a/study.json", b"old")
    mirror.send()
    fs = mirror._fs

    def half(here, path):
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(b"ne")
        raise OSError(5, "Input/output error")

    write(mirror, "a/study.json", b"new one")
    with monkeypatch.context() as patch:
        patch.setattr(fs, "put_file", half)
        with pytest.raises(RemoteError, match="Input/output error"):
            mirror.send()
    assert {p.name: p.read_bytes() for p in there.rglob("*") if p.is_file()} == {
        "study.json": b"old"
    }
    mirror.send()
    assert (there / "a/study.json").read_bytes() == b"new one"


def test_names_that_leave_the_mirror_are_not_fetched(machine):
    fs, root = fsspec.core.url_to_fs(URL)
    for name in ("a/../../../escaped.json", ".hidden/x.json", "a/good.json", "a\\b.json"):
        MemoryFileSystem.store[f"{root}/{name}"] = type(fs)().open("/tmp-file", "wb")
        fs.pipe_file("/tmp-file", b"1")
        MemoryFileSystem.store[f"{root}/{name}"] = MemoryFileSystem.store["/tmp-file"]
    mirror = Mirror(URL)
    assert mirror.fetch() == 1
    found = {p.name for p in mirror.folder.parent.rglob("*") if p.is_file()}
    assert found - {"lock"} == {"good.json", "known.json"}


def test_a_place_that_no_one_knows_is_refused(homework, machine):
    answer = homework("status", "--runs", "nowhere://bucket/runs")
    assert isinstance(answer.error, RemoteError)
    assert "Protocol not known: nowhere" in answer.message


def test_a_place_that_is_away_is_named_at_once(homework, machine, monkeypatch):
    """Nobody listens at the port; or somebody does and never answers, for which FTP has 30 s."""
    monkeypatch.setattr(remote, "SECONDS_TO_ANSWER", 0.5)
    monkeypatch.setattr(time_limit, "QUIET_SECONDS", 0.05)
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"ftp://me:pa55@127.0.0.1:{server.getsockname()[1]}/runs"
        silent = homework("status", "--runs", url)
    refused = homework("status", "--runs", url)
    assert time.monotonic() - started < 5
    named = masked(url)
    assert f"Waiting for {named}, at most 0.5 s" in silent.output
    assert f"Can't read {named}: no answer within 0.5 s." in silent.message
    assert f"Can't read {named}: [Errno 111] Connection refused." in refused.message
    for answer in (silent, refused):
        assert isinstance(answer.error, RemoteError)
        assert "address, network" in answer.message
        assert "pa55" not in answer.output + answer.message


def test_a_store_that_falls_silent_while_training_loses_nothing(homework, machine, monkeypatch):
    monkeypatch.setattr(remote, "SECONDS_TO_ANSWER", 0.3)
    monkeypatch.setattr(time_limit, "QUIET_SECONDS", 0.05)
    asked, let_go = [], threading.Event()
    original = MemoryFileSystem.ls

    def silent_later(self, *arguments, **options):
        asked.append(arguments)
        if len(asked) > 1:
            let_go.wait(60)
        return original(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(MemoryFileSystem, "ls", silent_later)
        answer = homework("run", NAME, "--runs", URL)
        let_go.set()
    assert "Can't write memory://bucket/runs: no answer within 0.3 s." in answer.message
    assert homework("status", "--runs", URL).error is None  # any command sends what is left
    assert len(records(stored())) == 3


def test_a_password_stays_out_of_what_is_written(homework, machine, monkeypatch):
    assert masked("--runs sftp://me:pa55@host/x") == "--runs sftp://me:***@host/x"
    monkeypatch.setattr("sys.argv", ["homework", "run", NAME, "--runs", "memory://me:pa55@b/runs"])
    answer = homework("run", NAME, "--runs", "memory://me:pa55@b/runs")
    assert answer.error is None, answer.output
    assert "pa55" not in answer.output
    assert not any(b"pa55" in content for content in stored("memory://me:pa55@b/runs").values())


def test_serving_wants_a_folder(homework, machine):
    answer = homework("serve", "--runs", URL)
    assert answer.result.exit_code == 2
    assert "a folder on this machine, not a URL" in answer.output


def write(mirror, name, content):
    file = mirror.folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    before = file.stat()
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + len(content)))
