"""Find the images that a table names: a path, a label and, if it likes, a split in each row."""

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data.class_names import check_alike
from training.data.entries import Entry, chosen_entries, one_spelling
from training.data.given import Given
from training.data.index import Index, make_index
from training.data.split_names import WORDS, split_word
from training.data.table_columns import FORM, Columns, find_columns
from training.data.table_files import Finder
from training.errors import DataError
from training.folders import cache_folder
from training.plurals import counted
from training.records import LeftOut, Split
from training.study.choices import NONE, Choices

SEPARATORS = (",", ";", "\t", "|")
FALSE, TRUE = ("false", "0", "0.0", "no", "f"), ("true", "1", "1.0", "yes", "t")


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        line: Of the file, from 1.
    """

    line: int
    cells: list[str]


def index_table(file: Path, choices: Choices = NONE) -> Index:
    """List the images of a table; their paths are relative to its folder.

    Raises:
        DataError: The file can't be read, lacks a column, or has a line that can't be used.
    """
    text, words = _text(file)
    header, rows = _rows(file, text)
    finder = Finder(file)
    columns = find_columns(file, header, [row.cells for row in rows], choices.columns, finder)
    entries, divided = _entries(file, rows, columns, finder)
    words += [*columns.words, *finder.words()]
    entries, spelled = one_spelling(entries)
    if not file.is_relative_to(cache_folder() / "torchvision"):
        check_alike({name for name, _, _ in entries}, str(file), choices.classes)
    kept, left_out = chosen_entries(entries, choices)
    left_out += [LeftOut(f"column {name}", "unused column") for name in columns.unused]
    given = Given("table", ()) if divided else None
    return make_index(file.parent, kept, given, [], [], left_out, [*words, *spelled])


def _text(file: Path) -> tuple[str, list[str]]:
    """Return a table's text, and a note where its encoding had to be guessed."""
    try:
        content = file.read_bytes()
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16"), []
        try:
            return content.decode("utf-8-sig"), []
        except UnicodeDecodeError:
            said = f"{file.name} isn’t UTF-8; it is read as Windows-1252."
            return content.decode("cp1252"), [said]
    except (OSError, UnicodeError) as error:
        raise DataError(
            f"Can't read {file}: {error}.", f"It should be UTF-8, UTF-16 or Windows-1252. {FORM}"
        ) from error


def _rows(file: Path, text: str) -> tuple[list[str], list[Row]]:
    """Return the header and the rows that aren't empty."""
    first, _, rest = text.partition("\n")
    named = re.fullmatch(r"sep=(.)\r?", first)  # Excel's way to name the separator
    skipped = 1 if named else 0
    text = rest if named else text
    separator = named[1] if named else _separator(text)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        header = next(reader, [])
        rows = [
            Row(reader.line_num + skipped, cells)
            for cells in reader
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise DataError(f"Can't read {file}: {error}.", FORM) from error
    return [cell.strip() for cell in header], rows


def _separator(text: str) -> str:
    """Return what separates the first line's cells: what divides it into most."""
    first = text.partition("\n")[0]
    counts = {}
    for separator in SEPARATORS:
        try:
            counts[separator] = len(next(csv.reader([first], delimiter=separator), []))
        except csv.Error:
            counts[separator] = 0
    return max(SEPARATORS, key=lambda separator: counts[separator])


def _entries(
    file: Path, rows: Sequence[Row], columns: Columns, finder: Finder
) -> tuple[list[Entry], bool]:
    """Return class, path and split of every row, and whether the table divides them."""
    entries: list[Entry] = []
    lines: dict[str, int] = {}
    divided: bool | None = None
    finder.begin(columns.path, [row.cells for row in rows])
    for row in rows:
        if len(row.cells) <= columns.last:
            raise _wrong(file, row.line, f"has {counted(len(row.cells), 'column')}", FORM)
        path = finder.path(row.line, row.cells[columns.path])
        label = columns.label(row.line, row.cells)
        if not label:
            raise _wrong(file, row.line, "has no label", "Every image needs a class.")
        if path in lines:
            raise _wrong(file, row.line, f"names {path} again, after line {lines[path]}",
                         "Name each image once.")  # fmt: skip
        lines[path] = row.line
        cell = row.cells[columns.split].strip() if columns.split is not None else ""
        split = _split(file, row.line, cell, columns.question)
        if divided is None:
            divided = split is not None
        if divided != (split is not None):
            raise _wrong(file, row.line, "and others differ in having a split",
                         "Give every image a split, or none.")  # fmt: skip
        entries.append((label, path, split or "train"))
    finder.check(lines)
    return entries, bool(divided)


def _split(file: Path, line: int, cell: str, question: Split | None) -> Split | None:
    """Return the split that a cell names.

    Args:
        question: The split that a column of yes and no asks about: `is_valid`.
    """
    word = cell.lower()
    if not word:
        return None
    if question is not None:
        if word in (*TRUE, *FALSE):
            other: Split = "test" if question == "train" else "train"
            return question if word in TRUE else other
        raise _wrong(file, line, f"has “{cell}” where yes or no is expected",
                     "Write true or false.")  # fmt: skip
    known = split_word(cell)
    if known is None:
        raise _wrong(file, line, f"has the split “{cell}”", "Write train, validation or test.")
    return WORDS.get(known, "test")


def _wrong(file: Path, number: int, what: str, hint: str) -> DataError:
    return DataError(f"{file}, line {number} {what}.", hint)
