"""Divide images into train, validation and test: by the lists that come with them, or by seed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.byte_names import escaped
from training.data.given import Given
from training.data.groups import check_apart, divide_groups, groups_of
from training.data.index import CLUTTER, Index
from training.data.lists import list_entries, split_of_list
from training.errors import DataError
from training.natural_order import in_natural_order
from training.plurals import counted
from training.records import SPLITS, Split, SplitChange
from training.study.choices import NONE, Choices

Splits = dict[Split, NDArray[np.int64]]
"""Positions in `Index.paths` for each split."""

HELD_OUT = 1 / 5
"""Share of train that becomes validation where a data set has none."""

MINIMUM = 3
"""Images that a class needs, one for each split."""


THIRDS = (1 / 3, 1 / 3, 1 / 3)


def split(index: Index, max_per_class: int | None, seed: int, choices: Choices = NONE) -> Splits:
    """Divide a data set, as it says itself where it does.

    With lists, validation is the even and train the odd positions of the cleaned train list, as
    in the homework; with a list for validation too, each is the split that it names. Where
    folders or a table divide the images, a missing test split is the given validation split, and
    a missing validation split is held out of train, a fifth of every class. Otherwise a third of
    every class is for testing and the rest is halved. Shares that were asked for go before all
    that. Where groups are named, what chance divides keeps them whole, and a division that parts
    one is refused.

    Args:
        max_per_class: Keep at most so many images of a class, in the same proportions.
        seed: Used only where chance decides.

    Raises:
        DataError: A list names images that aren't there or twice, or a class is too small.
    """
    if max_per_class is not None and max_per_class < MINIMUM:
        raise DataError(
            f"--max-per-class {max_per_class} leaves a split empty.",
            f"Give at least {MINIMUM}: one image each for train, validation and test.",
        )
    groups = groups_of(index, choices.groups) if choices.groups else None
    if choices.shares or not (index.given or index.lists):
        splits = _by_chance(index, choices.shares, groups, seed)
    elif index.given:
        splits = _as_given(index, index.given, groups, seed)
    else:
        assert index.lists is not None
        splits = _by_lists(index, index.lists)
    if groups is not None:
        check_apart(index, groups, splits)
    if max_per_class is not None:
        splits = _limited(index, splits, max_per_class, seed)
    check_classes(index, splits)
    return splits


def _by_chance(
    index: Index,
    shares: tuple[float, float, float] | None,
    groups: NDArray[np.int64] | None,
    seed: int,
) -> Splits:
    if groups is not None:
        parts = divide_groups(np.array(index.labels), groups, shares or THIRDS, seed)
        return {name: np.flatnonzero(parts == i) for i, name in enumerate(SPLITS)}
    return _by_shares(index, shares, seed) if shares else _stratified(index, seed)


def _by_shares(index: Index, shares: tuple[float, float, float], seed: int) -> Splits:
    """Divide every class by shares, at least one image to each split."""
    labels = np.array(index.labels)
    parts: dict[Split, list[NDArray[np.int64]]] = {name: [] for name in SPLITS}
    for label in range(len(index.classes)):
        members = np.flatnonzero(labels == label)
        order = np.random.default_rng([seed, label]).permutation(members)
        n_test = max(1, round(len(order) * shares[2]))
        n_validation = max(1, round(len(order) * shares[1]))
        parts["test"].append(order[:n_test])
        parts["validation"].append(order[n_test : n_test + n_validation])
        parts["train"].append(order[n_test + n_validation :])
    return {name: np.sort(np.concatenate(part)) for name, part in parts.items()}


def _by_lists(index: Index, lists: Sequence[Path]) -> Splits:
    positions = {path: i for i, path in enumerate(index.paths)}
    named = {file: _read_list(file, positions, index) for file in lists}
    for i, file in enumerate(lists):
        for other in lists[i + 1 :]:
            in_both = set(named[file]) & set(named[other])
            if in_both:
                example = index.paths[min(in_both)]
                raise DataError(
                    f"{file} and {other.name} both name {counted(len(in_both), 'image')}, such as "
                    f"{example}.",
                    "Testing on train images proves nothing: name each image in one list only.",
                )
    by_split = {split_of_list(file): rows for file, rows in named.items()}
    train = by_split["train"]
    validation = by_split.get("validation")
    return {
        "train": np.array(train if validation is not None else train[1::2], np.int64),
        "validation": np.array(train[0::2] if validation is None else validation, np.int64),
        "test": np.array(by_split["test"], np.int64),
    }


def _read_list(file: Path, positions: dict[str, int], index: Index) -> list[int]:
    dropped = {CLUTTER, *index.dropped_classes}
    prefix = _prefix(file, index)
    entries = [(n, path.removeprefix(prefix)) for n, path in list_entries(file)]
    wanted = [(n, path) for n, path in entries if path.partition("/")[0] not in dropped]
    missing = [(n, path) for n, path in wanted if path not in positions]
    if missing:
        line, path = missing[0]
        raise DataError(
            f"{file} names {counted(len(missing), 'image')} missing from {index.root}; "
            f"the first is {path} (line {line}).",
            "Unpack the data set again, or fix the list.",
        )
    paths = [path for _, path in wanted]
    twice = len(paths) - len(set(paths))
    if twice:
        example = next(path for i, path in enumerate(paths) if path in paths[:i])
        raise DataError(
            f"{file} names {counted(twice, 'image')} twice, such as {example}.",
            "Remove the duplicates.",
        )
    return [positions[path] for path in paths]


def _prefix(file: Path, index: Index) -> str:
    """Return what a list's paths may begin with: the folders between it and the images."""
    if index.root.is_relative_to(file.parent) and index.root != file.parent:
        return f"{index.root.relative_to(file.parent).as_posix()}/"
    return ""


