"""Where the tables and keys of a study file stand, for messages."""

import functools
import re
import tomllib

Path = tuple[str, ...]

_NAME = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_HEADER = re.compile(rf"\s*\[\[?\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(rf"\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")


@functools.lru_cache(maxsize=8)
def lines_of(text: str) -> dict[Path, int]:
    """Return the line, from 1, of each table and key of a TOML text by its path.

    Of several of one name, such as `[[report.extra]]`, it is the first one's.
    """
    found: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            table = _parts(header[1])
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_parts(key[1])), number)
    return found


def _parts(dotted: str) -> Path:
    try:
        (name, inner), *_ = tomllib.loads(f"{dotted} = 0").items()
    except tomllib.TOMLDecodeError:
        return (dotted,)
    parts = [name]
    while isinstance(inner, dict):
        ((name, inner),) = inner.items()
        parts.append(name)
    return tuple(parts)


PLAIN = re.compile(r"[\w-]+")
"""Names that TOML wants no quotes for."""


def header(table: str, name: str = "") -> str:
    """Return a table's header as a study file has it: `[experiments."scratch/baseline"]`."""
    if not name:
        return f"[{table}]"
    return f"[{table}.{name}]" if PLAIN.fullmatch(name) else f'[{table}."{name}"]'
