"""A run's records are exchanged together or not at all."""

import os

import pytest

from training.errors import RecordError
from training.records import (
    Curves,
    Metrics,
    remove_leftovers_of_the_dead,
    write_together,
)
from training.records.files import host_mark


def records(folder, seed):
    curves = Curves(
        id="a/b", seed=seed, epoch=[], learning_rate=[], train_loss=[], train_accuracy=[],
        validation_loss=[], validation_accuracy=[], epoch_seconds=[],
    )  # fmt: skip
    metrics = Metrics(
        id="a/b", section="a", seed=seed, status="done", spec=None, spec_hash="",
        dataset_fingerprint="",
    )  # fmt: skip
    return {folder / "curves.json": curves, folder / "metrics.json": metrics}


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def old(tmp_path):
    write_together(records(tmp_path, 0))
    (tmp_path / "predictions.json").write_text("{}")
    return contents(tmp_path)


def exchange(folder):
    write_together(records(folder, 1), remove=[folder / "predictions.json"])


def test_new_records_take_the_place_of_old_ones(tmp_path, old):
    exchange(tmp_path)
    new = contents(tmp_path)
    assert set(new) == {"curves.json", "metrics.json"}
    assert all(new[name] != old[name] for name in new)


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_failing_call_leaves_the_old_ones(tmp_path, old, monkeypatch, call, number):
    seen, original = [0], getattr(os, call)

    def failing(*arguments):
        seen[0] += 1
        if seen[0] == number:
            raise OSError(5, "Input/output error")
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing)
        if call == "fsync" and number > 2:  # two files are flushed
            exchange(tmp_path)
            return
        with pytest.raises(RecordError, match="Input/output error"):
            exchange(tmp_path)
    assert contents(tmp_path) == old


class KilledError(BaseException):
    pass


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("after", [False, True])
def test_a_kill_never_leaves_old_and_new_with_a_voucher(tmp_path, old, number, after):
    """In a process of its own, killed at each rename."""
    import signal

    pid = os.fork()
    if pid == 0:
        seen, original = [0], os.replace

        def killed(*arguments):
            seen[0] += 1
            if seen[0] == number and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            original(*arguments)
            if seen[0] == number:
                os.kill(os.getpid(), signal.SIGKILL)

        os.replace = killed
        exchange(tmp_path)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    left = {name: content for name, content in contents(tmp_path).items() if name[0] != "."}
    write_together(records(tmp_path, 1))
    new = {name: (tmp_path / name).read_bytes() for name in ("curves.json", "metrics.json")}
    if "metrics.json" in left:
        assert left in (old, new)
    exchange(tmp_path)
    remove_leftovers_of_the_dead(tmp_path)
    assert [n for n in contents(tmp_path) if n[0] == "." and not n.endswith(".before")] == []


def test_only_the_deads_temporary_files_are_removed(tmp_path):
    living = tmp_path / f".a.json.{host_mark()}-{os.getpid()}-abcdefgh"
    elsewhere = tmp_path / ".a.json.000000-1-abcdefgh"
    foreign = tmp_path / ".hidden"
    dead_id = os.fork()
    if dead_id == 0:
        os._exit(0)
    os.waitpid(dead_id, 0)
    dead = tmp_path / "deep" / f".a.json.{host_mark()}-{dead_id}-abcdefgh"
    dead.parent.mkdir()
    for file in (living, elsewhere, foreign, dead):
        file.touch()
    remove_leftovers_of_the_dead(tmp_path)
    assert not dead.exists()
    assert living.exists()
    assert elsewhere.exists()
    assert foreign.exists()
