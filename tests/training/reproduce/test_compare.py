"""Which differences count as rounding, and which don't."""

import dataclasses
from pathlib import Path

import msgspec
import numpy as np
import pytest

from training.records import (
    ChangedTest,
    CurvePoint,
    Curves,
    HeldOutScores,
    LabelSuspect,
    LabelSuspects,
    LearningCurve,
    Metrics,
    NearImage,
    OtherAnswers,
    OtherTest,
    Predictions,
    Scores,
    SplitScores,
    decode_scores,
    encode_scores,
)
from training.reproduce.compare import compare, compare_test, with_test
from training.reproduce.distance import distance, total_variation
from training.reproduce.recorded import RunRecords
from training.reproduce.tolerance import FACTOR, USUAL, widened

N = 8
LABELS = [0, 1] * 100


def run(best=6, **changes):
    """Return a run of eight epochs that learns to tell two classes."""
    losses = [1.0 - 0.1 * epoch for epoch in range(N)]
    accuracies = [0.5 + 0.04 * min(epoch, best - 1) for epoch in range(N)]
    columns = {
        "train_loss": losses,
        "train_accuracy": accuracies,
        "validation_loss": losses,
        "validation_accuracy": accuracies,
        **changes,
    }
    curves = Curves(
        id="a/b", seed=0, epoch=list(range(1, N + 1)), learning_rate=[0.1] * N,
        epoch_seconds=[1.0] * N, **columns,
    )  # fmt: skip
    train, validation = (
        Scores(columns[f"{split}_loss"][best - 1], columns[f"{split}_accuracy"][best - 1])
        for split in ("train", "validation")
    )
    metrics = Metrics(
        id="a/b", section="a", seed=0, status="done", spec=None, spec_hash="x",
        dataset_fingerprint="x", epochs_run=N, best_epoch=best, train=train, validation=validation,
        test=HeldOutScores(0.5, 0.9, 180, 200),
    )  # fmt: skip
    predicted = [1 - label if i < 20 else label for i, label in enumerate(LABELS)]
    predictions = Predictions(
        id="a/b", seed=0, dataset_fingerprint="x", label=LABELS, predicted=predicted,
        probability=[0.9] * 200,
    )  # fmt: skip
    return RunRecords(metrics, curves, predictions)


def with_metrics(records, **changes):
    metrics = msgspec.structs.replace(records.metrics, **changes)
    return dataclasses.replace(records, metrics=metrics)


def moved(losses, epoch, by):
    return [loss * (1 + by) if n >= epoch else loss for n, loss in enumerate(losses, 1)]


def verdict(recorded, again, tolerance=USUAL):
    return compare(recorded, again, tolerance).verdict


def test_times_and_places_dont_count():
    again = with_metrics(run(), train_seconds=3.0, peak_memory_bytes=4, network="model.pt")
    assert verdict(run(), again) == "same"


@pytest.mark.parametrize("name", ["train_loss", "validation_loss"])
def test_the_first_epoch_that_differs_is_named(name):
    recorded = run(**{name: moved(run().curves.train_loss, 4, 3 * USUAL.loss)})
    found = compare(recorded, run(), USUAL)
    first = found.differences[0]
    assert (found.verdict, first.file, first.field, first.epoch) == (
        "different", "curves.json", name, 4,
    )  # fmt: skip
    assert (first.recorded, first.again) == (
        getattr(recorded.curves, name)[3],
        run().curves.train_loss[3],
    )


def test_less_than_the_tolerance_is_rounding():
    recorded = run(train_loss=moved(run().curves.train_loss, 1, 0.9 * USUAL.loss))
    assert verdict(recorded, run()) == "within rounding"


@pytest.mark.parametrize(
    "changes",
    [{"spec_hash": "y"}, {"best_epoch": None}, {"best_epoch": 9}],
    ids=str,
)
def test_what_rounding_cant_move_has_to_be_equal(changes):
    assert verdict(with_metrics(run(), **changes), run(), widened(USUAL, far())) == "different"


@pytest.mark.parametrize("changes", [{"epochs_run": 9}, {"status": "diverged"}], ids=str)
def test_only_where_rounding_decides_may_a_run_end_otherwise(changes):
    assert verdict(with_metrics(run(), **changes), run()) == "different"
    assert verdict(with_metrics(run(), **changes), run(), widened(USUAL, far())) != "different"


def far():
    """Return a distance such as between two seeds."""
    return distance(run(), run(train_loss=[2.0] * N, train_accuracy=[0.9] * N))


def test_a_run_that_its_last_digits_carry_as_far_is_the_same_up_to_there():
    grown = [loss * (1 + 1e-6 * 8**n) for n, loss in enumerate(run().curves.train_loss)]
    nudged = distance(run(), run(train_loss=grown))
    further = [loss * (1 + 4e-6 * 8**n) for n, loss in enumerate(run().curves.train_loss)]
    recorded = run(train_loss=further)
    assert verdict(recorded, run()) == "different"
    found = compare(recorded, run(), widened(USUAL, nudged))
    assert (found.verdict, found.vague_from, found.test) == ("within rounding", 6, "not checked")


