"""The Nu HTML checker reports no error."""

import json
import shutil
import subprocess

import pytest

from .conftest import node_module


@pytest.fixture(scope="module")
def check():
    """Return a function that lists the checker's errors in a file."""
    java, jar = shutil.which("java"), node_module("vnu-jar/build/dist/vnu.jar")
    if java is None:
        pytest.skip("Java isn't installed: apt install default-jre-headless")
    if jar is None:
        pytest.skip("The Nu HTML checker isn't there: npm install vnu-jar")

    def run(file):
        command = [java, "-jar", str(jar), "--format", "json", "--errors-only", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        return [error["message"] for error in json.loads(done.stderr)["messages"]]

    return run


def test_the_report_is_valid_html(check, finished):
    assert check(finished.html_file) == []


def test_a_half_done_report_is_valid_html(check, half_finished):
    assert check(half_finished.html_file) == []


def test_the_checker_would_find_something(check, finished, tmp_path):
    file = tmp_path / "broken.html"
    file.write_text(finished.html.replace("</figure>", "<p></figure></p>", 1), encoding="utf-8")
    assert check(file)
