"""Heads on parts of the train split: which pictures, and which choice."""

import numpy as np
import torch

from training.run.learning_curve import STRENGTHS, curve_points, drawn


def features(n_each, seed, shift=3.0):
    """Return features of three classes that lie apart, some more of the second class."""
    dice = torch.Generator().manual_seed(seed)
    labels = torch.tensor([0] * n_each + [1] * (2 * n_each) + [2] * n_each)
    x = torch.randn(len(labels), 6, generator=dice)
    x[torch.arange(len(labels)), labels] += shift
    return x, labels


def splits(n_train=12):
    return {"train": features(n_train, 0), "validation": features(20, 1), "test": features(30, 2)}


def test_as_many_pictures_of_each_class_are_drawn():
    labels = np.array([0] * 5 + [1] * 9 + [2] * 2)
    rows = drawn(labels, 3, 4, (0, 4, 1))
    assert np.bincount(labels[rows]).tolist() == [4, 4, 2]
    assert len(set(rows.tolist())) == len(rows)


def test_draws_differ_and_are_the_same_each_time():
    labels = np.zeros(40, np.int64)
    first, again, other = (drawn(labels, 1, 5, (0, 5, draw)).tolist() for draw in (1, 1, 2))
    assert first == again != other


def test_numbers_that_most_classes_lack_are_skipped():
    points, skipped = curve_points(splits(), 3, (2, 12, 13, 24, 25), seed=0)
    assert skipped == [13, 24, 25]
    assert [(p.per_class, p.draw, p.n_train) for p in points] == [
        (2, 1, 6), (2, 2, 6), (2, 3, 6), (12, 1, 36), (12, 2, 36), (12, 3, 36),
    ]  # fmt: skip


def test_more_pictures_give_more_and_counts_are_within_the_splits():
    points, _ = curve_points(splits(), 3, (1, 12), seed=0)
    few, many = (sum(p.test_correct for p in points if p.per_class == n) for n in (1, 12))
    assert few < many <= 3 * 120
    assert all(0 <= p.validation_correct <= 80 for p in points)


def test_the_strength_is_chosen_on_validation_alone():
    given = splits()
    points, _ = curve_points(given, 3, (3,), seed=0)
    x, labels = given["test"]
    spoiled = given | {"test": (x, labels.flip(0))}
    others, _ = curve_points(spoiled, 3, (3,), seed=0)
    assert [p.strength for p in points] == [p.strength for p in others]
    assert {p.strength for p in points} <= set(STRENGTHS)
    assert [p.test_correct for p in points] != [p.test_correct for p in others]
