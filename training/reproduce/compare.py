"""Hold a run's records against those of the same run made again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from training.records import Cost, Curves, Metrics, Predictions, encode
from training.reproduce.distance import (
    ACCURACIES,
    LOSSES,
    Distance,
    absolute,
    by_epoch,
    distance,
    relative,
)
from training.reproduce.recorded import RunRecords
from training.reproduce.tolerance import Tolerance

Verdict = Literal["same", "within rounding", "different", "not checked"]

SAME_RATE = 1e-9
"""Learning rates follow from the settings; versions of torch may multiply them in another order."""


@dataclass(frozen=True)
class Difference:
    """A value that isn't what was recorded.

    Attributes:
        file: Name of the record.
        field: Where in it, as a JSON pointer without the leading slash.
        epoch: The first epoch from which on it differs, of a curve.
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
        distance: How far apart the two are, of which the differences are a part.
    """

    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    distance: Distance | None = None


def compare(recorded: RunRecords, again: RunRecords, tolerance: Tolerance) -> Comparison:
    """Hold two runs of one experiment against each other, what measures the machine left aside."""
    if _content(recorded) == _content(again):
        return Comparison("same")
    found = (
        *sorted(_of_curves(recorded.curves, again.curves, tolerance), key=_epoch),
        *_of_metrics(recorded, again, tolerance),
        *_of_test(recorded, again, tolerance),
    )
    verdict: Verdict = "different" if found else "within rounding"
    return Comparison(verdict, found, distance(recorded, again))


def compare_test(recorded: RunRecords, again: RunRecords, tolerance: Tolerance) -> Comparison:
    """Hold only the readings of the test set against each other."""
    tests = recorded.metrics.test, again.metrics.test
    if tests[0] == tests[1] and _plain(recorded.predictions) == _plain(again.predictions):
        return Comparison("same")
    found = tuple(_of_test(recorded, again, tolerance))
    return Comparison("different" if found else "within rounding", found, distance(recorded, again))


def _content(run: RunRecords) -> tuple[bytes, ...]:
    """Return the bytes of a run's records without what another machine or moment changes.

    Neither is held against each other how a run was chosen, which isn't done again, nor the names
    of files.
    """
    metrics = msgspec.structs.replace(
        run.metrics,
        format=0,
        section="",
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
        environment=None,
        finished_at="",
        first_layer=run.metrics.first_layer
        and msgspec.structs.replace(run.metrics.first_layer, pictures=None),
        cost=None,
        network=None,
        notes=[],
    )
    curves = msgspec.structs.replace(run.curves, format=0, epoch_seconds=[])
    return encode(metrics), encode(curves), _plain(run.predictions)


def _plain(predictions: Predictions | None) -> bytes:
    if predictions is None:
        return b""
    return encode(msgspec.structs.replace(predictions, format=0, examples=[]))


def _epoch(difference: Difference) -> int:
    return difference.epoch or 0


def _of_curves(one: Curves, other: Curves, tolerance: Tolerance) -> Iterator[Difference]:
    if one.epoch != other.epoch:
        yield Difference("curves.json", "epoch", len(one.epoch), len(other.epoch))
    allowed: dict[str, tuple[Apart, Callable[[int], float]]] = {
        "learning_rate": (relative, lambda _: SAME_RATE),
        **dict.fromkeys(LOSSES, (relative, tolerance.loss)),
        **{name: (absolute, lambda _: tolerance.accuracy) for name in ACCURACIES},
    }
    for name, (apart, most) in allowed.items():
        for epoch, value in enumerate(by_epoch(one, other, name, apart), 1):
            if value > most(epoch):
                was, now = (getattr(curves, name)[epoch - 1] for curves in (one, other))
                yield Difference("curves.json", name, was, now, epoch, most(epoch))
                break


Apart = Callable[[float | None, float | None], float]


def _of_metrics(
    recorded: RunRecords, again: RunRecords, tolerance: Tolerance
) -> Iterator[Difference]:
    one, other = recorded.metrics, again.metrics
    pairs: dict[str, tuple[object, object]] = {
        name: (getattr(one, name), getattr(other, name))
        for name in ("status", "spec_hash", "epochs_run", "parameters")
    }
    pairs |= _of_cost(one.cost, other.cost) if one.reused_from is None else {}
    if one.first_layer is not None and other.first_layer is not None:
        for name in ("name", "n_filters", "kernel"):
            values = (getattr(one.first_layer, name), getattr(other.first_layer, name))
            pairs[f"first_layer/{name}"] = values
        change = one.first_layer.relative_change, other.first_layer.relative_change
        if relative(*change) > tolerance.change:
            yield _unlike("first_layer/relative_change", *change, tolerance.change)
    for field, (value, now) in pairs.items():
        if value != now:
            yield _unlike(field, value, now)
    yield from _of_best_epoch(one, again.curves, tolerance)


def _unlike(field: str, one: object, other: object, tolerance: float | None = None) -> Difference:
    was, now = (msgspec.to_builtins(value) for value in (one, other))
    return Difference("metrics.json", field, was, now, None, tolerance)


def _of_cost(one: Cost | None, other: Cost | None) -> dict[str, tuple[object, object]]:
    """Return the arithmetic of both, which follows from the network, where both know it."""
    if one is None or other is None or None in (one.training_flop, other.training_flop):
        return {}
    return {"cost/training_flop": (one.training_flop, other.training_flop)}


def _of_best_epoch(one: Metrics, curves: Curves, tolerance: Tolerance) -> Iterator[Difference]:
    """Hold the best epoch and its scores against the new curves at that epoch.

    Where two epochs are nearly as good, rounding may make the other one the best.
    """
    best, n = one.best_epoch, len(curves.epoch)
    if best is None or not 1 <= best <= n:
        again = max(range(n), key=curves.validation_accuracy.__getitem__) + 1 if n else None
        if best is not None or one.status == "done":
            yield _unlike("best_epoch", best, again)
        return
    highest = max(curves.validation_accuracy)
    if highest - curves.validation_accuracy[best - 1] > tolerance.accuracy:
        again = curves.validation_accuracy.index(highest) + 1
        yield _unlike("best_epoch", best, again, tolerance.accuracy)
    for split, scores in (("train", one.train), ("validation", one.validation)):
        if scores is None:
            continue
        loss = getattr(curves, f"{split}_loss")[best - 1]
        accuracy = getattr(curves, f"{split}_accuracy")[best - 1]
        if relative(scores.loss, loss) > tolerance.loss(best):
            yield _unlike(f"{split}/loss", scores.loss, loss, tolerance.loss(best))
        if absolute(scores.accuracy, accuracy) > tolerance.accuracy:
            yield _unlike(f"{split}/accuracy", scores.accuracy, accuracy, tolerance.accuracy)


def _of_test(recorded: RunRecords, again: RunRecords, tolerance: Tolerance) -> Iterator[Difference]:
    one, other = recorded.metrics.test, again.metrics.test
    if one is None or other is None:
        if one is not other:
            yield _unlike("test", one, other)
        return
    if one.n_images != other.n_images:
        yield _unlike("test/n_images", one.n_images, other.n_images)
    if absolute(one.accuracy, other.accuracy) > tolerance.test_accuracy:
        yield _unlike("test/accuracy", one.accuracy, other.accuracy, tolerance.test_accuracy)
    if absolute(one.n_correct, other.n_correct) > tolerance.test_accuracy * other.n_images:
        yield _unlike("test/n_correct", one.n_correct, other.n_correct, tolerance.test_accuracy)
    if relative(one.loss, other.loss) > tolerance.test_loss:
        yield _unlike("test/loss", one.loss, other.loss, tolerance.test_loss)
    yield from _of_predictions(recorded, again, tolerance)


def _of_predictions(
    recorded: RunRecords, again: RunRecords, tolerance: Tolerance
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
    elif apart.predicted > tolerance.predicted:
        yield _first_unlike("predicted", one, other, tolerance.predicted)
    elif apart.probability > tolerance.probability:
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
    apart = [absolute(a, b) if name == "probability" else a != b
             for a, b in zip(values, others, strict=True)]  # fmt: skip
    index = apart.index(max(apart))
    return Difference(
        "predictions.json", f"{name}/{index}", values[index], others[index], None, tolerance
    )
