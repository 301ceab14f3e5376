"""What lies in the folder in which a page's blocks run."""

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner
from doc_blocks import ROOT
from doc_pictures import draw_classes, draw_first_hour, draw_one

from training.cli import cli


def made_for(page: str, place: Path) -> Path:
    """Return a folder like a clone, with pictures of a Caltech-101, and what the page names."""
    clone = place / "homework"
    for folder in ("runs/example", "docs/examples"):
        shutil.copytree(ROOT / folder, clone / folder)
    old = 1.0e9
    for file in (clone / "runs" / "example").rglob("*"):
        os.utime(file, (old, old))  # a study written now is the last one
    draw_classes(clone / "caltech101" / "101_ObjectCategories", 3, 9, (70, 66))
    if page in NEEDED:
        NEEDED[page](clone)
    return clone


def _own_pictures(clone: Path) -> None:
    draw_classes(clone / "DIR", 8, 36, (70, 66))
    draw_one(clone / "photo.jpg")
    draw_one(clone / "folder" / "photo.png")


def _directory(clone: Path) -> None:
    draw_classes(clone / "DIR", 3, 9, (70, 66))


def _first_hour(clone: Path) -> None:
    draw_first_hour(clone.parent / "pictures")


def _quick_baseline(clone: Path) -> None:
    draw_one(clone / "photo.jpg")
    _run(clone, "scratch/baseline", "--preset", "quick")


def _submissions(clone: Path) -> None:
    study = clone / "study.toml"
    for name, seed in (("bob", "1"), ("alice", "0")):
        study.write_text(f'preset = "quick"\nauthor = "{name[0].upper()}. Student"\n')
        place = clone / "submissions" / name
        place.mkdir(parents=True)
        _run(place, "scratch/baseline", "-f", str(clone / "study.toml"), "--seed", seed)
    _homework(clone / "submissions" / "alice", "render", "--format", "html")


def _run(folder: Path, *arguments: str) -> None:
    _homework(folder, "run", *arguments)


def _homework(folder: Path, *arguments: str) -> None:
    with contextlib.chdir(folder):
        result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output


def _reports(clone: Path) -> None:
    """Render the example, and one that was handed in with the author's own words."""
    study = Path(shutil.copytree(clone / "runs" / "example", clone / "submission/runs/quick"))
    record = json.loads((study / "study.json").read_text(encoding="utf-8"))
    extra = {"title": "Discussion", "markdown": "It *works*.", "after": "conclusion"}
    record |= {"title": "Letters", "author": "A. Student", "report": {"extra": [extra]}}
    (study / "study.json").write_text(json.dumps(record), encoding="utf-8")
    _homework(clone, "render", "--runs", "submission/runs", "--output", "submission")
    _homework(clone, "render", "--study", "example", "--format", "html")
    shutil.copy(clone / "submission" / "report.html", clone)


def _source(clone: Path) -> None:
    """Copy what a change of the program touches, and its tests."""
    for name in ("training", "report", "templates", "tests", "bench"):
        leave_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, clone / name, ignore=leave_out)
    shutil.copy(ROOT / "pyproject.toml", clone)


def _sketches(clone: Path) -> None:
    draw_classes(clone / "photos", 3, 9, (70, 66))
    draw_classes(clone / "sketches", 2, 5, (70, 66), seed=1)


NEEDED: dict[str, Callable[[Path], None]] = {
    "docs/adding.md": _source,
    "docs/experiments.md": _sketches,
    "docs/first-hour.md": _first_hour,
    "docs/own-pictures.md": _own_pictures,
    "docs/gpu.md": _directory,
    "docs/grading.md": _submissions,
    "docs/records.md": _quick_baseline,
    "docs/verify.md": _reports,
    "docs/using-elsewhere.md": _quick_baseline,
}
