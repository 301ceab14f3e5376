"""A linear head in closed form is scikit-learn's ridge regression."""

import pytest
import torch

from training.engine.ridge import ridge_heads

pytest.importorskip("sklearn")

from sklearn.linear_model import Ridge

STRENGTHS = (1e-3, 1e-1, 10.0)


@pytest.mark.parametrize(("n", "d"), [(12, 30), (60, 7), (8, 8)])
def test_its_scores_are_those_of_scikit_learn(n, d):
    dice = torch.Generator().manual_seed(n)
    x = torch.randn(n, d, generator=dice) + 3
    labels = torch.arange(n) % 3
    asked = torch.randn(50, d, generator=dice) + 3
    targets = torch.nn.functional.one_hot(labels, 3).double()
    spread = float(((x.double() - x.double().mean(0)) ** 2).sum() / n)
    for strength, head in zip(STRENGTHS, ridge_heads(x, labels, 3, STRENGTHS), strict=True):
        theirs = Ridge(alpha=strength * spread, solver="cholesky").fit(x.double(), targets)
        scores = (asked.double() - head.mean) @ head.weights + head.offset
        assert scores.numpy() == pytest.approx(theirs.predict(asked.double()), abs=1e-8)
        assert head.answers(asked).tolist() == theirs.predict(asked.double()).argmax(1).tolist()


def test_features_that_are_all_equal_are_no_obstacle():
    (head,) = ridge_heads(torch.ones(4, 3), torch.tensor([0, 0, 0, 1]), 2, [1e-3])
    assert head.answers(torch.ones(5, 3)).tolist() == [0] * 5
    assert head.answers(torch.ones(0, 3)).tolist() == []
