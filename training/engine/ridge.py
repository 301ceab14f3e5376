"""A linear head in closed form: ridge regression onto the classes."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

ROWS = 4096
"""Pictures scored at a time."""


def ridge_heads(
    features: Tensor, labels: Tensor, n_classes: int, strengths: Sequence[float]
) -> Iterator["RidgeHead"]:
    """Yield a head for each strength of the penalty.

    Each class's score is a regression onto 1 for its pictures and 0 for others; the highest is the
    answer. Solved among the pictures or among the features, whichever are fewer.

    Args:
        features: (n, d) float.
        labels: (n,) int64, below `n_classes`.
        strengths: Of the penalty, relative to the mean squared length of the centred features.
    """
    x, mean = _centred(features)
    targets = torch.nn.functional.one_hot(labels, n_classes).to(x)
    offset = targets.mean(0)
    n, d = x.shape
    few_pictures = n <= d
    gram = x @ x.T if few_pictures else x.T @ x
    scale = gram.diagonal().sum().clamp(min=1e-12) / n
    unit = torch.eye(len(gram), dtype=gram.dtype)
    for strength in strengths:
        factor = torch.linalg.cholesky(gram + strength * scale * unit)
        right = targets - offset if few_pictures else x.T @ (targets - offset)
        solved = torch.cholesky_solve(right, factor)
        yield RidgeHead(x.T @ solved if few_pictures else solved, mean, offset)


def _centred(features: Tensor) -> tuple[Tensor, Tensor]:
    x = features.to(torch.float64)
    mean = x.mean(0)
    return x - mean, mean


class RidgeHead:
    """A linear head.

    Args:
        weights: (d, classes).
        mean: Of the features, (d,).
        offset: Of the scores, (classes,).
    """

    def __init__(self, weights: Tensor, mean: Tensor, offset: Tensor) -> None:
        self.weights, self.mean, self.offset = weights, mean, offset

    def scores(self, features: Tensor) -> Tensor:
        """Return each class's score for each of the features (n, d), float64 (n, classes)."""
        return (features.to(torch.float64) - self.mean) @ self.weights + self.offset

    def answers(self, features: Tensor) -> Tensor:
        """Return the class of the highest score for each of the features (n, d)."""
        found = [self.scores(rows).argmax(1) for rows in torch.split(features, ROWS)]
        return torch.cat(found) if found else torch.zeros(0, dtype=torch.int64)
