"""Which column of a table holds the image, which the class, and which the split."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from training.data.table_files import Finder
from training.errors import DataError
from training.records import Split

FORM = (
    "Its first line names the columns. Known are: path, file, filename, filepath, image, "
    "image_path, image_id or id for the image; label, class, class_name, category, species, "
    "breed, diagnosis or target for the class; split, set, data set or is_valid if the images "
    "are divided. Name others: --columns path=NAME,label=NAME,split=NAME."
)

PATH = (
    "path", "paths", "file", "files", "filename", "filenames", "filepath", "filepaths", "image",
    "images", "img", "imagepath", "imgpath", "imagename", "imgname", "imagefile", "imagefilename",
    "picture", "photo", "imageid", "imgid", "id",
)  # fmt: skip
LABEL = (
    "label", "labels", "class", "classname", "classlabel", "labelname", "category",
    "categoryname", "species", "breed", "diagnosis", "dx", "target", "variety",
)  # fmt: skip
SPLIT = ("split", "splits", "set", "subset", "dataset", "partition")
QUESTIONS: dict[str, Split] = {
    "isvalid": "validation", "isval": "validation", "isvalidation": "validation",
    "istest": "test", "istrain": "train",
}  # fmt: skip
"""What the columns may be called, small letters and digits alone."""

LOOKED_AT = 20
"""Rows by which columns that could both name the image are told apart."""


@dataclass(frozen=True)
class Columns:
    """Where a table holds what.

    Attributes:
        path: Number of the column.
        label_column: Number of the column; None where each class has a column of its own.
        classes: Column of each class to its name, where a 1 in a row marks its class.
        question: The split that `split` answers with yes or no.
        unused: Names of the columns that say nothing to us.
    """

    file: Path
    path: int
    label_column: int | None
    split: int | None
    question: Split | None = None
    classes: Mapping[int, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def last(self) -> int:
        """The number of the last column that is needed."""
        used = (self.path, self.label_column, self.split, *self.classes)
        return max(number for number in used if number is not None)

    def label(self, line: int, cells: Sequence[str]) -> str:
        """Return a row's class.

        Raises:
            DataError: None or several of the classes' columns are marked.
        """
        if self.label_column is not None:
            return cells[self.label_column].strip()
        marked = [name for i, name in self.classes.items() if _is_one(cells[i])]
        if len(marked) != 1:
            found = ", ".join(marked[:3]) if marked else "none"
            raise DataError(
                f"{self.file}, line {line} marks {len(marked)} of the classes' columns: {found}.",
                "Every image needs one class; images of several classes can't be used.",
            )
        return marked[0]


def find_columns(
    file: Path,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    named: Mapping[str, str],
    finder: Finder,
) -> Columns:
    """Find out which column is which.

    Args:
        named: What the person says, by role.

    Raises:
        DataError: A column is missing, or several could be meant.
    """
    names = [re.sub(r"[\W_]+", "", cell.casefold()) for cell in header]
    chosen = {role: _by_name(file, header, name) for role, name in named.items()}
    path = chosen.get("path")
    if path is None:
        path = _path(file, header, names, rows, finder, named)
    words: list[str] = []
    label = chosen.get("label")
    classes: dict[int, str] = {}
    split = chosen.get("split")
    if split is None:
        found = [i for i, name in enumerate(names) if name in (*SPLIT, *QUESTIONS) and i != path]
        split = _only(file, header, found, "split") if found else None
    if label is None:
        label = _label(file, header, names, rows, {path, split}, words)
    if label is None:
        classes = _marked(header, rows, {path, split})
        if len(classes) < 2:
            raise _missing(file, header, "label")
        words.append(f"Each class has a column of its own: {', '.join(classes.values())}.")
    used = {path, label, split, *classes}
    unused = tuple(name or f"number {i + 1}" for i, name in enumerate(header) if i not in used)
    question = QUESTIONS.get(names[split]) if split is not None else None
    return Columns(file, path, label, split, question, classes, unused, tuple(words))


def _by_name(file: Path, header: Sequence[str], name: str) -> int:
    for i, cell in enumerate(header):
        if cell.casefold() == name.casefold():
            return i
    raise DataError(
        f"{file} has no column “{name}”, which --columns names; {_first_line(header)}",
        "Write the column's name as in the first line.",
    )


def _path(
    file: Path,
    header: Sequence[str],
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    finder: Finder,
    named: Mapping[str, str],
) -> int:
    found = [i for i, name in enumerate(names) if name in PATH]
    if not found:
        raise _missing(file, header, "path")
    if len(found) == 1:
        return found[0]
    some = [row for row in rows[:LOOKED_AT] if len(row) > max(found)]
    there = [i for i in found if some and all(finder.knows(row[i]) for row in some)]
    return _only(file, header, there or found, "path")


def _label(
    file: Path,
    header: Sequence[str],
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    taken: set[int | None],
    words: list[str],
) -> int | None:
    found = [i for i, name in enumerate(names) if name in LABEL and i not in taken]
    if len(found) < 2:
        return found[0] if found else None
    whole = [row for row in rows if len(row) > max(found)]
    pairs = {tuple(row[i].strip() for i in found) for row in whole}
    one_to_one = all(len({pair[k] for pair in pairs}) == len(pairs) for k in range(len(found)))
    if not pairs or not one_to_one:
        return _only(file, header, found, "label")
    named = [i for k, i in enumerate(found) if not all(_is_number(pair[k]) for pair in pairs)]
    best = (named or found)[0]
    others = ", ".join(header[i] for i in found if i != best)
    words.append(f"The class is taken from the column {header[best]}; {others} agrees with it.")
    return best


def _marked(
    header: Sequence[str], rows: Sequence[Sequence[str]], taken: set[int | None]
) -> dict[int, str]:
    """Return the columns that hold nothing but 0 and 1, for a class each."""
    return {
        i: name
        for i, name in enumerate(header)
        if i not in taken and name and rows
        and all(len(row) > i and (_is_one(row[i]) or _is_zero(row[i])) for row in rows)
    }  # fmt: skip


def _is_one(cell: str) -> bool:
    return cell.strip() in ("1", "1.0")


def _is_zero(cell: str) -> bool:
    return cell.strip() in ("0", "0.0")


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d+)?", text))


def _only(file: Path, header: Sequence[str], found: Sequence[int], role: str) -> int:
    if len(found) == 1:
        return found[0]
    names = [header[i] for i in found]
    raise DataError(
        f"{file} has {len(found)} columns that could be the {role}: {', '.join(names)}.",
        f"Choose one: --columns {role}={names[0]}.",
    )


def _missing(file: Path, header: Sequence[str], role: str) -> DataError:
    return DataError(f"{file} has no column “{role}”; {_first_line(header)}", FORM)


def _first_line(header: Sequence[str]) -> str:
    return f"its first line is: {', '.join(header[:8]) or 'nothing'}."
