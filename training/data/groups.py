"""Keep together what belongs together: a patient's images, a video's, a photographer's."""

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.byte_names import escaped
from training.data.index import Index
from training.errors import DataError, StudyError
from training.records import SPLITS, Split


def groups_of(index: Index, named: str) -> NDArray[np.int64]:
    """Return the number of each image's group, in the order of `Index.paths`.

    Args:
        named: A file of paths and groups, or an expression: the first group in brackets, else all
            that it matches of an image's path, is the group. Images that nothing names are
            groups of their own.

    Raises:
        DataError: The file can't be read, or no image belongs to a group.
        StudyError: The expression is none.
    """
    file = Path(named).expanduser()
    found = _from_table(file, index) if file.is_file() else _from_paths(index, named)
    known = [name for name in found if name is not None]
    if not known:
        raise DataError(
            f"--groups {named} finds no group for any of the {len(index.paths):,} images, "
            f"such as {escaped(index.paths[0])}.",
            r"Name a file of lines “path,group”, or an expression such as '^(patient\d+)'; "
            "an expression is searched in the path.",
        )
    numbers: dict[str, int] = {}
    alone = len(set(known))
    result = []
    for name in found:
        if name is None:
            result.append(alone)
            alone += 1
        else:
            result.append(numbers.setdefault(name, len(numbers)))
    return np.array(result, np.int64)


def _from_paths(index: Index, text: str) -> list[str | None]:
    try:
        expression = re.compile(text)
    except re.error as error:
        raise StudyError(
            f"groups is neither a file nor a regular expression: {error}; found {text!r}."
        ) from error
    matches = [expression.search(path) for path in index.paths]
    return [(m and (m[1] if expression.groups else m[0])) or None for m in matches]


def _from_table(file: Path, index: Index) -> list[str | None]:
    try:
        text = file.read_text(encoding="utf-8-sig")
        separator = max(",;\t", key=text.partition("\n")[0].count)
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if len(row) > 1]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"Can't read {file}: {error}.", "It should be UTF-8: path,group."
        ) from error
    groups = {row[0].strip().replace("\\", "/").removeprefix("./"): row[1].strip() for row in rows}
    return [groups.get(path) or groups.get(path.rpartition("/")[2]) for path in index.paths]


def divide_groups(
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    shares: Sequence[float],
    seed: int,
) -> NDArray[np.int64]:
    """Divide images so that each group is whole, and each class as near to shares as it goes.

    Large groups go first, those of one size in an order drawn by seed; each goes to the part whose
    classes lack most of it.

    Args:
        labels: Class number of each image.
        groups: Group number of each image.
        shares: Of each part, above 0.

    Returns:
        The part's number of each image.
    """
    _, numbers = np.unique(groups, return_inverse=True)
    n_groups, n_classes = int(numbers.max()) + 1, int(labels.max()) + 1
    counts = np.zeros((n_groups, n_classes))
    np.add.at(counts, (numbers, labels), 1)
    totals = np.maximum(counts.sum(0), 1)
    lacking = np.outer(shares, totals)  # (parts, classes)
    part_of = np.zeros(n_groups, np.int64)
    order = np.random.default_rng(seed).permutation(n_groups)
    for group in sorted(order.tolist(), key=lambda g: -counts[g].sum()):
        need = (lacking / np.outer(shares, totals) * counts[group]).sum(1)
        best = int(np.argmax(need))
        part_of[group] = best
        lacking[best] -= counts[group]
    return part_of[numbers]


def check_apart(
    index: Index, groups: NDArray[np.int64], splits: dict[Split, NDArray[np.int64]]
) -> None:
    """Make sure that no group is in two splits.

    Raises:
        DataError: One is.
    """
    owner: dict[int, tuple[Split, int]] = {}
    for name in SPLITS:
        for row in splits[name].tolist():
            split, other = owner.setdefault(int(groups[row]), (name, row))
            if split != name:
                raise DataError(
                    f"{escaped(index.paths[other])} in {split} and {escaped(index.paths[row])} in "
                    f"{name} belong to one group, but the data set's own splits separate them.",
                    "To split again without separating groups: --split 70/15/15.",
                )
