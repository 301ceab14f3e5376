"""The same picture twice: identical files and near-duplicates, within and across splits."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.byte_names import escaped
from training.data.contents import Contents
from training.data.difference_hash import near_pairs
from training.data.splits import Splits
from training.errors import DataError
from training.plurals import counted
from training.records import SPLITS, DuplicatePair, Duplicates, Split

LISTED_PAIRS = 50
"""Pairs that a record names; the rest is counted."""

LISTS_THEM = "`homework data check` names the first of them."

NONE_OF_THEM = -1


@dataclass(frozen=True)
class Alike:
    """Which of some pictures are twins.

    Attributes:
        codes: Of each picture, equal for equal ones; `NONE_OF_THEM` for those in no split.
        links: Pairs of codes whose images are also twins, (L, 2).
        split_of: Number in `SPLITS` of each picture's split.
    """

    codes: NDArray[np.int64]
    links: NDArray[np.int64]
    split_of: NDArray[np.int64]

    def n_pairs(self) -> tuple[int, int]:
        """Count the pairs within a split and across splits."""
        counts = self._counts()
        everywhere = counts.sum(1)
        first, second = self.links.T
        within = (counts * (counts - 1) // 2).sum() + (counts[first] * counts[second]).sum()
        pairs = (everywhere * (everywhere - 1) // 2).sum()
        pairs += (everywhere[first] * everywhere[second]).sum()
        return int(within), int(pairs - within)

    def rows(self, split: Split, others: Sequence[Split]) -> NDArray[np.int64]:
        """Return the pictures of a split that have a twin in one of others, which may name it."""
        counts = self._counts()
        reached = np.array(counts > np.array([name == split for name in SPLITS]))  # not by itself
        for one, other in (self.links.T, self.links.T[::-1]):
            np.logical_or.at(reached, one, counts[other] > 0)
        wanted = np.array(reached[:, [SPLITS.index(name) for name in others]].any(1))
        rows = np.flatnonzero(self.split_of == SPLITS.index(split))
        rows = rows[self.codes[rows] != NONE_OF_THEM]
        found: NDArray[np.int64] = rows[wanted[self.codes[rows]]]
        return found

    def twins(self, row: int) -> NDArray[np.int64]:
        """Return the twins of a picture."""
        code = self.codes[row]
        first, second = self.links.T
        near = np.concatenate([[code], second[first == code], first[second == code]])
        rows = np.flatnonzero(np.isin(self.codes, near))
        others: NDArray[np.int64] = rows[rows != row]
        return others

    def _counts(self) -> NDArray[np.int64]:
        """Count the pictures of each code in each split."""
        used = self.codes != NONE_OF_THEM
        counts = np.zeros((int(self.codes.max(initial=NONE_OF_THEM)) + 1, len(SPLITS)), np.int64)
        np.add.at(counts, (self.codes[used], self.split_of[used]), 1)
        return counts


@dataclass(frozen=True)
class Twins:
    """The pictures of a data set that it has twice.

    Attributes:
        identical: Those whose files are the same, byte for byte.
        alike: Those and the ones that nearly look the same.
    """

    identical: Alike
    alike: Alike

    def record(self, paths: Sequence[str], splits: Splits) -> Duplicates:
        """Return what `dataset.json` keeps."""
        identical, alike = self.identical.n_pairs(), self.alike.n_pairs()
        places = {row: place for place, row in enumerate(splits["test"].tolist())}
        tested = self.alike.rows("test", ("train", "validation")).tolist()
        pairs = [pair for _, pair in zip(range(LISTED_PAIRS), self._pairs(paths), strict=False)]
        return Duplicates(
            n_identical_within=identical[0],
            n_identical_across=identical[1],
            n_near_within=alike[0] - identical[0],
            n_near_across=alike[1] - identical[1],
            test_twins=sorted(places[row] for row in tested),
            pairs=pairs,
        )

    def _pairs(self, paths: Sequence[str]) -> Iterator[DuplicatePair]:
        """Yield one pair for each picture that has a twin: first what spoils a test."""
        wanted: list[tuple[Split, tuple[Split, ...]]] = [
            ("test", ("train", "validation")),
            ("validation", ("train",)),
            *((name, (name,)) for name in SPLITS),
        ]
        for split, others in wanted:
            for row in self.alike.rows(split, others).tolist():
                twins = self.alike.twins(row)
                allowed = [SPLITS.index(name) for name in others]
                twins = twins[np.isin(self.alike.split_of[twins], allowed)]
                if others == (split,):
                    twins = twins[twins > row]
                if len(twins):
                    same = twins[self.identical.codes[twins] == self.identical.codes[row]]
                    twin = int((same if len(same) else twins)[0])
                    yield DuplicatePair(
                        "identical" if len(same) else "near",
                        (escaped(paths[row]), escaped(paths[twin])),
                        (split, SPLITS[int(self.alike.split_of[twin])]),
                    )


def find_twins(contents: Contents, splits: Splits) -> Twins:
    """Compare all pictures of a data set by their files and their hashes."""
    n = len(contents)
    split_of = np.zeros(n, np.int64)
    used = np.zeros(n, np.bool_)
    for i, name in enumerate(SPLITS):
        split_of[splits[name]] = i
        used[splits[name]] = True
    rows = np.flatnonzero(used)
    files = np.full(n, NONE_OF_THEM)
    files[rows] = _numbered(contents.digests[rows])[1]
    identical = Alike(files, np.zeros((0, 2), np.int64), split_of)

    hashed = rows[contents.hashed[rows]]
    different, numbers = _numbered(contents.hashes[hashed])
    links = near_pairs(different)
    codes = np.where(files == NONE_OF_THEM, NONE_OF_THEM, files + len(different))
    codes[hashed] = numbers
    return Twins(identical, Alike(codes, links, split_of))


def placed(alike: Alike, splits: Splits) -> Alike:
    """Return twins among the same pictures, divided otherwise."""
    split_of = np.zeros(len(alike.codes), np.int64)
    for i, name in enumerate(SPLITS):
        split_of[splits[name]] = i
    return dataclasses.replace(alike, split_of=split_of)


def _numbered(values: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Number values of some bytes each, (N, B); return the different ones, (D, B), and those."""
    width = values.shape[1]
    whole = np.ascontiguousarray(values).view(f"S{width}").reshape(-1)
    different, numbers = np.unique(whole, return_inverse=True)
    content = np.frombuffer(different.tobytes(), np.uint8).reshape(-1, width)
    return content, numbers.astype(np.int64)


