"""A finished study to render, and a cache that belongs to the test."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from filelock import FileLock

sys.path.insert(0, str(Path(__file__).parent))

from fake_study import Fake, shorten, write_fake_study
from rendering import Rendered, draw_nothing, run_render


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEWORK_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory):
    """Return a study that tests only read."""
    folder = tmp_path_factory.mktemp("finished") / "runs" / "quick"
    write_fake_study(folder)
    return folder


@pytest.fixture(scope="session")
def short_study(tmp_path_factory):
    """Return such a study with a shorter report, for tests that read or make many pages."""
    folder = tmp_path_factory.mktemp("short") / "runs" / "quick"
    write_fake_study(folder)
    shorten(folder)
    return folder


@pytest.fixture
def study(finished_study, tmp_path):
    """Return a study that a test may change."""
    return Path(shutil.copytree(finished_study, tmp_path / "runs" / "quick"))


@pytest.fixture
def blank_figures(monkeypatch):
    """Save the time of drawing."""
    draw_nothing(monkeypatch)


@pytest.fixture
def render(study, blank_figures):
    """Run `homework render` on a study of the test's own."""

    def run(*options, formats="html", output=None):
        chosen = ("--format", formats) if formats else ()
        return run_render(study, output or study, *chosen, *options)

    return run


@pytest.fixture(scope="session")
def common(tmp_path_factory):
    """Return a folder that all processes of this test run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "common"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def drawn(common):
    """Return a cache whose figures, once drawn, serve every report on the finished study."""
    return common / "cache"


@pytest.fixture(scope="session")
def finished(finished_study, common, drawn):
    """Return the finished study's report, HTML and PDF, for tests that only read it."""
    return _rendered_once(finished_study, common / "report", drawn)


@pytest.fixture(scope="session")
def short_finished(short_study, common, drawn):
    """Return the shorter study's report, HTML and PDF, for tests that only read it."""
    return _rendered_once(short_study, common / "short-report", drawn)


@pytest.fixture(scope="session")
def half_finished(tmp_path_factory, common, drawn):
    """Return the report, HTML and PDF, of a study of which most has not been run."""
    folder = tmp_path_factory.mktemp("half") / "runs" / "quick"
    write_fake_study(folder, Fake(only=("scratch", "transfer/grid-sgd-1e-3")))
    return _rendered_once(folder, common / "half-report", drawn)


def _rendered_once(study, output, cache):
    with FileLock(f"{output}.lock"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOMEWORK_CACHE", str(cache))
        if not (output / "report.pdf").exists():  # written last
            done = run_render(study, output)
            assert done.exit_code == 0, done.error or done.unexpected
    return Rendered(output)
