"""The live page in a browser, with a real run behind it: it grows and never reloads."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from fake_study import Fake, write_fake_study

from training.locks import locked
from training.records import StudyFolder

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

ROOT = Path(__file__).parents[3]
HOMEWORK = [sys.executable, "-c", "from training.cli import main; main()"]
QUICK = ["--preset", "quick", "--epochs", "3", "--image-size", "64", "--max-per-class", "6",
         "--device", "cpu"]  # fmt: skip


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def server(tmp_path):
    port = free_port()
    command = [*HOMEWORK, "serve", "--runs", str(tmp_path), "--study", "quick", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
        process.terminate()
        assert process.wait(10) in (0, -15, 143)


def wait(page, expression, seconds=90):
    """Wait until an expression holds; the page's policy forbids Playwright's own way."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        time.sleep(0.1)


def test_stand_in_weights_in_training_are_told_and_not_that_nothing_trains(
    chromium, server, tmp_path
):
    folder = StudyFolder(tmp_path / "quick")
    write_fake_study(folder.path, Fake(only=("scratch/baseline",), thumbnails=False))
    page = chromium.new_context().new_page()
    page.goto(server)
    told = "document.querySelector('#live').innerText.includes('{}')"
    wait(page, told.format("nothing is training now"))
    with locked(folder.stand_in_lock("0123"), print):
        wait(page, told.format("training stand-in weights"))
        assert not page.evaluate(told.format("nothing is training"))
    page.context.close()


def test_the_page_grows_with_a_run_and_never_reloads(chromium, server, tmp_path):
    context = chromium.new_context(viewport={"width": 1200, "height": 800})
    page = context.new_page()
    complaints, opened = [], []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(server)
    assert "No report yet" in page.inner_text("main")
    run = subprocess.Popen(
        [*HOMEWORK, "run", "scratch/baseline", "scratch/grid-sgd-1e-2", *QUICK,
         "--runs", str(tmp_path)],
        cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        page.wait_for_selector("#scratch", timeout=90_000)  # a report took the waiting page's place
        page.on("framenavigated", lambda frame: opened.append(frame.url))
        page.evaluate("window.unchanged = true")
        wait(page, "document.querySelector('#live').innerText.includes('2 of ')")
        wait(page, "document.querySelectorAll('#table-scratch tbody tr').length >= 1")
        assert page.evaluate("window.unchanged") is True
    finally:
        assert run.wait(120) == 0
        context.close()
    assert opened == []
    assert complaints == []
