"""Recompute a quantity from the source that a report names for it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from report.errors import ReportError
from report.evidence.by_picture import with_columns
from report.evidence.numbers import Quantity, derive, resolve
from report.evidence.reference import SOURCE, reference
from training.records import (
    RECORD_TYPES,
    SCORES_NAME,
    HomeworkError,
    Predictions,
    read,
    read_scores,
)

MAXIMUM_DEPTH = 20

LEAF = re.compile(r"[^(),]*")
LIST = "study.json#/experiments/"
MANY = re.compile(r"(?P<before>[^\[\]]*)\[(?P<ranges>[\d+-]+)\](?P<after>[^\[\]]*)")
"""Values of many experiments, by ranges of their positions in the study's list."""


class Sources:
    """Looks up sources in the records of a study, or of several, reading each file once.

    Args:
        folder: `runs/<study>`; for several studies the folder of each, by the name that their
            sources begin with.
    """

    def __init__(self, folder: Path | Mapping[str, Path]) -> None:
        self._folders = {"": folder} if isinstance(folder, Path) else dict(folder)
        self._read: dict[str, Any] = {}
        self._known: dict[str, Quantity] = {}

    def recompute(self, source: str) -> Any:
        """Return the value that a source stands for now.

        Raises:
            ReportError: The source can't be understood, or a record it names is missing, unreadable
                or has nothing there.
        """
        quantity, rest = self._expression(source, 0)
        if rest:
            raise ReportError(f"The source ends with “{rest[:40]}”, which can't be understood.")
        return quantity.value

    def _expression(self, text: str, depth: int) -> tuple[Quantity, str]:
        """Parse `record#pointer` or `operation(…)` at the start of `text`; return what follows."""
        if depth > MAXIMUM_DEPTH:
            raise ReportError("The source is nested too deeply.")
        end = next((i for i, c in enumerate(text) if c in "(),"), len(text))
        word, rest = text[:end], text[end:]
        if not rest.startswith("("):
            return Quantity(self._look_up(word), word), rest
        operands, rest = [], rest[1:]
        while not rest.startswith(")"):
            found, rest = self._operands(rest, depth + 1)
            operands += found
            if rest.startswith(","):
                rest = rest[1:]
            elif not rest.startswith(")"):
                raise ReportError("The source has an unclosed bracket.")
        return self._derived(word, operands), rest[1:]

    def _operands(self, text: str, depth: int) -> tuple[list[Quantity], str]:
        """Parse an operand, which may be the values of many experiments; see `very_many.over`."""
        word = LEAF.match(text)
        many = MANY.fullmatch(word[0]) if word is not None else None
        if word is None or many is None:
            operand, rest = self._expression(text, depth)
            return [operand], rest
        before, after = many["before"], many["after"]
        in_list = before.endswith(LIST)
        prefix = before.removesuffix(LIST)
        experiments = self._record(f"{prefix}study.json").experiments
        found = []
        for place in _places(many["ranges"], len(experiments)):
            source = f"{before}{place if in_list else experiments[place].id}{after}"
            found.append(Quantity(self._look_up(source), source))
        return found, text[word.end() :]

    def _derived(self, operation: str, operands: list[Quantity]) -> Quantity:
        written = f"{operation}({','.join(operand.source for operand in operands)})"
        if written in self._known:  # many numbers of a table rest on the same ones
            return self._known[written]
        try:
            self._known[written] = derive(operation, *operands)
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise ReportError(f"{operation} can no longer be computed: {error}.") from error
        return self._known[written]

    def _look_up(self, source: str) -> Any:
        name, separator, pointer = source.partition("#")
        if not separator:
            raise ReportError(f"“{source[:60]}” doesn't name a record.")
        return resolve(self._record(name), pointer)

    def _record(self, name: str) -> Any:
        if name == SOURCE:
            return reference()
        if name not in self._read:
            path = PurePosixPath(name)
            known = path.name in RECORD_TYPES or path.name == SCORES_NAME
            if not known or path.is_absolute() or ".." in path.parts:
                raise ReportError(f"“{name[:60]}” isn't a record of a study.")
            file = self._file(path)
            if file is None or not file.is_file():
                raise ReportError(f"The record {name} is missing.")
            try:
                self._read[name] = self._content(path, file)
            except HomeworkError as error:
                raise ReportError(error.message) from error
        return self._read[name]

    def _content(self, path: PurePosixPath, file: Path) -> Any:
        if path.name != SCORES_NAME:
            kind: Any = RECORD_TYPES[path.name]
            record = read(file, kind)
            return with_columns(record) if isinstance(record, Predictions) else record
        kept = self._record(path.with_name("metrics.json").as_posix()).scores
        if kept is None:
            raise ReportError(f"The record of {path} doesn’t speak of it.")
        return read_scores(file, kept)

    def _file(self, path: PurePosixPath) -> Path | None:
        if "" in self._folders:
            return self._folders[""] / path
        study = self._folders.get(path.parts[0])
        return study / PurePosixPath(*path.parts[1:]) if study else None


def _places(ranges: str, n: int) -> Iterator[int]:
    """Yield the positions that ranges name, in a list of n."""
    for part in ranges.split("+"):
        first, _, last = part.partition("-")
        if not first.isdecimal() or not (last or first).isdecimal():
            raise ReportError(f"“{ranges[:60]}” doesn’t name positions in the study’s list.")
        if int(last or first) >= n or int(first) > int(last or first):
            raise ReportError(f"The study’s list has {n} experiments, and {part} isn’t in it.")
        yield from range(int(first), int(last or first) + 1)
