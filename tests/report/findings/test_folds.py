"""What is said of folds: intervals, tests, and no word of seeds."""

import pytest
from in_memory import a_dataset, a_run, a_spec, a_view, said, validated
from scipy import stats

from report.evidence import accuracy
from report.evidence.resampling import corrected_interval, corrected_t, joined, min_f_of_answers
from report.evidence.statistics import paired_t, student_interval, wilson_interval
from report.findings import caveats, comparing, data, grid, learning, notices, scores
from training.records import FoldCounts

A, B = "transfer/best", "scratch/best"
K = 5
FOLDS = tuple(
    FoldCounts(n_train=n, n_validation=100 - n, train=[n // 2] * 2, validation=[50 - n // 2] * 2)
    for n in (80, 80, 80, 80, 80)
)


def a_pool(**fields):
    return a_dataset(train=(40, 40), validation=(10, 10), folds=FOLDS, **fields)


def over_folds(name, rights, n=100, first_right=0):
    """Return a run a fold, each with so many test pictures named rightly, from a place on."""
    found = []
    for fold, right in enumerate(rights, 1):
        guesses = [0 if first_right <= i < first_right + right else 1 for i in range(n)]
        spec = a_spec(folds=K, fold=fold, seed=fold - 1)
        found.append(a_run(name, seed=fold - 1, spec=spec, answers=([0] * n, guesses)))
    return found


def view(*runs):
    return a_view(*runs, dataset=a_pool(), settings={"folds": K})


RIGHTS = [80, 81, 80, 82, 80]


def verdict(first, second):
    return comparing.compare(view(*first, *second), A, B)[0]


@pytest.mark.parametrize("rights", [RIGHTS, [60, 95, 70, 90, 85]])
def test_the_interval_is_joined_from_wilsons_and_the_corrected_one(rights):
    found = accuracy.tested_accuracy(view(*over_folds(A, rights)), A)
    values, mean = [r / 100 for r in rights], sum(rights) / K / 100
    wilson, corrected = wilson_interval(100 * mean, 100), corrected_interval(values, 80, 100)
    assert corrected[0] < student_interval(values)[0]
    expected = [joined(mean, *ends) for ends in zip(wilson, corrected, strict=True)]
    assert (found.low.value, found.high.value) == pytest.approx(expected)
    assert found.low.value < min(wilson[0], corrected[0])
    assert found.over_folds
    assert "corrected_low(mean(dataset.json#/folds/0/n_train," in found.low.source


def test_the_interval_of_validation_is_corrected_for_a_folds_pictures():
    runs = [a_run(A, seed=i, spec=a_spec(folds=K, fold=i + 1), validation=value)
            for i, value in enumerate((0.8, 0.85, 0.75, 0.8, 0.9))]  # fmt: skip
    low, high = accuracy.validation_interval(view(*runs), A)
    expected = corrected_interval([0.8, 0.85, 0.75, 0.8, 0.9], 80, 20)
    assert (low.value, high.value) == pytest.approx(expected)


def test_a_difference_needs_both_tests_and_the_larger_p_counts():
    first, second = over_folds(A, [r + 12 for r in RIGHTS]), over_folds(B, RIGHTS)
    both = view(*first, *second)
    ((_, differs, p),) = comparing.tests_against(
        accuracy.tested_accuracy(both, A), [accuracy.tested_accuracy(both, B)]
    )
    shares = [[right / 100 for right in rights] for rights in ([r + 12 for r in RIGHTS], RIGHTS)]
    of_folds = corrected_t(*shares, 80, 100)
    label = [0] * 100
    answers = [run.predictions.predicted for run in (*first, *second)]
    of_both = min_f_of_answers(label, answers, 100 / 80)
    assert p.value == max(of_folds, of_both) < 0.05
    assert differs
    sentence = verdict(first, second)
    assert "is 12.0 points better" in str(sentence)
    assert "corrected resampled t test over 5 folds, p" in str(sentence)
    assert "min F′ over folds and test pictures, p" in str(sentence)


def test_folds_that_agree_on_few_pictures_decide_nothing():
    """Each fold is better by the same two pictures: sure over folds, not over pictures."""
    sentence = verdict(over_folds(A, [82] * K), over_folds(B, [80] * K))
    assert sentence.strength == "weak"
    assert "can’t be told" in str(sentence)
    assert "folds, p\u00a0<\u00a00.001" in str(sentence)


def test_folds_that_scatter_decide_nothing_though_pictures_would():
    gains = (30, -4, 34, -2, 22)
    first, second = over_folds(A, [60 + gain for gain in gains]), over_folds(B, [60] * K)
    shares = [sum(i < 60 + gain for gain in gains) / K - (i < 60) for i in range(100)]
    assert stats.ttest_1samp(shares, 0).pvalue < 0.01
    assert verdict(first, second).strength == "weak"


def test_two_folds_are_held_against_each_other_by_mcnemars_test():
    sentence = verdict(over_folds(A, [90, 91]), over_folds(B, [60, 61]))
    assert "exact McNemar test for each fold" in str(sentence)


def validating(name, accuracies):
    found = []
    for i, share in enumerate(accuracies):
        right = round(20 * share)
        guesses = [0] * right + [1] * (20 - right)
        spec = a_spec(folds=K, fold=i + 1, seed=i, learning_rate=1e-3)
        kept = validated([0] * 20, guesses, 2)
        found.append(a_run(name, seed=i, spec=spec, validation=share, validation_answers=kept))
    return found


def test_a_grids_lead_is_tested_with_the_ratio_of_a_folds_pictures():
    first, second = [0.9, 0.95, 0.9, 0.85, 0.95], [0.8, 0.75, 0.85, 0.8, 0.75]
    both = view(*validating("scratch/grid-sgd-1e-3", first),
                *validating("scratch/grid-adam-1e-3", second))  # fmt: skip
    text = said(grid.best_pair(both, "scratch/grid"))
    p = corrected_t(first, second, 80, 20)
    assert p > 0.05 > paired_t(first, second)
    assert f"corrected resampled t test over 5 folds, p = {p:.3f}, so the order" in text
    assert "12 of 100 pictures" in text
    assert "seed" not in text


def test_sentences_speak_of_folds_and_not_of_seeds():
    every = view(*over_folds(A, RIGHTS), *over_folds(B, [r - 20 for r in RIGHTS]))
    found = accuracy.tested_accuracy(every, A)
    run = every.runs(A)[0]
    text = said([
        *caveats.caveats(every), *caveats.next_steps(every), *scores.rules_over_seeds(every),
        *learning.first_of_seeds(every, run), *data.task(every), *data.split_source(every),
        *notices.seed_notices(every, every.listed), verdict(every.runs(A), every.runs(B)),
    ]) + "".join(part.text for part in scores.accuracy_parts(found))  # fmt: skip
    assert "mean of 5 folds" in text
    assert "once for each of 5 folds" in text
    assert "with one random start" not in text
    assert "that of fold 1, one of 5" in text
    assert "100 pictures in 5 folds" in text
    assert "seeds" not in text.replace("fixed seed", "")


def test_without_folds_nothing_is_said_of_them():
    plain = a_view(a_run(A, tested=(80, 100)), dataset=a_dataset())
    text = said([*caveats.caveats(plain), *scores.rules_over_seeds(plain), *data.task(plain),
                 *data.split_source(plain)])  # fmt: skip
    assert "fold" not in text


def test_a_missing_fold_is_named():
    every = view(*over_folds(A, RIGHTS[:4]))
    text = said(notices.seed_notices(every, every.listed))
    assert "Not all of the 5 folds have a result" in text