def test_a_curve_that_jumps_where_rounding_grows_slowly_is_found():
    grown = [loss * (1 + 1e-6 * 3**n) for n, loss in enumerate(run().curves.train_loss)]
    tolerance = widened(USUAL, distance(run(), run(train_loss=grown)))
    recorded = run(train_loss=moved(run().curves.train_loss, 3, 3 * FACTOR * 1e-6 * 3**3))
    assert verdict(recorded, run(), tolerance) == "different"


def test_where_another_epoch_is_the_best_the_test_isnt_compared_but_its_counts_are():
    recorded = with_metrics(run(), best_epoch=7, test=HeldOutScores(0.2, 0.95, 190, 200))
    losses = run().curves.train_loss
    recorded = with_metrics(
        recorded, train=Scores(losses[6], 0.7), validation=Scores(losses[6], 0.7)
    )
    found = compare(recorded, run(), USUAL)
    assert (found.verdict, found.test) == ("within rounding", "not checked")
    recorded = with_metrics(recorded, test=HeldOutScores(0.2, 0.95, 380, 400))
    assert [d.field for d in compare(recorded, run(), USUAL).differences] == ["test/n_images"]


def test_a_best_epoch_that_isnt_nearly_the_best_is_found():
    recorded = with_metrics(run(), best_epoch=2, train=None, validation=None)
    assert [d.field for d in compare(recorded, run(), USUAL).differences] == ["best_epoch"]


def test_the_kept_network_is_tested_where_training_gave_other_weights():
    trained = compare(with_metrics(run(), best_epoch=7, train=None, validation=None), run(), USUAL)
    assert (trained.verdict, trained.test) == ("within rounding", "not checked")
    assert with_test(trained, compare_test(run(), run(), USUAL)).verdict == "within rounding"
    invented = with_metrics(run(), test=HeldOutScores(0.5, 0.95, 190, 200))
    found = with_test(trained, compare_test(invented, run(), USUAL))
    assert (found.verdict, found.test) == ("different", "kept network")
    assert [d.field for d in found.differences] == ["test/accuracy", "test/n_correct"]


def with_scores(records, move=0.0, image=3, split="test", labels=None):
    """Keep scores of two classes; those of one image are moved by so much probability."""
    found = {}
    for name in ("test", "validation"):
        likelier = np.full(len(LABELS), 0.9)
        if name == split:
            likelier[image] -= move
        right = np.array(LABELS) == np.array(records.predictions.predicted)
        own = np.where(right, likelier, 1 - likelier)
        probability = np.stack([own, 1 - own], 1)
        probability[np.array(LABELS) == 1] = probability[np.array(LABELS) == 1, ::-1]
        known = LABELS if labels is None or name != split else labels
        found[name] = np.array(known), np.log(probability)
    content, kept = encode_scores(found["test"], found["validation"])
    records = with_metrics(records, scores=kept)
    return dataclasses.replace(records, scores=decode_scores(content, kept, Path("scores.npy")))


def test_scores_within_rounding_are_the_same_and_others_are_named():
    recorded = with_scores(run())
    assert verdict(recorded, with_scores(run())) == "same"
    assert verdict(recorded, with_scores(run(), 0.9 * USUAL.farthest)) == "within rounding"
    for split in ("test", "validation"):
        found = compare(recorded, with_scores(run(), 0.3, split=split), USUAL)
        (said,) = found.differences
        assert (found.verdict, said.file, said.field[: -len("0")]) == (
            "different", "scores.npy", f"{split}/3/class ",
        )  # fmt: skip
        assert sorted((said.recorded, said.again)) == pytest.approx([0.6, 0.9], abs=1e-3)


def test_scores_that_are_all_a_little_apart_are_named():
    recorded, again = with_scores(run()), with_scores(run())
    flatter = dataclasses.replace(
        again.scores, test=of_probability(np.full(200, 0.9 - 3 * USUAL.scores), again.scores.test)
    )
    other_file = msgspec.structs.replace(again.metrics.scores, sha256="1" * 64)
    again = dataclasses.replace(with_metrics(again, scores=other_file), scores=flatter)
    found = compare(recorded, again, USUAL)
    assert found.distance.farthest < USUAL.farthest
    assert [d.tolerance for d in found.differences] == [USUAL.scores]
    assert found.is_rounding_conceivable


def of_probability(likelier, like):
    ordered = np.log(np.stack([likelier, 1 - likelier], 1))
    first = like.log_probability.argmax(1)
    values = np.where(first[:, None] == [[0, 1]], ordered[:, :1], ordered[:, 1:])
    return SplitScores(like.label, values, like.n_classes)


def test_scores_of_images_of_other_classes_are_never_rounding():
    labels = [1, *LABELS[1:]]
    found = compare(with_scores(run()), with_scores(run(), labels=labels), widened(USUAL, far()))
    assert "scores.npy" in {difference.file for difference in found.differences}


