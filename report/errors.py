"""The report's one exception."""

import difflib
from collections.abc import Sequence

from training.records import HomeworkError


class ReportError(HomeworkError):
    """The report can't be made as asked: an unknown study or section, or a contradictory record."""


def unknown(kind: str, name: str, valid: Sequence[str]) -> ReportError:
    """Build the error for an unknown name, with the nearest match."""
    nearest = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    guess = f"Did you mean “{nearest[0]}”? " if nearest else ""
    return ReportError(f"Unknown {kind} “{name}”.", f"{guess}Valid: {', '.join(valid)}.")
