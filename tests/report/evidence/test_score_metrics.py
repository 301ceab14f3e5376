"""Metrics of scores are those of scikit-learn and torchmetrics, and their intervals hold."""

import time

import msgspec
import numpy as np
import pytest

from report.evidence.calibration import (
    N_STEPS,
    best_temperature,
    calibration,
    error_at,
    loss_at,
    n_bins,
)
from report.evidence.numbers import OPERATIONS
from report.evidence.score_metrics import METRICS, defined, metric, resampled
from training.records import SplitScores, encode_scores, read_scores

SMALL = 1e-6


def normalised(logits):
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def drawn(n=600, n_classes=12, seed=0, effect=1.5):
    """Draw scores of classes of uneven size; the last one has a picture and is never answered."""
    dice = np.random.default_rng(seed)
    shares = np.arange(1, n_classes) / sum(range(1, n_classes))
    label = np.sort(np.r_[dice.choice(n_classes - 1, n - 1, p=shares), n_classes - 1])
    logits = dice.normal(size=(n, n_classes))
    logits[np.arange(n), label] += effect
    logits[:, -1] -= 9
    return SplitScores(label.astype(np.int32), normalised(logits).astype(np.float16), n_classes)


def of_two(n=300, seed=0):
    dice = np.random.default_rng(seed)
    label = np.sort(dice.integers(0, 2, n))
    logits = dice.normal(size=(n, 2))
    logits[:, 1] += label * 1.2
    logits = np.round(logits, 1)  # some are equal
    return SplitScores(label.astype(np.int32), normalised(logits).astype(np.float16), 2)


def value(scores, name):
    return metric(scores, name)[0]


def probability(scores):
    return np.exp(scores.log_probability.astype(np.float64))


@pytest.fixture(params=[0, 1, 2])
def scores(request):
    return drawn(seed=request.param)


@pytest.fixture(params=[0, 1])
def two(request):
    return of_two(seed=request.param)


def test_they_are_those_of_scikit_learn(scores):
    metrics = pytest.importorskip("sklearn.metrics")
    label, columns = scores.label, scores.log_probability.astype(np.float64)
    answers, classes = columns.argmax(1), np.arange(12)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        label, answers, average="macro", zero_division=0
    )
    one = np.eye(12)[label]
    expected = {
        "mean_class_accuracy": metrics.balanced_accuracy_score(label, answers),
        "top5": metrics.top_k_accuracy_score(label, columns, k=5, labels=classes),
        "nll": -columns[np.arange(len(label)), label].mean(),
        "brier": ((probability(scores) - one) ** 2).sum(1).mean(),
        "macro_precision": precision,
        "macro_recall": recall,
        "macro_f1": f1,
    }
    assert {name: value(scores, name) for name in defined(scores)} == pytest.approx(
        expected, abs=SMALL
    )
    total = probability(scores).sum(1, keepdims=True)
    loss = metrics.log_loss(label, probability(scores) / total, labels=classes)
    assert loss_at(scores, 1.0) == pytest.approx(loss, abs=SMALL)


def test_those_of_two_classes_are_scikit_learns(two):
    metrics = pytest.importorskip("sklearn.metrics")
    columns = two.log_probability.astype(np.float64)
    difference = columns[:, 1] - columns[:, 0]
    assert defined(two) == tuple(name for name in METRICS if name != "top5")
    area = metrics.roc_auc_score(two.label, difference)
    assert value(two, "roc_auc") == pytest.approx(area, abs=SMALL)
    precision = metrics.average_precision_score(two.label, difference)
    assert value(two, "average_precision") == pytest.approx(precision, abs=SMALL)
    brier = metrics.brier_score_loss(two.label, probability(two)[:, 1])
    assert value(two, "brier") == pytest.approx(2 * brier, abs=2e-3)  # of both classes


