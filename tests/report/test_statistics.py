"""The two statistics, held to scipy."""

import random

import pytest
from scipy.stats import binomtest

from report.statistics import discordant, mcnemar_exact, wilson_interval


@pytest.mark.parametrize(
    ("n_correct", "n"),
    [(0, 1), (1, 1), (0, 2893), (2893, 2893), (1580, 2893), (7, 12), (2450, 2893)],
)
def test_wilson_interval_is_scipys(n_correct, n):
    expected = binomtest(n_correct, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(n_correct, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_interval_narrows_with_more_pictures():
    few, many = wilson_interval(50, 100), wilson_interval(5000, 10000)
    assert many[1] - many[0] < few[1] - few[0]


@pytest.mark.parametrize(
    ("a", "b"), [(1, 0), (5, 5), (3, 17), (17, 3), (30, 54), (0, 895), (164, 199), (900, 1100)]
)
def test_mcnemar_is_scipys_binomial_test(a, b):
    expected = binomtest(a, a + b, 0.5).pvalue
    assert mcnemar_exact(a, b) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_without_a_disagreement_finds_no_difference():
    assert mcnemar_exact(0, 0) == 1.0


def test_mcnemar_is_symmetric_and_at_most_one():
    generator = random.Random(1)
    for _ in range(50):
        a, b = generator.randint(0, 400), generator.randint(0, 400)
        assert mcnemar_exact(a, b) == mcnemar_exact(b, a) <= 1


def test_only_pictures_that_one_model_gets_right_are_counted():
    label = [0, 1, 2, 3, 4]
    first = [0, 1, 9, 9, 9]
    second = [0, 9, 2, 3, 9]
    assert discordant(label, first, second) == (1, 2)


def test_answers_to_different_pictures_are_refused():
    with pytest.raises(ValueError, match="zip"):
        discordant([1, 2], [1, 2], [1])
