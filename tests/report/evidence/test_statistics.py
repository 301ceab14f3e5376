"""Statistics, held to scipy and to published examples."""

import itertools
import math
import random

import numpy as np
import pytest
from scipy.stats import binom, binomtest, chi2_contingency, sem, t, ttest_rel

from report.evidence.statistics import (
    class_accuracy,
    confused,
    discordant,
    guessing_limit,
    mcnemar_exact,
    n_perfect,
    newcombe_interval,
    of_classes,
    only_first_right,
    paired_interval,
    paired_t,
    student_interval,
    two_shares,
    wilson_interval,
)
from training.holm import holm


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


def test_confusions_have_a_direction():
    label, predicted = [0, 0, 0, 1, 1, 2], [0, 1, 1, 0, 1, 0]
    counts = {(t, p): confused(label, predicted, t, p) for t in range(3) for p in range(3)}
    assert {pair: n for pair, n in counts.items() if n} == {
        (0, 0): 1, (0, 1): 2, (1, 0): 1, (1, 1): 1, (2, 0): 1}  # fmt: skip


def test_a_class_is_perfect_without_a_single_mistake():
    assert n_perfect([0, 0, 1, 1, 2], [0, 0, 1, 0, 2]) == 2
    assert n_perfect([0, 1], [1, 0]) == 0
    assert n_perfect([], []) == 0


def test_answers_to_different_pictures_are_refused():
    with pytest.raises(ValueError, match="different lengths"):
        discordant([1, 2], [1, 2], [1])


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((56, 70, 48, 80), (0.0428, 0.3422)),
        ((9, 10, 3, 10), (0.1013, 0.8387)),
        ((6, 7, 2, 7), (-0.0290, 0.8423)),
        ((10, 10, 0, 20), (0.6014, 1.0000)),
        ((0, 10, 0, 20), (-0.2005, 0.3445)),
    ],
)
def test_newcombe_interval_is_that_of_his_table(counts, expected):
    # R. G. Newcombe, Statistics in Medicine 17, 1998, table II, method 11.
    assert newcombe_interval(*counts) == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize("counts", [(30, 70, 12, 60), (0, 5, 5, 5), (1, 1, 0, 1), (99, 100, 1, 99)])
def test_newcombe_interval_is_made_of_scipys(counts):
    (a, n), (b, m) = counts[:2], counts[2:]
    first, second = (
        binomtest(k, of).proportion_ci(method="wilsoncc") for k, of in ((a, n), (b, m))
    )
    gap = a / n - b / m
    below = math.hypot(a / n - first.low, second.high - b / m)
    above = math.hypot(first.high - a / n, b / m - second.low)
    assert newcombe_interval(*counts) == pytest.approx((gap - below, gap + above), abs=1e-9)


@pytest.mark.parametrize(
    "counts", [(30, 70, 12, 60), (0, 5, 5, 5), (99, 100, 1, 99), (81, 138, 42, 251), (5, 9, 5, 9)]
)
def test_two_shares_are_tested_as_by_scipy(counts):
    (a, n), (b, m) = counts[:2], counts[2:]
    expected = chi2_contingency([[a, n - a], [b, m - b]], correction=True).pvalue
    assert two_shares(*counts) == pytest.approx(expected, rel=1e-9)
    assert two_shares(*counts[2:], *counts[:2]) == two_shares(*counts)


@pytest.mark.parametrize("share", [0, 1])
def test_two_shares_of_nothing_or_all_dont_differ(share):
    assert two_shares(share * 7, 7, share * 30, 30) == 1.0


def test_pictures_of_some_classes_are_taken_by_their_labels():
    assert of_classes([9, 8, 7, 6], [0, 1, 2, 1], [1, 5]) == [8, 6]


@pytest.mark.parametrize("p", [0.05, 0.5, 0.7, 0.95])
@pytest.mark.parametrize(("n", "m"), [(100, 100), (60, 150)])
def test_newcombe_interval_leaves_zero_out_in_at_most_five_of_a_hundred_without_a_difference(
    n, m, p
):
    first, second = (binom.pmf(range(of + 1), of, p) for of in (n, m))
    claimed = 0.0
    for a, b in itertools.product(range(n + 1), range(m + 1)):
        low, high = newcombe_interval(a, n, b, m)
        claimed += first[a] * second[b] * (not low <= 0 <= high)
    assert 0.005 < claimed <= 0.05


