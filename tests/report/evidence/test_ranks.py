"""Rank correlations are scipy's, and their p-values nearly the exact ones."""

import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from report.evidence.ranks import rank_correlation, rank_correlation_p


@pytest.mark.parametrize("n", [5, 40])
def test_it_is_that_of_scipy_with_ties_too(n):
    dice = np.random.default_rng(n)
    first, second = dice.integers(0, 9, n).tolist(), dice.random(n).tolist()
    assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic)


def test_values_that_are_all_equal_go_with_nothing():
    assert rank_correlation([1, 1, 1], [1, 2, 3]) == 0
    assert rank_correlation_p([1, 1, 1], [1, 2, 3]) == 1


def test_p_is_the_share_of_all_orders_that_are_as_far_from_zero():
    first, second = [1, 2, 3, 4, 5, 6], [2, 1, 4, 3, 6, 5]
    here = abs(spearmanr(first, second).statistic)
    orders = list(itertools.permutations(second))
    centred = np.array(orders) - 3.5
    far = np.abs(centred @ (np.array(first) - 3.5)) / 17.5 >= here - 1e-9
    assert rank_correlation_p(first, second) == pytest.approx(far.mean(), abs=0.01)
    assert rank_correlation_p(first, second) == rank_correlation_p(first, second)
