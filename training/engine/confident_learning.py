"""Which labels a model trained on the other pictures contradicts: confident learning.

After Northcutt, Jiang and Chuang (2021), Journal of Artificial Intelligence Research 70.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.engine.ridge import ridge_heads

FOLDS = 5

STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)
"""Of the heads' penalty; that with the most right answers to held-out pictures counts."""

SHARPNESS = tuple(float(2**i) for i in range(9))
"""Factors of the scores before the softmax, of which the likeliest counts."""


@dataclass(frozen=True)
class Suspects:
    """What confident learning says of some labels.

    Attributes:
        joint: Pictures of each label (row) that are confidently of each class (column), (K, K).
        places: Of the pictures that are confidently of another class, the least doubtful first.
        answers: That class of each.
        margins: Its probability less that of the label.
    """

    joint: NDArray[np.int64]
    places: NDArray[np.int64]
    answers: NDArray[np.int64]
    margins: NDArray[np.float64]


def suspects(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> Suspects:
    """Find the labels that probabilities confidently contradict.

    A picture is confidently of a class whose probability is at least the mean that pictures with
    that label give it; of several such classes the likeliest of all counts.

    Args:
        labels: (N,).
        probabilities: (N, K), of models that weren't fitted on the picture.
    """
    n_classes = probabilities.shape[1]
    own = probabilities[np.arange(len(labels)), labels]
    sizes = np.bincount(labels, minlength=n_classes)
    means = np.bincount(labels, weights=own, minlength=n_classes) / np.maximum(sizes, 1)
    confident = (probabilities >= means - 1e-6) & (sizes > 0)
    count = confident.sum(1)
    guess = np.where(count > 1, probabilities.argmax(1), confident.argmax(1))
    sure = count > 0
    joint = np.zeros((n_classes, n_classes), np.int64)
    np.add.at(joint, (labels[sure], guess[sure]), 1)
    places = np.flatnonzero(sure & (guess != labels))
    margins = probabilities[places, guess[places]] - own[places]
    order = np.argsort(-margins, kind="stable")
    return Suspects(joint, places[order], guess[places][order], margins[order])


def held_out_probabilities(
    features: Tensor, labels: NDArray[np.int64], n_classes: int, seed: int
) -> NDArray[np.float64]:
    """Return each picture's class probabilities by a linear head fitted on other folds, (N, K).

    Args:
        features: (N, d).
        labels: (N,).
    """
    folds = _folds(labels, n_classes, seed)
    truth = torch.from_numpy(labels)
    scores = torch.zeros(len(STRENGTHS), len(labels), n_classes, dtype=torch.float64)
    for fold in range(FOLDS):
        held_out = torch.from_numpy(folds == fold)
        heads = ridge_heads(features[~held_out], truth[~held_out], n_classes, STRENGTHS)
        for place, head in enumerate(heads):
            scores[place, held_out] = head.scores(features[held_out])
    n_right = (scores.argmax(2) == truth).sum(1)
    best = scores[int(n_right.argmax())]
    likely = [
        float(torch.nn.functional.cross_entropy(factor * best, truth)) for factor in SHARPNESS
    ]
    sharpness = SHARPNESS[int(np.argmin(likely))]
    found: NDArray[np.float64] = (sharpness * best).softmax(1).numpy()
    return found


def _folds(labels: NDArray[np.int64], n_classes: int, seed: int) -> NDArray[np.int64]:
    """Deal the pictures of each class out to the folds at random."""
    dice = np.random.Generator(np.random.PCG64(seed))
    folds = np.zeros(len(labels), np.int64)
    for index in range(n_classes):
        own = dice.permutation(np.flatnonzero(labels == index))
        folds[own] = (np.arange(len(own)) + dice.integers(FOLDS)) % FOLDS
    return folds
