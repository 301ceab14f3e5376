"""Plain tables as the text of a study file, in TOML."""

import math
import numbers
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training.errors import StudyError

DEEPEST_TABLE = 2
"""Names in the longest header, as in `[grids."scratch/grid"]`; below it, all is inline."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def toml_text(tables: Mapping[str, Any]) -> str:
    """Return tables as TOML, in their order; within a table, plain values come first.

    A None isn't written: TOML has no word for what isn't said.

    Args:
        tables: Text, numbers, truth values, paths, lists and tables of these.

    Raises:
        StudyError: A value of another kind, or a None in a list.
    """
    return "\n".join(_table(tables, ())).strip("\n") + "\n"


def escaped(text: str) -> str:
    """Return text as it stands between the quotes of a TOML basic string."""
    return "".join(map(_letter, text))


def _letter(letter: str) -> str:
    if letter in '\\"':
        return f"\\{letter}"
    if letter >= " " and letter != "\x7f":
        return letter
    return _SHORT.get(letter, f"\\u{ord(letter):04x}")


def _table(table: Mapping[str, Any], place: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of a table, its header aside."""
    said = {str(key): value for key, value in table.items() if value is not None}
    inner = {key: value for key, value in said.items() if _is_table(value, place)}
    for key, value in said.items():
        if key not in inner:
            yield f"{_key(key)} = {_value(value, (*place, key))}"
    for key, value in inner.items():
        name = ".".join(map(_key, (*place, key)))
        if not isinstance(value, Mapping):
            for each in value:
                yield from ("", f"[[{name}]]", *_table(each, (*place, key)))
            continue
        if not value or any(not _is_table(each, (*place, key)) for each in value.values()):
            yield from ("", f"[{name}]")
        yield from _table(value, (*place, key))


def _is_table(value: Any, place: tuple[str, ...]) -> bool:
    """Tell whether a value has a header of its own, or one for each of a list."""
    if len(place) >= DEEPEST_TABLE:
        return False
    is_list = isinstance(value, list | tuple) and bool(value) and bool(place)
    return isinstance(value, Mapping) or (
        is_list and all(isinstance(each, Mapping) for each in value)
    )


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else f'"{escaped(name)}"'


def _value(value: Any, place: tuple[str, ...]) -> str:
    if isinstance(value, str | os.PathLike):
        return _text(os.fspath(value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        return _number(float(value))
    if isinstance(value, Mapping):
        said = [(str(key), each) for key, each in value.items() if each is not None]
        pairs = (f"{_key(key)} = {_value(each, (*place, key))}" for key, each in said)
        return f"{{ {', '.join(pairs)} }}" if said else "{}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return f"[{', '.join(_value(each, place) for each in value)}]"
    raise StudyError(
        f"In {_header(place)}: {place[-1]} has {value!r}, which a study file can't hold.",
        "Give text, a number, True or False, a path, or lists and tables of these.",
    )


def _header(place: tuple[str, ...]) -> str:
    *tables, _ = place
    return f"the study, [{'.'.join(map(_key, tables[:DEEPEST_TABLE]))}]" if tables else "the study"


def _text(text: str) -> str:
    if "\n" not in text:
        return f'"{escaped(text)}"'
    lines = "\n".join(map(escaped, text.split("\n")))
    return f'"""\n{lines}"""'


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