def test_they_are_those_of_torchmetrics(scores):
    functional = pytest.importorskip("torchmetrics.functional.classification")
    torch = pytest.importorskip("torch")
    given = torch.tensor(scores.log_probability.astype(np.float64)), torch.tensor(scores.label)
    given = given[0], given[1].long()
    about = {"num_classes": 12, "average": "macro"}
    expected = {
        "mean_class_accuracy": functional.multiclass_recall(*given, **about),
        "top5": functional.multiclass_accuracy(*given, num_classes=12, average="micro", top_k=5),
        "macro_precision": functional.multiclass_precision(*given, **about),
        "macro_recall": functional.multiclass_recall(*given, **about),
        "macro_f1": functional.multiclass_f1_score(*given, **about),
    }
    found = {name: value(scores, name) for name in expected}
    assert found == pytest.approx({k: float(v) for k, v in expected.items()}, abs=SMALL)


def test_those_of_two_classes_are_torchmetrics(two):
    functional = pytest.importorskip("torchmetrics.functional.classification")
    torch = pytest.importorskip("torch")
    columns = two.log_probability.astype(np.float64)
    difference = torch.tensor(1 / (1 + np.exp(columns[:, 0] - columns[:, 1])))
    given = difference, torch.tensor(two.label).long()
    expected = functional.binary_auroc(*given), functional.binary_average_precision(*given)
    found = value(two, "roc_auc"), value(two, "average_precision")
    assert found == pytest.approx([float(e) for e in expected], abs=SMALL)


def test_a_class_without_test_pictures_counts_where_it_is_answered():
    logits = normalised(np.array([[2.0, 0, 0], [2, 0, 0], [0, 0, 2]])).astype(np.float16)
    scores = SplitScores(np.array([0, 0, 0], np.int32), logits, 3)
    assert value(scores, "mean_class_accuracy") == pytest.approx(2 / 3, abs=SMALL)
    assert value(scores, "macro_precision") == pytest.approx(1 / 2, abs=SMALL)
    assert value(scores, "macro_recall") == pytest.approx(1 / 3, abs=SMALL)


def test_equal_scores_go_to_the_first_class():
    even = normalised(np.zeros((6, 6))).astype(np.float16)
    scores = SplitScores(np.arange(6, dtype=np.int32), even, 6)
    assert value(scores, "top5") == pytest.approx(5 / 6, abs=SMALL)
    assert value(scores, "mean_class_accuracy") == pytest.approx(1 / 6, abs=SMALL)


def test_of_cut_scores_what_needs_all_of_them_is_not_defined():
    label = np.array([3, 1], np.int32)
    classes = np.array([[3, 1, 2, 0, 4, 5], [9, 8, 7, 6, 5, 1]], np.int32)
    kept = np.log([[0.5, 0.1, 0.1, 0.1, 0.1, 0.05]] * 2).astype(np.float16)
    own = np.log([0.5, 0.05]).astype(np.float16)
    scores = SplitScores(label, kept, 2000, classes, own)
    assert "brier" not in defined(scores)
    assert value(scores, "nll") == pytest.approx(-np.log([0.5, 0.05]).mean(), abs=1e-3)
    assert value(scores, "top5") == 0.5
    assert value(scores, "mean_class_accuracy") == 0.5


def test_an_interval_is_as_wide_as_the_standard_error_says():
    """Of many pictures it is that of a weighted mean of binomials, and covers its value."""
    scores = drawn(n=4000, n_classes=4)
    label, right = scores.label, scores.log_probability.argmax(1) == scores.label
    sizes, hits = np.bincount(label), np.bincount(label, right)
    shares = hits / sizes
    variance = (shares * (1 - shares) / np.maximum(sizes - 1, 1)).sum() / 16
    value_, low, high = metric(scores, "mean_class_accuracy")
    assert (high - low) / 2 == pytest.approx(1.96 * variance**0.5, rel=0.06)
    assert low < value_ < high


