"""Statistics over folds, held to SciPy's and to the plain formula."""

import math

import numpy as np
import pytest
from scipy import stats

from report.evidence.resampling import corrected_interval, corrected_t, pictures_t

FIRST = [0.81, 0.84, 0.79, 0.86, 0.83]
SECOND = [0.78, 0.82, 0.80, 0.80, 0.79]


def test_without_the_correction_it_is_scipys_paired_t_test():
    assert corrected_t(FIRST, SECOND, 100, 0) == pytest.approx(
        stats.ttest_rel(FIRST, SECOND).pvalue
    )
    low, high = corrected_interval(FIRST, 100, 0)
    expected = stats.t.interval(0.95, 4, np.mean(FIRST), stats.sem(FIRST))
    assert (low, high) == pytest.approx(expected)


@pytest.mark.parametrize(("n_train", "n_held_out"), [(80, 20), (400, 100), (300, 250)])
def test_the_variance_counts_one_in_k_plus_tested_over_trained(n_train, n_held_out):
    differences = np.subtract(FIRST, SECOND)
    error = np.sqrt(np.var(differences, ddof=1) * (1 / 5 + n_held_out / n_train))
    expected = 2 * stats.t.sf(abs(differences.mean()) / error, df=4)
    assert corrected_t(FIRST, SECOND, n_train, n_held_out) == pytest.approx(expected)
    assert corrected_t(SECOND, FIRST, n_train, n_held_out) == pytest.approx(expected)
    error = np.std(FIRST, ddof=1) * np.sqrt(1 / 5 + n_held_out / n_train)
    half = stats.t.ppf(0.975, 4) * error
    low, high = corrected_interval(FIRST, n_train, n_held_out)
    assert (low, high) == pytest.approx((np.mean(FIRST) - half, min(1, np.mean(FIRST) + half)))


def test_of_five_folds_the_usual_ratio_is_one_in_four():
    """Nadeau and Bengio's factor for k folds: 1/5 + 1/4, by which t is 1.5 times smaller."""
    plain = stats.ttest_rel(FIRST, SECOND).statistic
    expected = 2 * stats.t.sf(plain / 1.5, df=4)
    assert corrected_t(FIRST, SECOND, 80, 20) == pytest.approx(expected)


def test_without_spread_only_a_difference_decides():
    assert corrected_t([0.5] * 3, [0.5] * 3, 80, 20) == 1.0
    assert corrected_t([0.6] * 3, [0.5] * 3, 80, 20) == 0.0
    assert corrected_interval([1.0] * 3, 80, 20) == (1.0, 1.0)


def test_the_interval_stays_a_share():
    low, high = corrected_interval([0.0, 1.0, 0.9], 80, 20)
    assert (low, high) == (0.0, 1.0)


def test_the_test_over_pictures_is_scipys_of_their_shares():
    dice = np.random.default_rng(0)
    label = dice.integers(0, 4, 60)
    answers = [np.where(dice.random(60) < p, label, (label + 1) % 4) for p in [0.8] * 3 + [0.6] * 3]
    right = [(each == label).astype(float) for each in answers]
    first, second = np.mean(right[:3], axis=0), np.mean(right[3:], axis=0)
    expected = stats.ttest_rel(first, second).pvalue
    found = pictures_t(label.tolist(), *(each.tolist() for each in answers))
    assert found == pytest.approx(expected)
    assert math.isclose(found, pictures_t(label.tolist(), *map(list, answers[3:] + answers[:3])))
