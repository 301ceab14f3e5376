"""How many pictures of each class each split gets, for every kind of division; nothing is read."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.data.given import Given
from training.data.index import Index
from training.data.splits import changes_to_given, check_classes, split
from training.errors import DataError
from training.records import SPLITS
from training.study.choices import Choices


def an_index(*classes, source="folders"):
    """Make an index of classes given as pictures a split: (train, validation, test)."""
    splits = [
        name for counts in classes for name, n in zip(SPLITS, counts, strict=True) for _ in range(n)
    ]
    labels = [i for i, counts in enumerate(classes) for _ in range(sum(counts))]
    names = tuple(f"class-{i}" for i in range(len(classes)))
    return Index(
        root=Path("nowhere"), classes=names, labels=tuple(labels), lists=None, dropped_classes=(),
        paths=tuple(f"{names[label]}/{i}.png" for i, label in enumerate(labels)),
        n_dropped_images=0, ignored_files=(), given=Given(source, tuple(splits)),
    )  # fmt: skip


def counts(index, splits):
    labels = np.array(index.labels)
    n_classes = len(index.classes)
    table = [np.bincount(labels[splits[name]], minlength=n_classes).tolist() for name in SPLITS]
    return [tuple(column) for column in zip(*table, strict=True)]


@pytest.mark.parametrize(
    ("there", "limit", "kept"),
    [
        ((10, 4, 2), 16, (10, 4, 2)), ((10, 4, 2), 99, (10, 4, 2)), ((10, 4, 2), 15, (9, 4, 2)),
        ((10, 4, 2), 8, (5, 2, 1)), ((7, 5, 3), 6, (3, 2, 1)), ((3, 7, 5), 6, (1, 3, 2)),
        ((5, 3, 7), 6, (2, 1, 3)), ((7, 7, 6), 10, (4, 3, 3)),
    ],
)  # fmt: skip
def test_a_limit_is_shared_in_proportion_and_the_rest_by_remainder(there, limit, kept):
    index = an_index(there, (1, 1, 1))
    assert counts(index, split(index, limit, seed=0)) == [kept, (1, 1, 1)]


@pytest.mark.parametrize(
    ("n_train", "held_out"), [(2, 1), (3, 1), (7, 1), (8, 2), (10, 2), (12, 2), (13, 3), (50, 10)]
)
def test_a_fifth_of_a_class_is_held_out_but_one_picture_at_least(n_train, held_out):
    index = an_index((n_train, 0, 1), (20, 0, 5))
    splits = split(index, None, seed=0)
    assert counts(index, splits) == [(n_train - held_out, held_out, 1), (16, 4, 5)]
    assert not set(splits["train"]) & set(splits["validation"])


def test_given_validation_is_the_test_split_where_there_is_none():
    index = an_index((10, 4, 0), (5, 3, 0))
    splits = split(index, None, seed=0)
    assert counts(index, splits) == [(8, 2, 4), (4, 1, 3)]


@pytest.mark.parametrize(
    ("there", "changes"),
    [
        ((1, 1, 1), ()), ((1, 0, 1), ("validation-from-train",)),
        ((1, 1, 0), ("test-from-validation", "validation-from-train")),
        ((1, 0, 0), ("validation-from-train",)),
    ],
)  # fmt: skip
def test_what_is_made_up_is_told(there, changes):
    assert changes_to_given(an_index(there).given) == changes


@pytest.mark.parametrize(
    ("n", "words", "more"),
    [(1, "1 class has no usable", False), (2, "2 classes have no usable", False),
     (5, "5 classes have", False), (6, "6 classes have", True)],
)  # fmt: skip
def test_up_to_five_classes_that_a_split_lacks_are_named(n, words, more):
    index = an_index(*[(1, 1, 0)] * n, (1, 1, 1))
    positions = np.array([SPLITS.index(name) for name in index.given.splits])
    splits = {name: np.flatnonzero(positions == i) for i, name in enumerate(SPLITS)}
    with pytest.raises(DataError, match="in the test split") as caught:
        check_classes(index, splits)
    assert words in caught.value.message
    assert ("…" in caught.value.message) == more
    assert f"class-{min(n, 5) - 1}" in caught.value.message
    assert "class-5" not in caught.value.message


@pytest.mark.parametrize(
    ("n", "shares", "kept"),
    [
        (10, (0.7, 0.2, 0.1), (7, 2, 1)), (10, (0.1, 0.2, 0.7), (1, 2, 7)),
        (4, (0.7, 0.2, 0.1), (2, 1, 1)), (3, (0.9, 0.05, 0.05), (1, 1, 1)),
        (30, (0.5, 0.25, 0.25), (14, 8, 8)),
    ],
)  # fmt: skip
def test_shares_that_are_asked_for_divide_each_class(n, shares, kept):
    index = an_index((n, 0, 0), (10, 0, 0))
    splits = split(index, None, seed=0, choices=Choices(shares=shares))
    assert counts(index, splits)[0] == kept
    rows = np.concatenate([splits[name] for name in SPLITS])
    assert sorted(rows.tolist()) == list(range(n + 10))


def test_with_groups_chance_divides_in_thirds_or_holds_out_a_fifth():
    alone = Choices(groups=r"(.*)")
    index = replace(an_index((30, 0, 0), (60, 0, 0)), given=None)
    splits = split(index, None, seed=0, choices=alone)
    assert counts(index, splits) == [(10, 10, 10), (20, 20, 20)]
    index = an_index((30, 0, 6), (60, 0, 6))
    assert counts(index, split(index, None, seed=0, choices=alone)) == [(24, 6, 6), (48, 12, 6)]


@pytest.mark.parametrize("limit", [1, 2])
def test_fewer_than_a_picture_a_split_is_refused(limit):
    with pytest.raises(DataError, match="leaves a split empty"):
        split(an_index((1, 1, 1), (1, 1, 1)), limit, seed=0)
