"""A disk that is full or fails while a report is written: one message, and nothing lost."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from fake_study import shorten

from training.cli import cli
from training.errors import HomeworkError

EXAMPLE = Path(__file__).parents[2] / "runs" / "example"
COMMANDS = {
    "html": ("render", "--study", "example", "--format", "html", "--output", "out"),
    "pdf": ("render", "--study", "example", "--format", "pdf", "--output", "out"),
    "csv": ("export", "csv", "--output", "out/runs.csv"),
    "latex": ("export", "latex", "--output", "out/table.tex"),
    "jsonl": ("export", "jsonl", "--output", "out/curves.jsonl"),
    "model-card": ("export", "model-card", "--output", "out/README.md"),
    "compare": ("compare", "example", "other", "--output", "out"),
}
RENDERED = ("html", "pdf")
"""What isn't written again where nothing changed."""
FAULTS = {"no space": ("fsync", errno.ENOSPC), "broken disk": ("fsync", errno.EIO),
          "rename": ("replace", errno.EACCES)}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with the example's records, and a cache that is warm after a while."""
    folder = tmp_path_factory.mktemp("disk")
    for name in ("example", "other"):
        without = shutil.ignore_patterns("report.*")
        shutil.copytree(EXAMPLE, folder / "runs" / name, ignore=without)
        shorten(folder / "runs" / name)
    return folder


@pytest.fixture
def homework(place, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.setenv("HOMEWORK_CACHE", str(place / "cache"))
    shutil.rmtree(place / "out", ignore_errors=True)
    (place / "words.toml").write_text('title = "Another title"\n')

    def call(name, changed=False):
        words = ("-f", "words.toml", "--study", "example") if changed else ()
        return CliRunner().invoke(cli, COMMANDS[name] + (words if name in RENDERED else ()))

    return call


def written(place):
    return {p.relative_to(place): p.read_bytes() for p in (place / "out").rglob("*") if p.is_file()}


CASES = [(n, f) for n in COMMANDS for f in FAULTS if n not in RENDERED]
CASES += [("html", "rename"), ("pdf", "no space")]  # slow; all are written by the same function


@pytest.mark.parametrize(("name", "fault"), CASES)
def test_what_was_written_before_is_intact(homework, place, monkeypatch, name, fault):
    assert homework(name).exit_code == 0
    before = written(place)
    assert before
    call, number = FAULTS[fault]
    original = getattr(os, call)

    def failing(*arguments):
        target = str(place / "out")
        where = arguments[-1]
        path = Path(f"/proc/self/fd/{where}").readlink() if isinstance(where, int) else where
        if Path(path).resolve().is_relative_to(target):
            raise OSError(number, os.strerror(number))
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing)
        answer = homework(name, changed=True)
    assert isinstance(answer.exception, HomeworkError), repr(answer.exception)
    assert os.strerror(number) in answer.exception.message
    assert "earlier files are intact" in answer.exception.hint
    assert written(place) == before
    assert homework(name, changed=True).exit_code == 0
    after = written(place)
    assert after.keys() == before.keys()
    assert (after != before) == (name in RENDERED)


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.argv[:2] = ["homework"]
from training.cli import main
main()
"""


@pytest.mark.parametrize(("name", "n_bytes"), [("html", 200_000), ("pdf", 50_000), ("csv", 2_000)])
def test_a_write_that_ends_halfway_leaves_nothing(homework, place, name, n_bytes):
    """The operating system itself cuts writes short, for caches and helpers, too."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(n_bytes), *COMMANDS[name]],
        cwd=place, capture_output=True, text=True, check=False,
        env=os.environ | {"HOMEWORK_CACHE": str(place / f"cache-{name}")},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "Can't write" in done.stderr
    assert written(place) == {}
    assert homework(name).exit_code == 0
