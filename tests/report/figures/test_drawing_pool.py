"""Figures are drawn once: what the cache gives is what drawing gives."""

import dataclasses
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from report.figures import drawing_pool
from report.figures.curves import rate_steps
from report.figures.drawing import draw, drawing
from report.figures.drawing_pool import DrawingPool, fill
from report.figures.run_figures import draw_curves
from training.folders import cache_folder
from training.records import Curves


def course(best_epoch=2, n=3):
    values = [1.0 / epoch for epoch in range(1, n + 1)]
    curves = Curves(
        id="scratch/baseline", seed=0, epoch=list(range(1, n + 1)), learning_rate=[0.1] * n,
        train_loss=values, train_accuracy=values, validation_loss=values,
        validation_accuracy=values, epoch_seconds=values,
    )  # fmt: skip
    assert rate_steps(curves) == []
    return drawing(draw_curves, (curves, best_epoch), (4.0, 2.0))


@pytest.fixture
def drawn(monkeypatch):
    """Count what is drawn in this process."""
    found = []

    def counted(what, lettering):
        found.append(what.key)
        return draw(what, lettering)

    monkeypatch.setattr(drawing_pool, "draw", counted)
    return found


def test_a_kept_picture_is_the_drawn_one(drawn):
    what = course()
    first = DrawingPool("outlines").picture(what)
    second = DrawingPool("outlines").picture(what)
    assert drawn == [what.key]
    assert first == second == draw(what, "outlines")


def test_a_damaged_picture_is_drawn_again(drawn):
    what = course()
    whole = DrawingPool("outlines").picture(what)
    (file,) = (cache_folder() / "figures").iterdir()
    file.write_text(file.read_text().replace("<svg", "<svg onload='alert(1)'"))
    assert DrawingPool("outlines").picture(what) == whole
    file.write_bytes(b"\xff\xfe")
    assert DrawingPool("outlines").picture(what) == whole
    assert len(drawn) == 3


def test_another_figure_has_another_key():
    keys = [
        course().key,
        course(best_epoch=3).key,
        course(n=4).key,
        dataclasses.replace(course(), size=(4.0, 2.1)).key,
    ]
    assert len(set(keys)) == 4
    assert course().key == keys[0]


def test_a_cache_that_cannot_be_written_costs_only_time(drawn):
    cache_folder().parent.mkdir(parents=True, exist_ok=True)
    cache_folder().write_text("a file where the folder should be")
    assert DrawingPool("outlines").picture(course()) == draw(course(), "outlines")


def test_several_processes_draw_the_same_bytes(monkeypatch):
    started = []

    def start(kind):
        started.append(kind)
        return multiprocessing.get_context(kind)

    monkeypatch.setattr(drawing_pool, "get_context", start)
    figures = [course(n=n) for n in range(3, 12)]
    together = DrawingPool("text", n_helpers=1)
    together.prepare(figures)
    assert started == ["spawn"]
    assert [together.picture(f) for f in figures] == [draw(f, "text") for f in figures]


def test_a_process_that_cannot_start_is_done_without(monkeypatch):
    def refuse(_):
        raise OSError("no more processes")

    monkeypatch.setattr(drawing_pool, "get_context", refuse)
    figures = [course(n=n) for n in range(3, 9)]
    pool = DrawingPool("text", n_helpers=1)
    pool.prepare(figures)
    assert pool.picture(figures[0]) == draw(figures[0], "text")


def test_old_pictures_make_room(monkeypatch):
    monkeypatch.setattr(drawing_pool, "KEPT", 2)
    DrawingPool("text", n_helpers=0).prepare([course(n=n) for n in range(3, 7)])
    assert len(list((cache_folder() / "figures").iterdir())) == 2


def test_only_marked_places_are_filled():
    what, pool = course(), DrawingPool("outlines")
    html = f'<img src="figure:{what.key}"><p>figure:{what.key}</p>'
    filled = fill(html, pool.pictures([what]))
    assert filled.startswith('<img src="data:image/svg+xml;base64,')
    assert filled.endswith(f"<p>figure:{what.key}</p>")


PARENT = """
import multiprocessing, time
from report.figures.drawing_pool import DrawingPool
from test_drawing_pool import course
if __name__ == "__main__":
    pool = DrawingPool("outlines", n_helpers=1, few=0)
    pool.start([course()])
    print(multiprocessing.active_children()[0].pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="looks at /proc")
def test_a_helper_is_gone_when_its_parent_is_killed(tmp_path):
    (tmp_path / "parent.py").write_text(PARENT)
    path = os.pathsep.join([str(Path(__file__).parent), *(part for part in sys.path if part)])
    with subprocess.Popen(
        [sys.executable, tmp_path / "parent.py"], env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE, text=True,
    ) as parent:  # fmt: skip
        helper = int(parent.stdout.readline())
        wait_for(lambda: is_watching(helper))
        parent.kill()
    wait_for(lambda: not is_running(helper))


def is_watching(pid):
    """Say whether a process has come as far as to have more than one thread."""
    return len(list(Path(f"/proc/{pid}/task").iterdir())) > 1


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