@pytest.mark.parametrize("name", ["mean_class_accuracy", "nll", "brier", "macro_f1", "top5"])
def test_intervals_cover_the_truth_about_as_often_as_they_say(name):
    """Of pictures drawn from a population that is known."""
    dice = np.random.default_rng(5)
    label = np.repeat(np.arange(6), 5000)
    logits = dice.normal(size=(30000, 6))
    logits[np.arange(30000), label] += 1.5
    scores = normalised(logits).astype(np.float16)
    truth = value(SplitScores(label.astype(np.int32), scores, 6), name)
    covered = 0
    for _ in range(120):
        chosen = np.concatenate([dice.choice(5000, 40, False) + 5000 * c for c in range(6)])
        _, low, high = metric(SplitScores(label[chosen].astype(np.int32), scores[chosen], 6), name)
        covered += low <= truth <= high
    assert 0.88 <= covered / 120 <= 1.0


def test_a_resample_keeps_the_sizes_of_the_classes():
    label = np.repeat([0, 1, 4], [1, 2, 5])
    weights = np.concatenate(list(resampled(label, 50)))
    assert weights.shape == (50, 8)
    sums = [weights[:, label == c].sum(1) for c in (0, 1, 4)]
    assert [set(np.round(some, 9)) for some in sums] == [{1.0}, {2.0}, {5.0}]
    assert len({tuple(row) for row in weights}) > 30


def test_parts_give_what_the_whole_gives(monkeypatch):
    whole = metric(drawn(n=80), "nll")
    monkeypatch.setattr("report.evidence.score_metrics.N_AT_ONCE", 80 * 1000)
    assert metric(drawn(n=80), "nll") == whole


def test_the_same_scores_give_the_same_interval():
    assert metric(drawn(), "macro_f1") == metric(drawn(), "macro_f1")


def test_it_takes_less_than_a_second_at_the_size_of_caltech_101():
    scores = drawn(n=2893, n_classes=101)
    start = time.process_time()
    metric(scores, "nll")
    assert time.process_time() - start < 1


def confident(shift=0.0, n=3000, seed=0, by=1.0):
    """Draw scores of four classes whose probabilities hold, then sharpened or moved."""
    dice = np.random.default_rng(seed)
    logits = normalised(dice.normal(size=(n, 4)) * 2)
    luck = dice.random(n)[:, None]
    label = (np.exp(logits).cumsum(1) < luck).sum(1).clip(0, 3)
    order = np.argsort(label, kind="stable")
    return SplitScores(
        label[order].astype(np.int32), normalised(logits[order] * by).astype(np.float16), 4
    )


def test_probabilities_that_hold_are_within_what_chance_gives():
    found = calibration(confident())
    assert found.gap_low < found.gap < found.gap_high
    assert found.error < found.error_high
    assert 0 < found.error_by_chance < found.error_high


@pytest.mark.parametrize(("by", "sign"), [(3.0, 1), (0.4, -1)])
def test_sharpened_probabilities_are_found_and_undone(by, sign):
    scores = confident(by=by)
    found = calibration(scores)
    assert sign * found.gap > max(sign * found.gap_high, sign * found.gap_low)
    assert found.error > found.error_high
    temperature = best_temperature(scores)
    assert temperature == pytest.approx(by, rel=0.1)
    assert loss_at(scores, temperature) < loss_at(scores, 1.0)
    assert error_at(scores, temperature) < found.error


def test_the_calibration_error_is_torchmetrics_where_bins_are_the_same():
    """Equal-count bins are those of equal width where probabilities are spread evenly."""
    functional = pytest.importorskip("torchmetrics.functional.classification")
    torch = pytest.importorskip("torch")
    n = 15 * 40
    high = 0.5 + (np.arange(n) + 0.5) / n / 2
    label = (np.random.default_rng(0).random(n) > high).astype(np.int32)
    scores = SplitScores(label, np.log(np.stack([high, 1 - high], 1)), 2)
    expected = functional.multiclass_calibration_error(
        torch.tensor(np.stack([high, 1 - high], 1)), torch.tensor(label).long(), 2, n_bins=30
    )
    assert calibration(scores).error == pytest.approx(float(expected), abs=SMALL)
    assert error_at(scores, 1.0) == calibration(scores).error


