"""Hold a run's records against those of the same run made again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from training.records import (
    SCORES_NAME,
    Cost,
    Curves,
    LabelSuspects,
    LearningCurve,
    Metrics,
    Predictions,
    ScoreFile,
    encode,
)
from training.reproduce.distance import (
    ACCURACIES,
    LOSSES,
    Distance,
    absolute,
    by_class,
    by_epoch,
    distance,
    relative,
    total_variation,
)
from training.reproduce.other_pictures import on_the_same_pictures
from training.reproduce.recorded import RunRecords
from training.reproduce.tolerance import Tolerance

TestCheck = Literal["trained again", "kept network", "not checked"]

Verdict = Literal["same", "within rounding", "different", "not checked"]

SAME_RATE = 1e-9
"""Learning rates follow from the settings; versions of torch may multiply them in another order."""


ENDINGS = ("status", "epochs_run")
"""Of a training that rounding carries far, it may decide whether and when it diverges."""

CONCEIVABLE = 0.0
"""The tolerance of what has to be equal unless rounding decides."""


@dataclass(frozen=True)
class Difference:
    """A value that isn't what was recorded.

    Attributes:
        file: Name of the record.
        field: Where in it, as a JSON pointer without the leading slash; of curves the field alone.
        epoch: The first epoch in which it differs, of a curve.
        tolerance: How far apart the two might be; None where they have to be equal.
    """

    file: str
    field: str
    recorded: Any
    again: Any
    epoch: int | None = None
    tolerance: float | None = None


@dataclass(frozen=True)
class Comparison:
    """What comparing gave.

    Attributes:
        differences: What is further apart than rounding explains, the earliest epoch first.
        distance: How far apart the two are in what rounding can move; None if they are the same.
        vague_from: The epoch from which on rounding decides, so that curves aren't checked.
        test: How the readings of the test set were held against each other: with the weights that
            were trained again, with those of the kept network, or not at all, because rounding
            made other weights of them; None where it wasn't read.
    """

    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    distance: Distance | None = None
    vague_from: int | None = None
    test: TestCheck | None = None

    @property
    def is_rounding_conceivable(self) -> bool:
        """Whether nothing differs that has to be equal."""
        return all(difference.tolerance is not None for difference in self.differences)


def compare(recorded: RunRecords, again: RunRecords, tolerance: Tolerance) -> Comparison:
    """Hold two runs of one experiment against each other, what measures the machine left aside.

    Where rounding makes another epoch the best, or decides before the best one, the tests are of
    different weights, and only what has to be equal in them is compared.
    """
    recorded, again = on_the_same_pictures(recorded, again)
    if _content(recorded, again) == _content(again, recorded):
        return Comparison("same")
    vague_from = tolerance.vague_from(len(again.curves.epoch))
    best = recorded.metrics.best_epoch
    same_weights = best == again.metrics.best_epoch
    checked = same_weights and (vague_from is None or best is None or best < vague_from)
    found = (
        *sorted(_of_curves(recorded.curves, again.curves, tolerance, vague_from), key=_epoch),
        *_of_metrics(recorded.metrics, again, tolerance, vague_from),
        *_of_test(recorded, again, tolerance if checked else None),
    )
    verdict: Verdict = "different" if found else "within rounding"
    tested: TestCheck | None = "trained again" if checked else "not checked"
    if recorded.metrics.test is None:
        tested = None
    return Comparison(verdict, found, distance(recorded, again), vague_from, tested)


def compare_test(recorded: RunRecords, again: RunRecords, tolerance: Tolerance) -> Comparison:
    """Hold only the readings of the test set against each other."""
    recorded, again = on_the_same_pictures(recorded, again)
    same_test = recorded.metrics.test == again.metrics.test
    same_answers = _plain(recorded.predictions) == _plain(again.predictions)
    same_changed = recorded.metrics.changed_tests == again.metrics.changed_tests
    same_elsewhere = recorded.metrics.other_tests == again.metrics.other_tests
    same = same_test and same_answers and same_changed and same_elsewhere
    if same and _same_scores(recorded, again):
        return Comparison("same")
    found = tuple(_of_test(recorded, again, tolerance))
    verdict: Verdict = "different" if found else "within rounding"
    return Comparison(verdict, found, distance(recorded, again), None, "kept network")


def with_test(trained: Comparison, tested: Comparison) -> Comparison:
    """Add to a comparison, whose test couldn't be compared, that of the kept network's test."""
    assert trained.distance is not None
    nothing = Distance((), ())
    test = tested.distance or nothing
    return replace(
        trained,
        verdict="different" if tested.verdict == "different" else trained.verdict,
        differences=(*trained.differences, *tested.differences),
        distance=replace(trained.distance, predicted=test.predicted, test_loss=test.test_loss,
                         test_accuracy=test.test_accuracy, probability=test.probability,
                         scores=test.scores, farthest=test.farthest),
        test="kept network",
    )  # fmt: skip


def _content(run: RunRecords, other: RunRecords) -> tuple[bytes, ...]:
    """Return the bytes of a run's records without what another machine or moment changes.

    Left aside, too, are how a run was chosen, which isn't done again, the names of files, what
    follows from the weights, and scores that an older version didn't keep.
    """
    layer, curve = run.metrics.first_layer, run.metrics.learning_curve
    metrics = msgspec.structs.replace(
        run.metrics,
        format=0,
        train_seconds=0.0,
        images_per_second=None,
        cached_features=False,
        feature_seconds=0.0,
        peak_memory_bytes=None,
        peak_memory_of=None,
        batch_parts=1,
        loss_scaling=None,
        selected=None,
        reused_from=None,
        stand_ins=None,
        environment=None,
        finished_at="",
        first_layer=layer and msgspec.structs.replace(layer, pictures=None),
        cost=None,
        learning_curve=curve and msgspec.structs.replace(curve, seconds=0.0),
        label_suspects=_without_copies(run.metrics.label_suspects),
        speed=None,
        train_at_rest=None,
        network=None,
        scores=run.metrics.scores if other.metrics.scores else None,
        notes=[],
    )
    curves = msgspec.structs.replace(run.curves, format=0, epoch_seconds=[])
    problem = run.scores if isinstance(run.scores, str) else ""
    return encode(metrics), encode(curves), _plain(run.predictions), problem.encode()


def _same_scores(one: RunRecords, other: RunRecords) -> bool:
    """Tell whether both runs' files of scores are the same, where both kept one."""
    if isinstance(one.scores, str) or isinstance(other.scores, str):
        return False
    mine, theirs = one.metrics.scores, other.metrics.scores
    return mine is None or theirs is None or mine == theirs


