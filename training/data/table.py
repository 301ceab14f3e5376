"""Find the pictures that a CSV file names: columns path, label and, if it likes, split."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from training.data.given import NAMES, Given
from training.data.index import Index
from training.data.split_folders import make_index
from training.errors import DataError
from training.records import Split

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "path": ("path", "file", "filename", "image"),
    "label": ("label", "class", "category"),
    "split": ("split", "set", "subset"),
}
"""What the columns may be called, in any case."""

FORM = "Its first line names the columns: path, label and, if the pictures are divided, split."


def index_table(file: Path) -> Index:
    """List the pictures of a CSV file; their paths are relative to its folder.

    Raises:
        DataError: The file can't be read, lacks a column, or has a line that can't be used.
    """
    entries: list[tuple[str, str, Split]] = []
    lines: dict[str, int] = {}
    divided: bool | None = None
    for number, row in _rows(file):
        path, label = _path(file, number, row["path"]), row["label"].strip()
        if not label:
            raise _wrong(file, number, "has no label", "Every picture needs a class.")
        if path in lines:
            raise _wrong(file, number, f"names {path} again, after line {lines[path]}",
                         "A picture may be named once only.")  # fmt: skip
        lines[path] = number
        name = row.get("split", "").strip().lower()
        if divided is None:
            divided = bool(name)
        if divided != bool(name):
            raise _wrong(file, number, "and others differ in having a split",
                         "Give every picture a split, or none.")  # fmt: skip
        if name and name not in NAMES:
            raise _wrong(file, number, f"has the split “{name}”",
                         "Write train, validation or test.")  # fmt: skip
        entries.append((label, path, NAMES.get(name, "train")))
    _check_files(file, lines)
    return make_index(file.parent, entries, Given("table", ()) if divided else None, [], [])


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line numbers and rows, their columns under our names."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            places = _places(file, next(reader, []))
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) <= max(places.values()):
                    raise _wrong(file, reader.line_num, f"has {len(cells)} columns", FORM)
                yield reader.line_num, {name: cells[i] for name, i in places.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"Can't read {file}: {error}.", f"It should be UTF-8. {FORM}") from error


def _places(file: Path, header: list[str]) -> dict[str, int]:
    """Return which column is which."""
    found: dict[str, int] = {}
    for i, cell in enumerate(header):
        for name, known_as in COLUMNS.items():
            if cell.strip().lower() in known_as and name not in found:
                found[name] = i
    for name in ("path", "label"):
        if name not in found:
            shown = ", ".join(header[:8]) or "nothing"
            raise DataError(f"{file} has no column “{name}”; its first line is: {shown}.", FORM)
    return found


def _path(file: Path, number: int, cell: str) -> str:
    """Return a picture's path relative to the table's folder, which it may not leave."""
    path = PurePosixPath(cell.strip().replace("\\", "/"))
    if not path.name or "\0" in cell:
        raise _wrong(file, number, "names no picture", FORM)
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        hint = f"Put the pictures below {file.parent} and write paths relative to it."
        raise _wrong(file, number, f"names {path}, outside the table’s folder", hint)
    return str(path)


def _check_files(file: Path, lines: Mapping[str, int]) -> None:
    missing = [path for path in lines if not (file.parent / path).is_file()]
    if missing:
        raise DataError(
            f"{file} names {len(missing)} pictures that aren’t there; "
            f"the first is {missing[0]} (line {lines[missing[0]]}).",
            f"Paths are relative to {file.parent}.",
        )


def _wrong(file: Path, number: int, what: str, hint: str) -> DataError:
    return DataError(f"{file}, line {number} {what}.", hint)