@pytest.mark.parametrize(
    ("sizes", "least"), [((40, 40, 40), 0.005), ((90, 20, 10), 0.005), ((50, 0, 70), 0)]
)
def test_answers_that_ignore_the_picture_seldom_pass_the_limit(sizes, least):
    """By chance in one of forty, however uneven; less often with a class that has no pictures."""
    dice = np.random.default_rng(0)
    label = np.repeat(range(3), sizes)
    passed = 0
    for _ in range(2000):
        answers = dice.permutation(dice.choice(3, len(label), p=dice.dirichlet((1, 1, 1))))
        given = np.bincount(answers, minlength=3)
        right = np.bincount(label[answers == label], minlength=3)
        passed += class_accuracy(right, sizes) > guessing_limit(given, sizes)
    assert least <= passed / 2000 < 0.04


def test_the_limits_variance_is_that_of_shuffled_answers():
    dice, sizes, given = np.random.default_rng(1), (30, 12, 8), (25, 20, 5)
    label, answers = np.repeat(range(3), sizes), np.repeat(range(3), given)
    found = [
        class_accuracy(np.bincount(label[dice.permutation(answers) == label], minlength=3), sizes)
        for _ in range(20000)
    ]
    assert np.mean(found) == pytest.approx(1 / 3, abs=0.002)
    assert guessing_limit(given, sizes) == pytest.approx(1 / 3 + 1.96 * np.std(found), rel=0.01)


def test_one_answer_to_everything_is_chance_however_large_its_class():
    sizes = (90, 5, 5)
    assert class_accuracy((90, 0, 0), sizes) == guessing_limit((100, 0, 0), sizes) == 1 / 3
    assert class_accuracy((80, 3, 3), sizes) > guessing_limit((82, 9, 9), sizes)


def test_the_more_epochs_the_best_was_picked_from_the_higher_the_limit():
    limits = [guessing_limit((50, 50), (50, 50), n) for n in (1, 2, 30)]
    assert limits == sorted(set(limits))


@pytest.mark.parametrize(
    ("first", "second", "n"), [("f0", "0f", 4), ("ff", "ff", 0), ("", "", 0), ("9", "1", 1)]
)
def test_bits_are_compared_picture_by_picture(first, second, n):
    assert only_first_right(first, second) == n


def test_answers_to_different_numbers_of_pictures_are_not_compared():
    with pytest.raises(ValueError, match="different pictures"):
        only_first_right("f", "ff")


@pytest.mark.parametrize("values", [[0.8, 0.81], [0.7, 0.72, 0.69], [0.85, 0.86, 0.84, 0.9, 0.8]])
def test_student_interval_is_scipys(values):
    mean = sum(values) / len(values)
    expected = t.interval(0.95, len(values) - 1, loc=mean, scale=sem(values))
    clipped = (max(0.0, expected[0]), min(1.0, expected[1]))
    assert student_interval(values) == pytest.approx(clipped, abs=1e-12)


def test_paired_t_is_scipys():
    first, second = [0.85, 0.86, 0.84, 0.9], [0.84, 0.83, 0.84, 0.86]
    assert paired_t(first, second) == pytest.approx(ttest_rel(first, second).pvalue, rel=1e-9)
    assert paired_t(first, second) == paired_t(second, first)


def test_paired_t_without_a_difference_finds_none():
    assert paired_t([0.5, 0.6, 0.7], [0.5, 0.6, 0.7]) == 1.0


def test_holms_correction_is_that_of_the_textbook():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_families_without_a_difference_are_called_different_in_one_of_twenty_at_most():
    dice = np.random.default_rng(0)
    called = sum(min(holm(list(dice.random(8)))) < 0.05 for _ in range(4000))
    assert 0.03 * 4000 < called <= 0.058 * 4000


@pytest.mark.parametrize(("n", "first", "second"), [(60, 0.8, 0.7), (400, 0.9, 0.88)])
def test_the_paired_interval_holds_the_true_difference_in_nineteen_of_twenty(n, first, second):
    dice = np.random.default_rng(0)
    held = 0
    for _ in range(2000):
        common = dice.random(n)  # answers to one picture go together
        a, b = common < first, np.where(dice.random(n) < 0.7, common, dice.random(n)) < second
        low, high = paired_interval(int((a & ~b).sum()), int((b & ~a).sum()), n)
        held += low <= first - second <= high
    assert held >= 0.94 * 2000


def test_the_paired_interval_is_that_of_a_published_example():
    """`ci.prop.ps(.05, 12, 4, 26, 6)` of the R package statpsych gives 0.2548067 to 0.6251933."""
    assert paired_interval(26, 4, 48) == pytest.approx((0.2548067, 0.6251933), abs=1e-6)


def test_the_paired_interval_and_the_test_say_the_same():
    for only_first in range(40):
        for only_second in range(40):
            for n in (only_first + only_second + 1, 400):
                low, high = paired_interval(only_first, only_second, n)
                finds = mcnemar_exact(only_first, only_second) < 0.05
                assert (low > 0 or high < 0) == finds, (only_first, only_second, n)
                assert low <= (only_first - only_second) / n <= high