def _without_copies(found: LabelSuspects | None) -> LabelSuspects | None:
    """Leave out what measures time, and pictures that older versions didn't keep."""
    if found is None:
        return None
    first = [msgspec.structs.replace(item, nearest=[]) for item in found.first]
    return msgspec.structs.replace(found, seconds=0.0, first=first)


def _plain(predictions: Predictions | None) -> bytes:
    if predictions is None:
        return b""
    return encode(
        msgspec.structs.replace(
            predictions,
            format=0,
            examples=[],
            heat_maps=None,
            feature_map=None,
            nearest_train=None,
        )
    )


def _epoch(difference: Difference) -> int:
    return difference.epoch or 0


Apart = Callable[[float | None, float | None], float]


def _of_curves(
    one: Curves, other: Curves, tolerance: Tolerance, vague_from: int | None
) -> Iterator[Difference]:
    """Yield, of each field, the first epoch in which it differs."""
    if one.epoch != other.epoch and vague_from is None:
        n, others = len(one.epoch), len(other.epoch)
        yield Difference("curves.json", "epoch", n, others, None, CONCEIVABLE)
    yield from _first(one, other, "learning_rate", relative, lambda _: SAME_RATE, None)
    for name in LOSSES:
        yield from _first(one, other, name, relative, tolerance.loss_in, vague_from)
    for name in ACCURACIES:
        yield from _first(one, other, name, absolute, tolerance.accuracy_in, vague_from)


