"""What a library has got since a list of ours was written is no fault of ours."""

import pytest


def skip_what_is_newer(library, known, added):
    """Skip if a release newer than those known has more than our list.

    Args:
        known: Its newest release when the list was written, as (major, minor).
        added: What it has beside our list.
    """
    release = tuple(int(part) for part in library.__version__.split(".")[:2])
    if added and release > known:
        pytest.skip(f"{library.__name__} {library.__version__} also has {', '.join(sorted(added))}")
