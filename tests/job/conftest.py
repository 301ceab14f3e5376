"""The `homework` command on a very small sample, with a cache shared by the session."""

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent))

from tiny import TINY

from training.cli import cli
from training.data import sample
from training.errors import HomeworkError
from training.run import train_stand_in


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def tiny_sample(shared_cache):
    """Draw few pictures and train stand-in weights for one epoch; return the cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample, "GLYPHS", {"target": "ABC", "source": "dgr2"})
        patch.setattr(sample, "COUNTS", {"target": (15, 20), "source": (12, 15)})
        patch.setattr(train_stand_in, "RECIPES", {})
        patch.setattr(train_stand_in, "OTHER_MODELS", train_stand_in.Recipe(1e-3, 2))
        yield shared_cache


class Answer:
    def __init__(self, result):
        self.result = result
        self.output = result.output
        self.error = result.exception
        self.message = ""
        if isinstance(self.error, HomeworkError):
            self.message = f"{self.error.message} {self.error.hint or ''}"


@pytest.fixture
def homework(tiny_sample, tmp_path, monkeypatch):
    """Run `homework …` with records below `tmp_path/runs`; return what it said."""
    monkeypatch.setenv("HOMEWORK_CACHE", str(tiny_sample))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("HOMEWORK_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    with_study = ("run-all", "run", "plan", "status", "list")

    def call(command, *options, tiny=True):
        arguments = [command, *options]
        if command in with_study and tiny:
            arguments += TINY
        return Answer(CliRunner().invoke(cli, arguments))

    os.environ.setdefault("COLUMNS", "200")
    return call