def _first(
    one: Curves,
    other: Curves,
    name: str,
    apart: Apart,
    most: Callable[[int], float],
    vague_from: int | None,
) -> Iterator[Difference]:
    values, others = getattr(one, name), getattr(other, name)
    if len(values) != len(one.epoch):
        yield Difference("curves.json", name, len(values), len(others))
    distances = by_epoch(one, other, name, apart)[: vague_from and vague_from - 1]
    for epoch, value in enumerate(distances, 1):
        if value > most(epoch):
            yield Difference(
                "curves.json", name, values[epoch - 1], others[epoch - 1], epoch, most(epoch)
            )
            return


def _of_metrics(
    one: Metrics, again: RunRecords, tolerance: Tolerance, vague_from: int | None
) -> Iterator[Difference]:
    other = again.metrics
    pairs: dict[str, tuple[object, object]] = {
        name: (getattr(one, name), getattr(other, name)) for name in ("spec_hash", "parameters")
    }
    for name in ENDINGS if vague_from is None else ():
        if getattr(one, name) != getattr(other, name):
            yield _unlike(name, getattr(one, name), getattr(other, name), CONCEIVABLE)
    pairs |= _of_cost(one.cost, other.cost) if one.epochs_run == other.epochs_run else {}
    if one.first_layer is not None and other.first_layer is not None:
        for name in ("name", "n_filters", "kernel"):
            values = (getattr(one.first_layer, name), getattr(other.first_layer, name))
            pairs[f"first_layer/{name}"] = values
        change = one.first_layer.relative_change, other.first_layer.relative_change
        same_weights = one.best_epoch == other.best_epoch and vague_from is None
        if same_weights and relative(*change) > tolerance.change:
            yield _unlike("first_layer/relative_change", *change, tolerance.change)
    for field, (value, now) in pairs.items():
        if value != now:
            yield _unlike(field, value, now)
    yield from _of_learning_curve(one.learning_curve, other.learning_curve, tolerance)
    yield from _of_best_epoch(one, again.curves, tolerance, vague_from)


def _of_learning_curve(
    one: LearningCurve | None, other: LearningCurve | None, tolerance: Tolerance
) -> Iterator[Difference]:
    """Hold the heads that were fitted on fewer pictures against each other, by their accuracies."""
    if one is None or other is None:
        return
    drawn, sizes = (
        [[(p.per_class, p.draw, p.n_train) for p in curve.points] for curve in (one, other)],
        [[curve.n_validation, curve.n_test] for curve in (one, other)],
    )
    if sizes[0] != sizes[1]:
        yield _unlike("learning_curve/n_validation, n_test", sizes[0], sizes[1])
        return
    if drawn[0] != drawn[1]:
        yield _unlike("learning_curve/points", drawn[0], drawn[1])
        return
    for i, (point, again) in enumerate(zip(one.points, other.points, strict=True)):
        for split, n in (("validation", one.n_validation), ("test", one.n_test)):
            right, now = (getattr(p, f"{split}_correct") for p in (point, again))
            most = tolerance.test_accuracy * n
            if absolute(right, now) > most:
                yield _unlike(f"learning_curve/points/{i}/{split}_correct", right, now, most)
                return


def _unlike(field: str, one: object, other: object, tolerance: float | None = None) -> Difference:
    was, now = (msgspec.to_builtins(value) for value in (one, other))
    return Difference("metrics.json", field, was, now, None, tolerance)


