"""A finished study to render, and a cache that belongs to the test."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_study import write_fake_study
from rendering import run_render


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory):
    """Return a study that tests only read."""
    folder = tmp_path_factory.mktemp("finished") / "runs" / "quick"
    write_fake_study(folder)
    return folder


@pytest.fixture
def study(finished_study, tmp_path):
    """Return a study that a test may change."""
    return Path(shutil.copytree(finished_study, tmp_path / "runs" / "quick"))


@pytest.fixture
def render(study, monkeypatch):
    """Run `homework render` on a study of the test's own, with blank figures to save time."""
    blank = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
    monkeypatch.setattr("report.figures.studio.draw", lambda *_: blank)
    monkeypatch.setattr("report.figures.studio.helpers", lambda: 0)

    def run(*options, formats="html", output=None):
        chosen = ("--format", formats) if formats else ()
        return run_render(study, output or study, *chosen, *options)

    return run


@pytest.fixture(scope="session")
def finished(finished_study, tmp_path_factory):
    """Return the finished study's report, HTML and PDF, for tests that only read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(tmp_path_factory.mktemp("cache")))
        return run_render(finished_study, tmp_path_factory.mktemp("report"))
