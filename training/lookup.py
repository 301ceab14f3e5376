"""Look a name up in an explicit table, with a helpful error."""

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from training.errors import HomeworkError, StudyError

T = TypeVar("T")

MANY = 200
"""Names from which on only the nearest are listed."""

SHOWN = 6


def unknown_name(
    kind: str, name: str, valid: Iterable[str], error: type[HomeworkError] = StudyError
) -> HomeworkError:
    """Build the error for a name that isn't in its table, with the nearest match."""
    names = sorted(valid)
    nearest = difflib.get_close_matches(name, names, n=SHOWN, cutoff=0.5)
    guess = f"Did you mean “{nearest[0]}”? " if nearest else ""
    shown = f"Valid: {', '.join(names)}."
    if len(names) > MANY:
        others = f" Others like it: {', '.join(nearest[1:])}." if len(nearest) > 1 else ""
        guess, shown = guess.rstrip() + others, f" {len(names):,} are known."
    return error(f"Unknown {kind} “{name}”.", f"{guess}{shown}".strip())


def look_up(kind: str, name: str, table: Mapping[str, T]) -> T:
    """Return `table[name]`.

    Raises:
        StudyError: The name isn't in the table; lists the valid ones and the nearest match.
    """
    try:
        return table[name]
    except KeyError:
        raise unknown_name(kind, name, table) from None
