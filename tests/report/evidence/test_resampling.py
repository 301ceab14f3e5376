"""Statistics over folds, held to SciPy's and to the plain formula."""

import numpy as np
import pytest
from scipy import stats

from report.evidence.resampling import (
    corrected_interval,
    corrected_t,
    joined,
    min_f,
    min_f_of_answers,
)

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


def drawn(odds, n=60, seed=0):
    dice = np.random.default_rng(seed)
    label = dice.integers(0, 4, n)
    return label, [np.where(dice.random(n) < p, label, (label + 1) % 4) for p in odds]


@pytest.mark.parametrize("ratio", [0.0, 0.25])
def test_min_f_is_clarks_of_two_paired_t_tests(ratio):
    """Clark (1973): F1 F2 / (F1 + F2), of F over trainings and χ² over pictures."""
    label, answers = drawn([0.8, 0.7, 0.9, 0.6, 0.6, 0.5])
    right = np.array([(each == label).astype(float) for each in answers])
    gains = right[:3] - right[3:]
    over_trainings = stats.ttest_1samp(gains.mean(1), 0).statistic ** 2 / (1 + 3 * ratio)
    shares = gains.mean(0)
    over_pictures = (abs(shares.sum()) - 1) ** 2 / (shares**2).sum()
    f = over_trainings * over_pictures / (over_trainings + over_pictures)
    freedom = (over_trainings + over_pictures) ** 2 / (
        over_trainings**2 / 59 + over_pictures**2 / 2
    )
    expected = stats.f.sf(f, 1, freedom)
    found = min_f_of_answers(label.tolist(), [each.tolist() for each in answers], ratio)
    assert found == pytest.approx(expected)
    turned = [each.tolist() for each in answers[3:] + answers[:3]]
    assert min_f_of_answers(label.tolist(), turned, ratio) == pytest.approx(expected)
    assert min_f(right.astype(int).tolist(), ratio) == pytest.approx(expected)


@pytest.mark.parametrize(("only_first", "only_second"), [(4, 0), (6, 0), (12, 3), (40, 24), (3, 3)])
def test_where_trainings_agree_min_f_is_mcnemars_test(only_first, only_second):
    """With Edwards's correction it comes close to the exact one, which is SciPy's binomial test."""
    n = 1000
    first = [1] * only_first + [0] * (n - only_first)
    second = [0] * only_first + [1] * only_second + [0] * (n - only_first - only_second)
    exact = stats.binomtest(only_first, only_first + only_second).pvalue
    assert min_f([first] * 3 + [second] * 3) == pytest.approx(exact, abs=0.015)


def test_min_f_of_models_without_spread():
    assert min_f([[1, 0, 1]] * 6) == 1.0
    assert min_f([[1] * 100] * 3 + [[0] * 100] * 3) < 1e-9


def test_distances_to_the_ends_of_intervals_are_joined_by_squares():
    assert joined(0.5, 0.47, 0.46) == pytest.approx(0.45)
    assert joined(0.5, 0.54, 0.53) == pytest.approx(0.55)
    assert joined(0.5, 0.4, 0.5) == pytest.approx(0.4)
    assert (joined(0.02, 0.0, 0.0), joined(0.98, 1.0, 1.0)) == (0.0, 1.0)
    assert (joined(0.0, 0.0, 0.0), joined(1.0, 1.0, 1.0)) == (0.0, 1.0)
