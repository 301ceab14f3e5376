"""Cut train and validation pictures, together, into folds of which each is validation once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.byte_names import escaped
from training.data.contents import Contents
from training.data.duplicates import NONE_OF_THEM, Alike, find_twins, without_twins
from training.data.groups import groups_of
from training.data.index import Index
from training.data.splits import Splits
from training.errors import DataError
from training.natural_order import in_natural_order
from training.plurals import counted
from training.records import FoldCounts
from training.study.choices import Choices

FoldsOfSplits = tuple[Splits, ...]
"""The splits of each fold's run, in the order of the folds."""

FOLDS_SEED = 5
"""Keeps the draw apart from those of the splits, which begin with the same seed."""


def cut_folds(
    index: Index, splits: Splits, contents: Contents, choices: Choices, seed: int
) -> FoldsOfSplits:
    """Cut train and validation, together, into folds; test stays as it is.

    Each picture is validation in one fold and train in all others. Every class is spread evenly, as
    scikit-learn's `StratifiedKFold` does. Groups, and pictures that are there twice, stay in one
    fold; then classes are spread as evenly as that allows.

    Args:
        index: The pictures whose rows the splits name.
        splits: Whose train and validation are cut.
        contents: Of the pictures' files, which say which are there twice.

    Returns:
        For each fold its splits, of sorted rows; none where no folds were asked for.
    """
    if not choices.folds:
        return ()
    labels, n_folds = np.array(index.labels, np.int64), choices.folds
    groups = groups_of(index, choices.groups) if choices.groups else None
    pool = np.sort(np.concatenate([splits["train"], splits["validation"]]))
    units = _units(pool, find_twins(contents, splits).alike, groups)
    rng = np.random.default_rng([seed, FOLDS_SEED])
    if len(np.unique(units)) == len(pool):
        fold_of = stratified(labels[pool], n_folds, rng)
    else:
        fold_of = stratified_units(labels[pool], units, n_folds, rng)
    return tuple(
        {**splits, "train": pool[fold_of != i], "validation": pool[fold_of == i]}
        for i in range(n_folds)
    )


def stratified(
    labels: NDArray[np.int64], n_folds: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the fold of each picture, (N,): dealt out class by class, in an order drawn at random.

    Folds differ by at most one picture, in all and of each class.
    """
    order = rng.permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    fold_of = np.empty(len(labels), np.int64)
    fold_of[by_class] = np.arange(len(labels)) % n_folds
    return fold_of


def stratified_units(
    labels: NDArray[np.int64], units: NDArray[np.int64], n_folds: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the fold of each picture, (N,), with each unit whole.

    Large units go first, those of one size class by class, in an order drawn at random; each goes
    to the fold that has the smallest share of its classes, of several to the one with the fewest
    pictures.
    """
    _, numbers = np.unique(units, return_inverse=True)
    counts = np.zeros((int(numbers.max()) + 1, int(labels.max()) + 1))
    np.add.at(counts, (numbers, labels), 1)
    weights = 1 / np.maximum(counts.sum(0), 1)
    in_folds = np.zeros((n_folds, counts.shape[1]))
    fold_of_unit = np.empty(len(counts), np.int64)
    drawn = rng.permutation(len(counts))
    for unit in np.lexsort((drawn, counts.argmax(1), -counts.sum(1))).tolist():
        shares = (in_folds * (weights * counts[unit])).sum(1)
        lowest = np.flatnonzero(shares <= shares.min() + 1e-9)
        fold = lowest[np.argmin(in_folds[lowest].sum(1))]
        fold_of_unit[unit] = fold
        in_folds[fold] += counts[unit]
    return fold_of_unit[numbers]


def _units(
    pool: NDArray[np.int64], alike: Alike, groups: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """Number what has to stay together: twins, groups, and what these join."""
    parent = np.arange(len(pool))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = place = int(parent[parent[place]])
        return place

    first_of: dict[tuple[str, int], int] = {}
    codes = alike.codes[pool]
    for place, code in enumerate(codes.tolist()):
        keys = [("twins", code)] * (code != NONE_OF_THEM)
        keys += [("group", int(groups[pool[place]]))] if groups is not None else []
        for key in keys:
            parent[root(place)] = root(first_of.setdefault(key, place))
    for one, other in alike.links.tolist():
        places = [first_of.get(("twins", code)) for code in (one, other)]
        if places[0] is not None and places[1] is not None:
            parent[root(places[0])] = root(places[1])
    return np.array([root(place) for place in range(len(pool))], np.int64)


def settle_folds(
    index: Index, folds: FoldsOfSplits, contents: Contents, choices: Choices
) -> FoldsOfSplits:
    """Leave out of train what is there twice, where that was asked, and see to small classes.

    Raises:
        DataError: A class has no picture in train or validation of a fold.
    """
    if choices.duplicates == "drop-from-train":
        folds = tuple(without_twins(find_twins(contents, splits), splits) for splits in folds)
    _check(np.array(index.labels), index.classes, folds)
    return folds


def _check(labels: NDArray[np.int64], classes: Sequence[str], folds: FoldsOfSplits) -> None:
    wanted = set(range(len(classes)))
    lacking = {
        label
        for splits in folds
        for rows in (splits["train"], splits["validation"])
        for label in wanted - set(labels[rows].tolist())
    }
    if lacking:
        absent = in_natural_order(classes[label] for label in lacking)
        shown = ", ".join(map(escaped, absent[:5])) + (" …" if len(absent) > 5 else "")
        have = counted(len(absent), "class has", "classes have")
        n = len(folds)
        raise DataError(
            f"{have} too few pictures, or groups, for {n} folds: {shown}.",
            f"Every class needs at least {n} in train and validation together, no two of one "
            "group: ask for fewer folds, add pictures, or leave the class out.",
        )


def count_folds(
    labels: NDArray[np.int64], n_classes: int, folds: FoldsOfSplits
) -> tuple[FoldCounts, ...]:
    """Return what `dataset.json` says of each fold."""
    return tuple(
        FoldCounts(
            n_train=len(splits["train"]),
            n_validation=len(splits["validation"]),
            train=_counted(labels, splits["train"], n_classes),
            validation=_counted(labels, splits["validation"], n_classes),
        )
        for splits in folds
    )


def _counted(labels: NDArray[np.int64], rows: NDArray[np.int64], n_classes: int) -> list[int]:
    counts: list[int] = np.bincount(labels[rows], minlength=n_classes).tolist()
    return counts
