"""What lies in the folder in which a page's blocks run."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from doc_blocks import ROOT
from doc_pictures import draw_classes, draw_first_ten_minutes, draw_one


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


def _photo(clone: Path) -> None:
    draw_one(clone / "photo.jpg")


def _first_ten_minutes(clone: Path) -> None:
    draw_first_ten_minutes(clone.parent / "pictures")


NEEDED: dict[str, Callable[[Path], None]] = {
    "docs/first-ten-minutes.md": _first_ten_minutes,
    "docs/own-pictures.md": _own_pictures,
    "docs/gpu.md": _directory,
    "docs/using-elsewhere.md": _photo,
}
