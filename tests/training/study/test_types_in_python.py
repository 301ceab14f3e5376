"""mypy knows the keys of a study in Python, and their types."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy", reason="mypy isn't installed (pip install --group dev)")
ROOT = Path(__file__).parents[3]

SNIPPET = """
from pathlib import Path

from training import Experiment, Grid, Pictures, Report, Section, Settings, Study, run_study

study = Study(
    preset="quick",
    data=Path("pictures"),
    pictures=[Pictures("sketches", data=Path("sketches"))],
    settings={"epochs": 3, "optimizers": ["adam", "sgd"], "weights": Path("w.pt")},
    sections=[Section("x", kind="grid", compare=[["x/a", "x/b"]])],
    grids=[
        Grid(
            "x/g",
            learning_rate={"from": 1e-4, "to": 1e-1, "scale": "log"},
            optimizer=["adam", "sgd"],
            augmentation=["none", ["RandAugment", {"name": "ColorJitter", "hue": 0.1}]],
            head=[[], [512]],
            batch_size=8,
            sample=3,
        ),
        Grid("x/t", gamma={"from": 0.1, "to": 0.5}, sample=3, sampler="optuna:tpe", round=2),
        Grid("x/h", learning_rate="learning_rates", optimizer="optimizers", epochs=[1, 2]),
    ],
    experiments=[
        Experiment("x/a", from_="best of x/g", test=True, test_on=["sketches"]),
        Experiment("x/b", like="x/a", batch_size={"at_most": 8}, head=[512]),
    ],
    report={"leave_out": ["background"], "extra": [{"title": "T", "file": "notes.md"}]},
)
Study(settings=Settings(epochs=3), report=Report(sections=["data"]))
path: Path = run_study(["x/a"], study_file=study, epochs=5)
ids: list[str] = [experiment.id for experiment in study.record().experiments]

Study(preset="huge")  # wrong: arg-type
Study(settings={"epoch": 3})  # wrong: typeddict-unknown-key
Study(settings={"epochs": "3"})  # wrong: typeddict-item
Study(sections=[Grid("x/g", gamma=[0.1])])  # wrong: list-item
Pictures("x", date="y")  # wrong: call-arg
Section("x", kind="grids")  # wrong: arg-type
Section("x", titel="x")  # wrong: call-arg
Grid("x/g", test=True)  # wrong: call-arg
Grid("x/g", balance=["loss", "weights"])  # wrong: list-item
Grid("x/g", gamma=[0.1], sample=1, sampler="optuna")  # wrong: arg-type
Experiment("x/a", epochz=3)  # wrong: call-arg
Experiment("x/a", epochs="three")  # wrong: arg-type
Experiment("x/a", balance="weights")  # wrong: arg-type
run_study(epoch=5)  # wrong: call-arg
study.record() + 1  # wrong: operator
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """Return what mypy says of the snippet: the kind of error by line."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "snippet.py").write_text(SNIPPET)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull,
         "--follow-imports", "silent", "--ignore-missing-imports", "snippet.py"],
        cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"MYPYPATH": str(ROOT)},
    )  # fmt: skip
    assert "snippet.py" in done.stdout, done.stdout + done.stderr
    found = re.findall(r"^snippet\.py:(\d+): error: .*\[([a-z-]+)\]$", done.stdout, re.M)
    return {int(line): kind for line, kind in found}, done.stdout


def test_what_is_right_passes_and_what_is_wrong_is_named(answer):
    found, said = answer
    lines = SNIPPET.splitlines()
    wanted = {
        number: line.rpartition("# wrong: ")[2]
        for number, line in enumerate(lines, 1)
        if "# wrong: " in line
    }
    assert found == wanted, said