def changes_to_given(given: Given) -> tuple[SplitChange, ...]:
    """Return how missing splits were replaced where a data set has fewer than three."""
    there = set(given.splits)
    changes: list[SplitChange] = []
    if "test" not in there and "validation" in there:
        changes.append("test-from-validation")
    if len(there) < len(SPLITS):
        changes.append("validation-from-train")
    return tuple(changes)


def _as_given(index: Index, given: Given, groups: NDArray[np.int64] | None, seed: int) -> Splits:
    names = np.array(given.splits)
    changes = changes_to_given(given)
    splits: Splits = {name: np.flatnonzero(names == name) for name in SPLITS}
    if "test-from-validation" in changes:
        splits["test"] = splits["validation"]
    if "validation-from-train" in changes:
        rows = splits["train"]
        if groups is None:
            splits["validation"], splits["train"] = _held_out(index, rows, seed)
        else:
            shares = (1 - HELD_OUT, HELD_OUT)
            parts = divide_groups(np.array(index.labels)[rows], groups[rows], shares, seed)
            splits["validation"], splits["train"] = rows[parts == 1], rows[parts == 0]
    return splits


def _held_out(
    index: Index, rows: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Take a share of every class out of rows, by seed; return it and the rest, both sorted."""
    labels = np.array(index.labels)[rows]
    out: list[NDArray[np.int64]] = []
    for label in range(len(index.classes)):
        members = np.random.default_rng([seed, label]).permutation(rows[labels == label])
        out.append(members[: max(1, round(len(members) * HELD_OUT))])
    taken = np.sort(np.concatenate(out))
    return taken, np.setdiff1d(rows, taken)


def _stratified(index: Index, seed: int) -> Splits:
    labels = np.array(index.labels)
    parts: dict[Split, list[NDArray[np.int64]]] = {name: [] for name in SPLITS}
    for label in range(len(index.classes)):
        members = np.flatnonzero(labels == label)
        order = np.random.default_rng([seed, label]).permutation(members)
        n_test = max(1, round(len(order) / 3))
        n_validation = (len(order) - n_test) // 2
        parts["test"].append(order[:n_test])
        parts["validation"].append(order[n_test : n_test + n_validation])
        parts["train"].append(order[n_test + n_validation :])
    return {name: np.sort(np.concatenate(part)) for name, part in parts.items()}


def _limited(index: Index, splits: Splits, limit: int, seed: int) -> Splits:
    labels = np.array(index.labels)
    kept: dict[Split, list[NDArray[np.int64]]] = {name: [] for name in SPLITS}
    for label in range(len(index.classes)):
        members = {name: splits[name][labels[splits[name]] == label] for name in SPLITS}
        shares = _shares([len(members[name]) for name in SPLITS], limit)
        for name, share in zip(SPLITS, shares, strict=True):
            rng = np.random.default_rng([seed, label, SPLITS.index(name)])
            kept[name].append(rng.permutation(members[name])[:share])
    return {name: np.sort(np.concatenate(part)) for name, part in kept.items()}


def _shares(sizes: Sequence[int], limit: int) -> list[int]:
    """Divide `limit` in proportion to `sizes`, at least one for each that isn't empty."""
    total = sum(sizes)
    if total <= limit:
        return list(sizes)
    shares = [min(n, max(1, limit * n // total)) if n else 0 for n in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda i: -((limit * sizes[i] / total) % 1))
    for i in by_remainder:
        if sum(shares) < limit and shares[i] < sizes[i]:
            shares[i] += 1
    return shares


def check_classes(index: Index, splits: Splits) -> None:
    """Make sure that every class has an image in every split.

    Raises:
        DataError: Some don't; they are named.
    """
    labels = np.array(index.labels)
    for name in SPLITS:
        present = set(labels[splits[name]].tolist())
        absent = in_natural_order(c for i, c in enumerate(index.classes) if i not in present)
        if absent:
            shown = ", ".join(escaped(name) for name in absent[:5]) + (
                " …" if len(absent) > 5 else ""
            )
            n_have = counted(len(absent), "class has", "classes have")
            raise DataError(
                f"{n_have} no usable image in the {name} split: {shown}.",
                f"Every class needs at least {MINIMUM} images (train, validation, test): "
                "add some, remove the class folder, or fix the lists.",
            )
