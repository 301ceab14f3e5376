"""Labels are called into question as cleanlab does, and planted errors are found."""

import numpy as np
import pytest
import torch

from training.engine.confident_learning import held_out_probabilities, suspects


def a_problem(seed, n=300, k=4):
    dice = np.random.default_rng(seed)
    labels = dice.integers(0, k, n)
    scores = dice.normal(0, 1, (n, k))
    scores[np.arange(n), labels] += 1.5
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return labels, probabilities


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_counts_and_suspects_are_those_of_cleanlab(seed):
    count = pytest.importorskip("cleanlab.count")
    labels, probabilities = a_problem(seed)
    theirs, places = count.compute_confident_joint(
        labels, probabilities, calibrate=False, return_indices_of_off_diagonals=True
    )
    ours = suspects(labels, probabilities)
    counts = ours.joint.copy()
    np.fill_diagonal(counts, counts.diagonal().clip(min=1))  # cleanlab’s own guard
    assert counts.tolist() == theirs.tolist()
    assert sorted(ours.places.tolist()) == sorted(places.tolist())
    assert len(ours.places) > 10


def test_the_least_doubtful_come_first():
    found = suspects(*a_problem(0))
    assert found.margins.tolist() == sorted(found.margins.tolist(), reverse=True)


def planted(n_wrong=6, n=150):
    dice = torch.Generator().manual_seed(0)
    truth = torch.arange(n) % 3
    features = torch.randn(n, 8, generator=dice)
    features[torch.arange(n), truth] += 6
    labels = truth.clone()
    labels[:n_wrong] = (truth[:n_wrong] + 1) % 3
    return features, labels.numpy(), truth.numpy()


def test_planted_errors_are_found_with_the_right_class_and_hardly_anything_else():
    features, labels, truth = planted()
    found = suspects(labels, held_out_probabilities(features, labels, 3, seed=0))
    assert len(set(range(6)) & set(found.places.tolist())) >= 5
    assert len(found.places) <= 8
    right = [a == truth[i] for i, a in zip(found.places, found.answers, strict=True) if i < 6]
    assert all(right)


def test_without_errors_hardly_any_label_is_doubted():
    features, labels, _ = planted(0)
    assert len(suspects(labels, held_out_probabilities(features, labels, 3, 0)).places) <= 2


def test_no_head_has_seen_the_picture_that_it_judges():
    """Features that say nothing can't repeat the labels, however many there are."""
    dice = torch.Generator().manual_seed(1)
    labels = np.arange(60) % 2
    found = held_out_probabilities(torch.randn(60, 200, generator=dice), labels, 2, seed=0)
    assert 0.3 < (found.argmax(1) == labels).mean() < 0.7
