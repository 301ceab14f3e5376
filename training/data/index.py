"""Find the pictures and classes of a folder, without opening a picture."""

import os
from dataclasses import dataclass
from pathlib import Path

from training.data.given import Given
from training.errors import DataError

CALTECH_FOLDER = "101_ObjectCategories"
CLUTTER = "BACKGROUND_Google"
"""Caltech-101's folder of random pictures; it is no class and is left out."""

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
)
LISTS = ("train.txt", "test.txt")

LAYOUTS = (
    f"Expected DIR/<class>/*.jpg, DIR/{CALTECH_FOLDER}/<class>/*.jpg, DIR/train/<class>/*.jpg "
    "with DIR/test (and DIR/val) beside it, or a CSV file with columns path and label; "
    "two classes or more."
)


@dataclass(frozen=True)
class Index:
    """The pictures of a data set, sorted by class and name.

    Attributes:
        root: The folder that holds one folder a class.
        paths: Pictures relative to `root`, with forward slashes.
        labels: Class number of each picture; classes are numbered in sorted order.
        lists: `train.txt` and `test.txt`, where both are there.
        dropped_classes: Class folders left out: the clutter class, and those without a picture.
        n_dropped_images: Pictures in them.
        ignored_files: Files that aren't pictures, relative to `root`.
        given: The division that comes with the pictures, other than lists.
    """

    root: Path
    classes: tuple[str, ...]
    paths: tuple[str, ...]
    labels: tuple[int, ...]
    lists: tuple[Path, Path] | None
    dropped_classes: tuple[str, ...]
    n_dropped_images: int
    ignored_files: tuple[str, ...]
    given: Given | None = None


def index_folder(folder: Path) -> Index:
    """List a data set of one folder a class.

    Raises:
        DataError: The folder is missing, empty, or laid out in another way.
    """
    root = _find_root(folder)
    names = class_folders(root)
    contents = {name: list_class(root, name) for name in names}
    classes = [name for name in names if name != CLUTTER and contents[name][0]]
    dropped = [name for name in names if name not in classes]
    if len(classes) < 2:
        found = f"{len(classes)} class{'' if len(classes) == 1 else 'es'} with pictures"
        raise DataError(f"{root} holds {found}; at least 2 are needed.", LAYOUTS)
    return Index(
        root=root,
        classes=tuple(classes),
        paths=tuple(path for name in classes for path in contents[name][0]),
        labels=tuple(i for i, name in enumerate(classes) for _ in contents[name][0]),
        lists=_find_lists(folder, root),
        dropped_classes=tuple(dropped),
        n_dropped_images=sum(len(contents[name][0]) for name in dropped),
        ignored_files=tuple(path for name in names for path in contents[name][1]),
    )


def _find_root(folder: Path) -> Path:
    if not folder.exists():
        raise DataError(f"There is no folder {folder}.", LAYOUTS)
    if not folder.is_dir():
        raise DataError(f"{folder} is a file, not a folder.", LAYOUTS)
    for root in (folder / CALTECH_FOLDER, folder / "caltech101" / CALTECH_FOLDER):
        if root.is_dir():
            return root
    return folder


def class_folders(root: Path) -> list[str]:
    """Return the names of a folder's folders, sorted, without hidden ones."""
    try:
        with os.scandir(root) as entries:
            return sorted(
                entry.name
                for entry in entries
                if entry.is_dir() and not entry.name.startswith((".", "__"))
            )
    except OSError as error:
        raise DataError(f"Can't read {root}: {error.strerror}.", LAYOUTS) from error


def list_class(root: Path, name: str) -> tuple[list[str], list[str]]:
    """Return a class folder's pictures and its other entries, sorted, relative to `root`."""
    pictures: list[str] = []
    others: list[str] = []
    try:
        with os.scandir(root / name) as entries:
            for entry in entries:
                is_picture = Path(entry.name).suffix.lower() in SUFFIXES and entry.is_file()
                (pictures if is_picture else others).append(f"{name}/{entry.name}")
    except OSError as error:
        raise DataError(f"Can't read {root / name}: {error.strerror}.") from error
    return sorted(pictures), sorted(others)


def _find_lists(folder: Path, root: Path) -> tuple[Path, Path] | None:
    """Look for the lists beside the class folders or one level up, never outside what was named."""
    places = [root.parent, folder] if root.name == CALTECH_FOLDER else [folder]
    for place in places:
        train, test = (place / name for name in LISTS)
        if train.is_file() and test.is_file():
            return train, test
        if train.is_file() or test.is_file():
            there, missing = (train, test) if train.is_file() else (test, train)
            raise DataError(
                f"{there} has no {missing.name} beside it.",
                f"Add {missing.name}, or remove {there.name} to split the pictures by chance.",
            )
    return None
