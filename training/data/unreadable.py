"""How many images may be unreadable before something is wrong with their folder."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from training.byte_names import escaped
from training.errors import DataError
from training.plurals import counted

LISTS_THEM = "`homework data check` lists them all with their reasons."

BROKEN_SHARE = 0.01
BROKEN_ALLOWED = 5
"""More unreadable images than both a share and a number: something is wrong with the folder."""


def check_unreadable(
    root: Path, paths: Sequence[str], broken: Mapping[int, str], allowed: float | None = None
) -> None:
    """Refuse a folder of which too many images can't be read.

    Args:
        broken: Position in `paths` to reason.
        allowed: Largest share of those; None for one in a hundred, or five.

    Raises:
        DataError: There are more.
    """
    limit = max(BROKEN_ALLOWED, BROKEN_SHARE * len(paths))
    if len(broken) <= (limit if allowed is None else allowed * len(paths) + 1e-6):
        return
    reason, n = Counter(broken.values()).most_common(1)[0]
    first = min(broken)
    example = f"the first is {escaped(paths[first])}: {broken[first]}"
    if n > 1 and n == len(broken):
        example = f"each is {reason}" if reason.startswith("HEIC") else example
    share = len(broken) / len(paths)
    raise DataError(
        f"{len(broken)} of {counted(len(paths), 'image')} in {root} can't be read; {example}.",
        f"{LISTS_THEM} Fix or remove them, or continue without them: "
        f"--allow-unreadable {min(0.99, math.ceil(100 * share) / 100):.2f}.",
    )