def _of_cost(one: Cost | None, other: Cost | None) -> dict[str, tuple[object, object]]:
    """Return the arithmetic of both, which follows from the network, where both know it."""
    if one is None or other is None or None in (one.training_flop, other.training_flop):
        return {}
    return {"cost/training_flop": (one.training_flop, other.training_flop)}


def _of_best_epoch(
    one: Metrics, curves: Curves, tolerance: Tolerance, vague_from: int | None
) -> Iterator[Difference]:
    """Hold the best epoch and its scores against the new curves at that epoch.

    Where two epochs are nearly as good, rounding may make the other one the best.
    """
    best, n = one.best_epoch, len(curves.epoch)
    if best is None or not 1 <= best <= n:
        if best is not None or one.status == "done":
            yield _unlike("best_epoch", best, None)
        return
    highest = max(curves.validation_accuracy)
    again = curves.validation_accuracy.index(highest) + 1
    if vague_from is None:
        allowed = 2 * max(tolerance.accuracy_in(best), tolerance.accuracy_in(again))
        if highest - curves.validation_accuracy[best - 1] > allowed:
            yield _unlike("best_epoch", best, again, allowed)
    if vague_from is not None and best >= vague_from:
        return
    for split, scores in (("train", one.train), ("validation", one.validation)):
        if scores is None:
            continue
        loss = getattr(curves, f"{split}_loss")[best - 1]
        accuracy = getattr(curves, f"{split}_accuracy")[best - 1]
        if relative(scores.loss, loss) > tolerance.loss_in(best):
            yield _unlike(f"{split}/loss", scores.loss, loss, tolerance.loss_in(best))
        if absolute(scores.accuracy, accuracy) > tolerance.accuracy_in(best):
            most = tolerance.accuracy_in(best)
            yield _unlike(f"{split}/accuracy", scores.accuracy, accuracy, most)


def _of_test(
    recorded: RunRecords, again: RunRecords, tolerance: Tolerance | None
) -> Iterator[Difference]:
    """Compare tests; without a tolerance only what has to be equal whatever the weights."""
    one, other = recorded.metrics.test, again.metrics.test
    if one is None or other is None:
        if one is not other and tolerance is not None:
            yield _unlike("test", one, other)
        return
    if one.n_images != other.n_images:
        yield _unlike("test/n_images", one.n_images, other.n_images)
    if tolerance is not None:
        most = tolerance.test_accuracy
        if absolute(one.accuracy, other.accuracy) > most:
            yield _unlike("test/accuracy", one.accuracy, other.accuracy, most)
        if absolute(one.n_correct, other.n_correct) > most * other.n_images:
            yield _unlike("test/n_correct", one.n_correct, other.n_correct, most * other.n_images)
        if relative(one.loss, other.loss) > tolerance.test_loss:
            yield _unlike("test/loss", one.loss, other.loss, tolerance.test_loss)
    yield from _of_changed(recorded.metrics, again.metrics, tolerance)
    yield from _of_others(recorded.metrics, again.metrics, tolerance)
    yield from _of_predictions(recorded, again, tolerance)
    yield from _of_scores(recorded, again, tolerance)


def _of_changed(one: Metrics, other: Metrics, tolerance: Tolerance | None) -> Iterator[Difference]:
    """Compare the tests on changed pictures by how many were named rightly."""
    tests, again = one.changed_tests or (), other.changed_tests or ()
    kinds, now = ([(t.change, t.level, t.strength) for t in found] for found in (tests, again))
    if kinds != now:
        yield _unlike("changed_tests", kinds, now)
        return
    n = one.test.n_images if one.test is not None else 0
    for i, (test, its) in enumerate(zip(tests, again, strict=True)):
        most = tolerance.test_accuracy * n if tolerance is not None else n
        if absolute(test.n_correct, its.n_correct) > most:
            name = f"changed_tests/{i}/n_correct"
            yield _unlike(name, test.n_correct, its.n_correct, most)
            return


