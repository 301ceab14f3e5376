"""The files that a table's cells name: paths below its folder, or names and ids of files there."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from training.byte_names import escaped
from training.data.tree import read_tree
from training.errors import DataError
from training.plurals import counted


class Finder:
    """Finds images by what a table says.

    A cell is a path below the table's folder. One that isn't there is looked up among all images
    below the folder, by the end of the path, with or without its suffix.

    Args:
        file: The table.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._n_looked_up = 0
        self._example = ("", "")

    def begin(self, column: int, rows: Sequence[Sequence[str]]) -> None:
        """Forget what was looked up while the columns were found out."""
        self._n_looked_up = 0

    def knows(self, cell: str) -> bool:
        """Tell whether a cell names an image that is there."""
        try:
            path = self.path(0, cell)
        except DataError:
            return False
        return (self.file.parent / path).is_file()

    def path(self, line: int, cell: str) -> str:
        """Return an image's path relative to the table's folder, which it may not leave.

        Raises:
            DataError: It leads elsewhere, or several images have that name.
        """
        path = PurePosixPath(cell.strip().replace("\\", "/"))
        if not path.name or "\0" in cell:
            raise self._wrong(line, "names no image", "Every row needs an image.")
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            hint = f"Put the images below {self.file.parent} and write paths relative to it."
            raise self._wrong(line, f"names {path}, outside the table’s folder", hint)
        if _is_file(self.file.parent / path):
            return str(path)
        found = [p for p in self._by_name.get(path.name, ()) if f"/{p}".endswith(f"/{path}")]
        found += [
            p
            for p in self._by_stem.get(path.name, ())
            if f"/{p.rpartition('.')[0]}".endswith(f"/{path}")
        ]
        if len(found) > 1:
            raise self._wrong(
                line,
                f"names {path}, and {len(found)} images have that name: {escaped(found[0])}, "
                f"{escaped(found[1])}",
                f"Write paths relative to {self.file.parent}.",
            )
        if not found:
            return str(path)
        self._n_looked_up += 1
        self._example = (str(path), found[0])
        return found[0]

    @functools.cached_property
    def _pictures(self) -> list[str]:
        return list(read_tree(self.file.parent).all_pictures())

    @functools.cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self._pictures:
            found.setdefault(path.rpartition("/")[2], []).append(path)
        return found

    @functools.cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self._pictures:
            found.setdefault(path.rpartition("/")[2].rpartition(".")[0], []).append(path)
        return found

    def words(self) -> list[str]:
        """Say how many images were found by name."""
        if not self._n_looked_up:
            return []
        name, path = self._example
        found = f"{counted(self._n_looked_up, 'image was', 'images were')} found by name below"
        return [f"{found} {self.file.parent}, as {escaped(path)} for {name}."]

    def check(self, lines: Mapping[str, int]) -> None:
        """Make sure that all images are there.

        Raises:
            DataError: Some aren't.
        """
        missing = [path for path in lines if not _is_file(self.file.parent / path)]
        if missing:
            raise DataError(
                f"{self.file} names {counted(len(missing), 'missing image')}; "
                f"the first is {missing[0]} (line {lines[missing[0]]}).",
                f"Paths are relative to {self.file.parent}; names and ids without a suffix are "
                "looked up there and below.",
            )

    def _wrong(self, line: int, what: str, hint: str) -> DataError:
        return DataError(f"{self.file}, line {line} {what}.", hint)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