def test_the_temperature_is_the_minimum_that_scipy_finds():
    from scipy.optimize import minimize_scalar

    scores = confident(by=1.7)
    expected = minimize_scalar(lambda t: loss_at(scores, t), bounds=(0.5, 5), method="bounded")
    assert best_temperature(scores) == pytest.approx(expected.x, rel=2e-3)


def test_without_a_minimum_the_temperature_is_an_end_of_the_range():
    right = np.log([[0.7, 0.3], [0.4, 0.6]]).astype(np.float16)
    assert best_temperature(SplitScores(np.array([0, 1], np.int32), right, 2)) == 0.05
    assert best_temperature(SplitScores(np.array([1, 0], np.int32), right, 2)) == 20.0


def test_bins_hold_as_many_pictures_each():
    bins = calibration(confident(n=412)).bins
    assert (len(bins.n), sum(bins.n)) == (15, 412)
    assert max(bins.n) - min(bins.n) <= 1
    assert sorted(bins.confidence) == bins.confidence
    assert [n_bins(n) for n in (1, 39, 40, 299, 300, 9999)] == [1, 1, 2, 14, 15, 15]


def test_bins_of_equal_width_are_those_of_numpy():
    scores = confident(n=412)
    steps, confidence = (
        calibration(scores).steps,
        np.exp(scores.log_probability.max(1).astype(float)),
    )
    counts, edges = np.histogram(confidence, bins=N_STEPS, range=(0, 1))
    assert (steps.n, [*steps.low, 1.0]) == (counts.tolist(), pytest.approx(edges.tolist()))
    assert sum(steps.n_right) == sum(calibration(scores).bins.n_right)
    for low, high, mean, n in zip(steps.low, steps.high, steps.confidence, steps.n, strict=True):
        assert low <= mean <= high if n else mean == 0


def test_a_probability_at_an_edge_counts_for_the_bin_above_and_certainty_for_the_last():
    high = np.array([0.95, 0.5, 1 - 1e-12])
    scores = SplitScores(np.zeros(3, np.int32), np.log(np.stack([high, 1 - high], 1)), 2)
    steps = calibration(scores).steps
    assert {i: n for i, n in enumerate(steps.n) if n} == {10: 1, 19: 2}


def test_an_operation_gives_each_part():
    scores = confident()
    assert OPERATIONS["nll_low"](scores) == metric(scores, "nll")[1]
    assert OPERATIONS["item_2"](OPERATIONS["bin_size"](scores)) == 200
    assert OPERATIONS["calibration_error"](scores) == calibration(scores).error


def test_the_variance_within_small_classes_is_not_too_small():
    """Of a mean it is the sum of squares over n (n - 1), not over n squared."""
    values = np.array([0.0, 1, 5, 2])
    means = np.concatenate(list(resampled(np.zeros(4, int), 4000))) @ values / 4
    assert means.var() == pytest.approx(values.var(ddof=1) / 4, rel=0.08)


def test_what_is_remembered_of_a_file_is_of_the_same_split_alone(tmp_path):
    """Of two records that speak of one file, one may say that other pictures are its test."""
    scores = drawn(60)
    half = [(scores.label[i::2], scores.log_probability[i::2].astype(float)) for i in (0, 1)]
    content, kept = encode_scores(*half)
    (tmp_path / "scores.npy").write_bytes(content)
    other = msgspec.structs.replace(kept, n_test=20, n_validation=40)
    first, second = (read_scores(tmp_path / "scores.npy", k).test for k in (kept, other))
    alone = SplitScores(second.label, second.log_probability, second.n_classes)
    metric(first, "nll")
    calibration(first)
    assert metric(second, "nll") == metric(alone, "nll") != metric(first, "nll")
    assert calibration(second) == calibration(alone) != calibration(first)
    again = read_scores(tmp_path / "scores.npy", kept).test
    assert again is not first
    assert metric(again, "nll") is metric(first, "nll")
    assert calibration(again) is calibration(first)