def without_twins(twins: Twins, splits: Splits) -> Splits:
    """Leave out of train what has a twin in validation or test."""
    rows = twins.alike.rows("train", ("validation", "test"))
    return {**splits, "train": splits["train"][~np.isin(splits["train"], rows)]}


def check_none_across(found: Duplicates) -> None:
    """Refuse a data set with twins in different splits.

    Raises:
        DataError: There are some; the first are named.
    """
    n = found.n_identical_across + found.n_near_across
    if n:
        raise DataError(
            f"{counted(n, 'pair')} of identical or nearly identical images in different splits, "
            f"such as {said(found.pairs[0])}.",
            f"{LISTS_THEM} Leave those in train out: --duplicates drop-from-train. Keep them: "
            "--duplicates keep.",
        )


def said(pair: DuplicatePair) -> str:
    """Name a pair of pictures, their splits, and how alike they are."""
    (first, second), (split, other) = pair.paths, pair.splits
    how = "identical" if pair.kind == "identical" else "nearly identical"
    where = f"both in {split}" if split == other else f"{split} and {other}"
    return f"{first} and {second} ({how}, {where})"


def kinds(found: Duplicates) -> str:
    """Count pairs by kind."""
    return (
        f"identical: {counted(found.n_identical_within, 'pair')} within a split, "
        f"{found.n_identical_across:,} across splits; nearly identical: "
        f"{found.n_near_within:,} within, {found.n_near_across:,} across"
    )


def lines(found: Duplicates, n_test: int) -> list[str]:
    """Say what a run should know: how many test pictures were trained on."""
    words = []
    if found.test_twins:
        n = len(found.test_twins)
        has = "has" if n == 1 else "have"
        words.append(
            f"Duplicates: {n:,} of {counted(n_test, 'test image')} {has} an identical or nearly "
            f"identical twin in train or validation, such as {said(found.pairs[0])}. They are "
            "kept, and flatter the test accuracy; --duplicates drop-from-train leaves out those "
            "in train, --duplicates refuse ends here."
        )
    return words
