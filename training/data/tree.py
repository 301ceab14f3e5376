"""What lies in a folder: folders, images and other files, all the way down. No decisions."""

import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from training.data.formats import named_as_picture, opens
from training.data.passed_over import is_passed_over
from training.errors import DataError
from training.natural_order import in_natural_order

CLUTTER = "BACKGROUND_Google"
"""Caltech-101's folder of random images; it is no class and is left out. Its file `tmp`
is an image by content, but was never counted as one."""

DEEPEST = 64
"""Folders below folders that are looked into."""


@dataclass(frozen=True)
class Tree:
    """A folder's content without what systems leave behind.

    Attributes:
        place: Its path.
        path: The same relative to the folder that was read, with forward slashes; "" for itself.
        folders: By name, sorted.
        pictures: Names of the images right in it, sorted.
        others: Names of its other files, sorted.
    """

    place: Path
    path: str
    folders: dict[str, "Tree"] = field(default_factory=dict)
    pictures: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @functools.cached_property
    def n_pictures(self) -> int:
        """Images in it and in all folders below."""
        return len(self.pictures) + sum(folder.n_pictures for folder in self.folders.values())

    @functools.cached_property
    def filled(self) -> dict[str, "Tree"]:
        """The folders that hold an image, somewhere below."""
        return {name: folder for name, folder in self.folders.items() if folder.n_pictures}

    def below(self, name: str) -> str:
        """Return the path of something right in it."""
        return f"{self.path}/{name}" if self.path else name

    def all_pictures(self) -> Iterator[str]:
        """Yield the paths of all images below, as `path` is."""
        yield from (self.below(name) for name in self.pictures)
        for folder in self.folders.values():
            yield from folder.all_pictures()

    def all_others(self) -> Iterator[str]:
        """Yield the paths of all other files below."""
        yield from (self.below(name) for name in self.others)
        for folder in self.folders.values():
            yield from folder.all_others()


def read_tree(place: Path) -> Tree:
    """Read a folder and all below; links to folders are followed, never in a circle.

    Raises:
        DataError: A folder can't be read.
    """
    return _read(place, "", ())


def _is_picture(place: Path, name: str) -> bool:
    if named_as_picture(name):
        return True
    return (place.name, name) != (CLUTTER, "tmp") and opens(place / name)


def _read(place: Path, path: str, above: tuple[tuple[int, int], ...]) -> Tree:
    folders: list[str] = []
    pictures: list[str] = []
    others: list[str] = []
    try:
        state = place.stat()
        identity = (state.st_dev, state.st_ino)
        if identity in above:  # a link to a folder that it lies in
            return Tree(place, path)
        if len(above) > DEEPEST:
            raise DataError(
                f"{place} is more than {DEEPEST} folders deep.", "Name a folder further down."
            )
        with os.scandir(place) as entries:
            for entry in entries:
                if is_passed_over(entry.name):
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif entry.is_file() and _is_picture(place, entry.name):
                    pictures.append(entry.name)
                else:
                    others.append(entry.name)
    except OSError as error:
        raise DataError(f"Can't read {place}: {error.strerror}.") from error
    tree = Tree(place, path, {}, sorted(pictures), sorted(others))
    for name in in_natural_order(folders):
        tree.folders[name] = _read(place / name, tree.below(name), (*above, identity))
    return tree