def test_scores_that_cant_be_read_are_a_difference_and_older_records_have_none():
    broken = dataclasses.replace(with_scores(run()), scores="its SHA-256 isn't the one")
    found = compare(broken, with_scores(run()), USUAL)
    assert [(d.file, d.recorded) for d in found.differences] == [
        ("scores.npy", "its SHA-256 isn't the one")
    ]
    assert compare_test(broken, with_scores(run()), USUAL).verdict == "different"
    assert verdict(run(), with_scores(run())) == "same"


def test_total_variation_counts_what_only_one_of_two_keeps():
    label = np.zeros(1, np.int32)
    whole = SplitScores(label, np.log([[0.5, 0.3, 0.2]]), 3)
    cut = SplitScores(label, np.log([[0.6, 0.3]]), 3, np.array([[0, 2]]), np.log([0.6]))
    assert total_variation(whole, whole) == pytest.approx([0.0])
    assert total_variation(cut, cut) == pytest.approx([0.0])
    expected = 0.5 * (0.1 + 0.3 + 0.1 + 0.1)  # of three classes, and of what the cut one lacks
    assert total_variation(whole, cut) == pytest.approx([expected])


def a_curve(right=80, n_train=6, seconds=1.0):
    points = [CurvePoint(3, 1, n_train, 0.1, 90, right), CurvePoint(3, 2, 6, 0.1, 90, 85)]
    return LearningCurve(100, 100, seconds, points)


@pytest.mark.parametrize(
    ("curve", "expected", "field"),
    [
        (a_curve(seconds=9.0), "same", None),
        (a_curve(right=81), "within rounding", None),
        (a_curve(right=90), "different", "learning_curve/points/0/test_correct"),
        (a_curve(n_train=7), "different", "learning_curve/points"),
    ],
)
def test_what_fewer_pictures_give_is_held_against_the_record(curve, expected, field):
    tolerance = dataclasses.replace(USUAL, test_accuracy=0.02)
    recorded = with_metrics(run(), learning_curve=curve)
    found = compare(recorded, with_metrics(run(), learning_curve=a_curve()), tolerance)
    assert found.verdict == expected
    assert [d.field for d in found.differences] == [field] * (field is not None)


def test_copies_and_times_of_label_suspects_dont_count():
    near = NearImage("a/2.png", 0, 1.5, "thumbnails/near/00002-0.jpg", 72, 72)
    found = LabelSuspects(100, 1, 1.0, [LabelSuspect("a/1.png", 0, 1, 0.9)])
    again = LabelSuspects(100, 1, 2.0, [msgspec.structs.replace(found.first[0], nearest=[near])])
    records = [with_metrics(run(), label_suspects=some) for some in (found, again)]
    assert verdict(*records) == "same"


def changed_tests(n_correct=80, level=1):
    return (ChangedTest("noise", level, 0.08, n_correct, "0"),)


@pytest.mark.parametrize(
    ("tests", "expected", "field"),
    [
        (changed_tests(), "same", None),
        (changed_tests(82), "within rounding", None),
        (changed_tests(90), "different", "changed_tests/0/n_correct"),
        (changed_tests(level=2), "different", "changed_tests"),
    ],
)
def test_answers_to_changed_pictures_are_held_against_the_record(tests, expected, field):
    tolerance = dataclasses.replace(USUAL, test_accuracy=0.02)
    recorded, again = (with_metrics(run(), changed_tests=t) for t in (tests, changed_tests()))
    for found in (compare(recorded, again, tolerance), compare_test(recorded, again, tolerance)):
        assert found.verdict == expected
        assert [d.field for d in found.differences] == [field] * (field is not None)


def on_sketches(found, n_correct=80, fingerprint="f", n=200):
    """Return a run with a test on further pictures, too."""
    test = OtherTest(
        pictures="sketches", fingerprint=fingerprint, loss=1.0, accuracy=n_correct / n,
        n_correct=n_correct, n_images=n,
    )  # fmt: skip
    answers = OtherAnswers(
        pictures="sketches", fingerprint=fingerprint, label=LABELS, probability=[0.5] * n,
        predicted=[k if i < n_correct else 1 - k for i, k in enumerate(LABELS)],
    )  # fmt: skip
    predictions = msgspec.structs.replace(found.predictions, others=(answers,))
    found = dataclasses.replace(found, predictions=predictions)
    return with_metrics(found, other_tests=(test,))


@pytest.mark.parametrize(
    ("again", "expected", "field"),
    [
        (on_sketches(run()), "same", None),
        (on_sketches(run(), 82), "within rounding", None),
        (on_sketches(run(), 90), "different", "other_tests/0/n_correct"),
        (on_sketches(run(), 90, "another"), "same", None),
        (run(), "same", None),
    ],
    ids=["alike", "nearly", "unlike", "of other pictures", "without them"],
)
def test_answers_to_further_pictures_are_held_against_the_record(again, expected, field):
    tolerance = dataclasses.replace(USUAL, test_accuracy=0.02)
    recorded = on_sketches(run())
    for found in (compare(recorded, again, tolerance), compare_test(recorded, again, tolerance)):
        assert found.verdict == expected
        assert [d.field for d in found.differences] == [field] * (field is not None)
