"""A page of the finished report, open from disk in the machine's own Chromium."""

import os
import shutil
from pathlib import Path

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ROOT = Path(__file__).parents[3]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium():
    """Start a headless Chromium; skip where there is none."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright isn't installed: pip install '.[test]'"
    )
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("Chromium isn't installed: apt install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program)
        yield browser
        browser.close()


@pytest.fixture
def open_report(chromium, finished):
    """Open the report in a window of its own; fail if the page complained of anything."""
    contexts, complaints = [], []

    def run(width=1440, height=900, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        page.goto(finished.html_file.as_uri())
        return page

    yield run
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_report):
    return open_report()


def node_module(file):
    """Find a file of an npm package: where HOMEWORK_NODE_MODULES says, or in the clone."""
    places = (os.environ.get("HOMEWORK_NODE_MODULES"), ROOT / "node_modules")
    return next((found for p in places if p and (found := Path(p) / file).is_file()), None)
