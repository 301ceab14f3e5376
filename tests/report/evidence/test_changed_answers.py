"""Answers to changed pictures: held to SciPy, with the error rate that the test promises."""

import numpy as np
import pytest
from scipy import stats

from report.evidence.changed_answers import (
    mean_gain,
    mean_gain_interval,
    mean_gain_p,
    right_of,
)
from report.evidence.statistics import right_bits

N = 41


def written(right):
    return right_of([1] * len(right), [int(r) for r in right])


def drawn(seed, chance=(0.6, 0.7), n=N, tests=5):
    """Return whether each of n pictures is named rightly in some tests, by two models."""
    rng = np.random.default_rng(seed)
    hard = rng.uniform(-0.2, 0.2, n)  # a picture that is hard is so in every test
    return [rng.uniform(size=(tests, n)) < p + hard for p in chance]


@pytest.mark.parametrize("n", [1, 4, 5, N])
def test_right_answers_are_written_as_records_write_them(n):
    label = np.arange(n) % 3
    predicted = np.where(np.arange(n) % 2, label, 9)
    digits = -(-n // 4)
    assert right_of(label, predicted) == np.packbits(label == predicted).tobytes().hex()[:digits]
    assert right_bits(right_of(label, label)).bit_count() == n


def test_the_gain_its_interval_and_p_are_those_of_scipy():
    mine, theirs = drawn(0)
    rights = [written(test) for test in (*mine, *theirs)]
    paired = stats.ttest_rel(mine.mean(0), theirs.mean(0))
    assert mean_gain(N, *rights) == pytest.approx(mine.mean() - theirs.mean())
    assert mean_gain_p(N, *rights) == pytest.approx(paired.pvalue)
    interval = paired.confidence_interval(0.95)
    assert mean_gain_interval(N, *rights) == pytest.approx((interval.low, interval.high))


def test_equally_good_models_are_told_apart_in_one_of_twenty_studies():
    """Tests of the same pictures agree; counting each as one would find differences everywhere."""
    found = 0
    for seed in range(400):
        mine, theirs = drawn(seed, chance=(0.6, 0.6), n=30)
        found += mean_gain_p(30, *map(written, (*mine, *theirs))) < 0.05
    assert 8 <= found <= 33  # 99.9 % of studies would give so many of 400
