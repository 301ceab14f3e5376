"""What a person calls the files beside a study changes nothing: no mistake imports them."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from PIL import Image

NAMES = ("report", "training", "templates", "numpy", "click", "signal", "struct", "socket")

NETS = """
import numpy as np
from layers import Scores

def build(n_classes, weights):
    return Scores(n_classes, np.arange(3).size)
"""

LAYERS = """
from torch import nn

class Scores(nn.Module):
    def __init__(self, n_classes, n_channels):
        super().__init__()
        self.features = nn.Conv2d(n_channels, 4, 3)
        self.head = nn.Linear(4, n_classes)

    def forward(self, pictures):
        return self.head(self.features(pictures).mean((2, 3)))
"""

STUDY = """
name = "mine"
data = "pictures"
[settings]
backbone = "nets:build"
learning_rates = [1e-3]
optimizers = ["sgd"]
weights = "start.pt"
epochs = 1
image_size = 64
batch_size = 4
[report]
leave_out = ["data", "preprocessing", "heatmaps", "freezing", "augmentation", "mistakes",
             "background", "details"]
[experiments."beyond/vgg16"]
model = "nets:build"
head = []
freeze = "none"
[experiments."beyond/resnet18"]
model = "nets:build"
head = []
"""

IMPORTED = "from pathlib import Path\nPath(__file__).with_suffix('.imported').touch()\n"


@pytest.fixture
def study(tmp_path):
    """Write a study, its network and pictures, and files with unlucky names beside them."""
    folder = tmp_path / "a student's study"
    for name in ("ant", "bee"):
        (folder / "pictures" / name).mkdir(parents=True)
        for i in range(6):
            picture = Image.new("RGB", (70, 70), (40 * i, 90, 10))
            picture.save(folder / "pictures" / name / f"{i}.png")
    (folder / "study.toml").write_text(STUDY)
    (folder / "nets.py").write_text(NETS)
    (folder / "layers.py").write_text(LAYERS)
    (folder / "start.pt").touch()
    for name in NAMES:
        (folder / f"{name}.py").write_text(IMPORTED)
    yield folder
    assert not list(folder.glob("*.imported"))


@pytest.fixture
def python(study, tmp_path, shared_cache):
    """Start Python as an installed script is, with a program in another folder."""

    def start(program, *arguments, cwd=study, **options):
        script = tmp_path / "bin" / "program.py"
        script.parent.mkdir(exist_ok=True)
        script.write_text(program)
        path = os.pathsep.join(place for place in sys.path if place)
        environment = {**os.environ, "PYTHONPATH": path, "HOMEWORK_CACHE": str(shared_cache),
                       "HOMEWORK_JOBS": "1"}  # fmt: skip
        return subprocess.Popen(
            [sys.executable, script, *map(str, arguments)], cwd=cwd, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )  # fmt: skip

    return start


HOMEWORK = "from training.cli import main\nif __name__ == '__main__':\n    main()\n"


@pytest.fixture
def homework(python):
    def call(*arguments, **options):
        process = python(HOMEWORK, *arguments, **options)
        output, errors = process.communicate(timeout=240)
        assert process.returncode == 0, output + errors
        return output

    return call


def statuses(study):
    records = study.glob("runs/mine/*/*/seed-0/metrics.json")
    return {"/".join(file.parts[-4:-2]): json.loads(file.read_text())["status"] for file in records}


def test_run_and_render_then_predict_grade_and_serve(homework, python, study):
    homework("run", "scratch/baseline", "-f", "study.toml", "--keep-weights", "--render", "html")
    assert statuses(study) == {"scratch/baseline": "done"}
    assert (study / "runs" / "mine" / "report.html").is_file()
    said = homework("predict", "mine/scratch/baseline", "pictures/ant/0.png", "-f", "study.toml")
    assert said.startswith("pictures/ant/0.png: ")
    assert "as recorded" in homework("grade", "runs")
    if importlib.util.find_spec("uvicorn"):
        assert "<html" in live_page(python)


def test_from_another_folder(homework, study, tmp_path):
    homework("run", "scratch/baseline", "-f", study / "study.toml", "--runs", study / "runs",
             cwd=tmp_path)  # fmt: skip
    assert statuses(study) == {"scratch/baseline": "done"}


def test_a_backbone_in_the_current_folder(homework, study):
    homework("run", "scratch/baseline", "--study", "mine", "--preset", "quick", "--epochs", "1",
             "--image-size", "64", "--data", "pictures", "--backbone", "nets:build")  # fmt: skip
    assert statuses(study) == {"scratch/baseline": "done"}


def test_the_whole_list_in_two_jobs_and_its_figures(homework, study):
    homework("run-all", "-f", "study.toml", "--jobs", "2", "--render", "both")
    found = statuses(study)
    assert len(found) == 11
    assert set(found.values()) == {"done"}


@pytest.mark.slow
def test_tasks_of_a_ray_cluster(homework, study):
    pytest.importorskip("ray", reason="Ray isn't installed: pip install '.[ray]'")
    homework("run", "scratch/baseline", "-f", "study.toml", "--executor", "ray", "--device", "cpu")
    assert statuses(study) == {"scratch/baseline": "done"}


def test_python_that_begins_with_the_current_folder(study, shared_cache):
    """As `python -c` does; what it imports before `main` is beyond this program."""
    for name in {*NAMES} - {"report", "templates", "numpy"}:
        (study / f"{name}.py").unlink()
    done = subprocess.run(
        [sys.executable, "-c", HOMEWORK, "run", "scratch/baseline", "-f", "study.toml",
         "--jobs", "2", "--render", "html"],
        cwd=study, text=True, capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(place for place in sys.path if place),
             "HOMEWORK_CACHE": str(shared_cache)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(statuses(study).values()) == {"done"}


def live_page(python):
    """Return the page that `homework serve` gives."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with python(HOMEWORK, "serve", "--study", "mine", "--port", port) as process:
        try:
            page, end = "", time.monotonic() + 60
            while not page and process.poll() is None and time.monotonic() < end:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
                        page = answer.read().decode()
                except OSError:
                    time.sleep(0.1)
        finally:
            process.terminate()
    return page


NOTEBOOK = """
import sys
import numpy, torch, click, socket, struct, signal
from training import run_study

if __name__ == "__main__":
    sys.path.insert(0, "")  # as a notebook's kernel has it
    path = list(sys.path)
    for jobs in (1, 2):
        folder = run_study(["scratch/baseline"], study_file="study.toml", jobs=jobs, force=True,
                           progress=False)
        assert sys.path == path, sys.path
        assert not {"nets", "layers"} & set(sys.modules)
    sys.path.pop(0)
    from report import render
    sys.path.insert(0, "")
    print(*render(folder, ["html"]))
    sys.path.insert(0, "")
"""


def test_a_notebook_beside_them(python, study):
    process = python(NOTEBOOK)
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, output + errors
    assert output.strip().endswith("report.html")
    assert set(statuses(study).values()) == {"done"}