def _of_others(one: Metrics, other: Metrics, tolerance: Tolerance | None) -> Iterator[Difference]:
    """Compare the tests on further data sets by how many images were named rightly."""
    tests, again = one.other_tests or (), other.other_tests or ()
    for i, (test, its) in enumerate(zip(tests, again, strict=False)):
        most = (tolerance.test_accuracy if tolerance is not None else 1) * test.n_images
        if absolute(test.n_correct, its.n_correct) > most:
            yield _unlike(f"other_tests/{i}/n_correct", test.n_correct, its.n_correct, most)


def _of_predictions(
    recorded: RunRecords, again: RunRecords, tolerance: Tolerance | None
) -> Iterator[Difference]:
    one, other = recorded.predictions, again.predictions
    if one is None or other is None:
        yield Difference("predictions.json", "", _there(one), _there(other))
        return
    if one.label != other.label:
        yield _first_unlike("label", one, other)
        return
    apart = distance(recorded, again)
    if not len(one.predicted) == len(one.probability) == len(other.predicted):
        lengths = len(one.predicted), len(other.predicted)
        yield Difference("predictions.json", "predicted", *lengths)
    elif tolerance is not None and apart.predicted > tolerance.predicted:
        yield _first_unlike("predicted", one, other, tolerance.predicted)
    elif tolerance is not None and apart.probability > tolerance.probability:
        yield _first_unlike("probability", one, other, tolerance.probability)


def _there(found: Predictions | None) -> str:
    return "not there" if found is None else "there"


def _first_unlike(
    name: str, one: Predictions, other: Predictions, tolerance: float | None = None
) -> Difference:
    """Name the first image whose values differ; of probabilities, the one furthest apart."""
    values, others = getattr(one, name), getattr(other, name)
    if len(values) != len(others):
        return Difference("predictions.json", name, len(values), len(others))
    apart = [
        absolute(a, b) if name == "probability" else float(a != b)
        for a, b in zip(values, others, strict=True)
    ]
    index = apart.index(max(apart))
    return Difference(
        "predictions.json", f"{name}/{index}", values[index], others[index], None, tolerance
    )


def _of_scores(
    recorded: RunRecords, again: RunRecords, tolerance: Tolerance | None
) -> Iterator[Difference]:
    """Compare the scores of both splits, where both runs kept them."""
    one, other = recorded.scores, again.scores
    if isinstance(one, str):
        yield Difference(SCORES_NAME, "", one, "there")
        return
    if not isinstance(one, ScoreFile) or not isinstance(other, ScoreFile):
        return
    for split in ("test", "validation"):
        mine, theirs = getattr(one, split), getattr(other, split)
        if mine.label.tolist() != theirs.label.tolist():
            yield Difference(SCORES_NAME, f"{split}/label", len(mine.label), len(theirs.label))
            return
    if tolerance is None:
        return
    apart = distance(recorded, again)
    if apart.farthest > tolerance.farthest:
        yield _farthest(one, other, tolerance.farthest)
    elif apart.scores > tolerance.scores:
        yield _farthest(one, other, tolerance.scores)


def _farthest(one: ScoreFile, other: ScoreFile, tolerance: float) -> Difference:
    """Name the image whose probabilities are furthest apart, and the class that is most so."""
    found = []
    for split in ("test", "validation"):
        apart = total_variation(getattr(one, split), getattr(other, split))
        if len(apart):
            found.append((float(apart.max()), split, int(apart.argmax())))
    _, split, image = max(found, key=lambda item: item[0])
    mine, theirs = (by_class(getattr(scores, split), image) for scores in (one, other))
    class_ = max(mine, key=lambda k: abs(mine[k] - theirs.get(k, 0.0)))
    return Difference(
        SCORES_NAME,
        f"{split}/{image}/class {class_}",
        round(mine[class_], 6),
        round(theirs.get(class_, 0.0), 6),
        None,
        tolerance,
    )
