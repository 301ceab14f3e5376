"""Metrics of a classifier from the scores of a split, each with a bootstrap interval.

All are rounded to six decimals, so that another machine's arithmetic gives the same numbers. Tests
hold them to scikit-learn and torchmetrics.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from report.evidence.remembered import Remembered
from report.evidence.scores_by_image import by_image
from training.records import SplitScores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

METRICS = (
    "mean_class_accuracy", "top5", "nll", "brier", "macro_precision", "macro_recall", "macro_f1",
    "roc_auc", "average_precision",
)  # fmt: skip

N_RESAMPLES = 1000
SEED = 20260
N_AT_ONCE = 4_000_000
"""Weights that are held in memory at once, one an image and resample."""

_DIGITS = 6


def metric(scores: SplitScores, name: str) -> tuple[float, float, float]:
    """Return a metric of `METRICS` and the ends of its 95 % interval.

    The interval is the percentile bootstrap's (Efron, 1979), within the classes: of each class one
    image fewer is drawn than it has, and counted for more, so that the variance isn't too small
    (Rao and Wu, 1988).

    Raises:
        KeyError: The metric isn't defined for these scores, see `defined`.
    """
    return _all_metrics(scores)[name]


def defined(scores: SplitScores) -> tuple[str, ...]:
    """Return the metrics that scores have: some are for two classes, some need all scores."""
    left = set()
    if scores.n_classes <= 5:
        left.add("top5")
    if scores.is_cut:
        left.add("brier")
    if scores.n_classes != 2:
        left |= {"roc_auc", "average_precision"}
    return tuple(name for name in METRICS if name not in left)


def predicted(scores: SplitScores) -> "NDArray[Any]":
    """Return the class of the highest score, (n,); of equal ones the first."""
    return by_image(scores).predicted


def own_score(scores: SplitScores) -> "Floats":
    """Return the log-probability of the true class, (n,)."""
    return by_image(scores).own


def uniform(n: int, seed: int) -> "Floats":
    """Return n numbers in [0, 1) that are the same with every version of NumPy."""
    import numpy as np

    raw = np.asarray(np.random.PCG64(seed).random_raw(n))
    raw >>= np.uint64(11)
    found: Floats = raw.astype(np.float64)
    found *= 2.0**-53
    return found


def resampled(label: "NDArray[Any]", n_resamples: int = N_RESAMPLES) -> "Iterator[Floats]":
    """Yield how much each image counts in each resample: some resamples a time, (b, n).

    Args:
        label: True classes, sorted, (n,).
    """
    import numpy as np

    _, start, size = np.unique(label, return_index=True, return_counts=True)
    drawn = np.maximum(size - 1, 1)
    first, of = np.repeat(start, drawn), np.repeat(size, drawn)
    counts_for = np.repeat(size / drawn, size)
    n, n_drawn = len(label), len(of)
    step = max(1, N_AT_ONCE // n)
    for done in range(0, n_resamples, step):
        b = min(step, n_resamples - done)
        luck = uniform(b * n_drawn, SEED + done).reshape(b, n_drawn)
        luck *= of
        chosen = luck.astype(np.int64)
        chosen += first
        chosen += n * np.arange(b)[:, None]
        yield np.bincount(chosen.ravel(), minlength=b * n).reshape(b, n) * counts_for


def _resampled(label: "NDArray[np.int32]") -> "Iterable[Floats]":
    """Return the resamples of true classes: those of the last ones again, if these are the same."""
    if len(label) * N_RESAMPLES > N_AT_ONCE:
        return resampled(label)
    return _all_resampled(label.astype("<i4").tobytes())


@lru_cache(maxsize=1)  # the tested runs of a study share their test pictures
def _all_resampled(label: bytes) -> "tuple[Floats, ...]":
    import numpy as np

    return tuple(resampled(np.frombuffer(label, "<i4")))


def _metrics(scores: SplitScores) -> dict[str, tuple[float, float, float]]:
    import numpy as np

    order = np.argsort(scores.label, kind="stable")
    names = defined(scores)
    of = _weighted(scores, order, names)
    points = of(np.ones((1, len(order))))[0]
    drawn = np.concatenate([of(weights) for weights in _resampled(scores.label[order])])
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    return {
        name: (rounded(points[i]), rounded(low[i]), rounded(high[i]))
        for i, name in enumerate(names)
    }


_all_metrics = Remembered(_metrics)


def rounded(value: Any) -> float:
    """Return a value to the digit that every machine agrees on."""
    return round(float(value), _DIGITS)


def _weighted(
    scores: SplitScores, order: "NDArray[Any]", names: Sequence[str]
) -> "Callable[[Floats], Floats]":
    """Return what computes metrics (b, n_metrics) of images that count differently, (b, n).

    Args:
        order: Of the images, by class.
    """
    import numpy as np

    label, answer = scores.label[order], predicted(scores)[order]
    right = (label == answer).astype(np.float64)
    linear = _linear(scores, order, right, names)
    by_answer = np.argsort(answer, kind="stable")
    classes, start = np.unique(label, return_index=True)
    answers, answer_start = np.unique(answer[by_answer], return_index=True)
    both = np.union1d(classes, answers)
    ranked = _ranked(scores, order) if "roc_auc" in names else None

    def compute(weights: "Floats") -> "Floats":
        hits, size, given = (np.zeros((len(weights), len(both))) for _ in range(3))
        hits[:, np.searchsorted(both, classes)] = np.add.reduceat(weights * right, start, axis=1)
        size[:, np.searchsorted(both, classes)] = np.add.reduceat(weights, start, axis=1)
        given[:, np.searchsorted(both, answers)] = np.add.reduceat(
            weights[:, by_answer], answer_start, axis=1
        )
        found = {name: weights @ values for name, values in linear.items()}
        found["macro_precision"] = _share(hits, given).mean(1)
        found["macro_recall"] = _share(hits, size).mean(1)
        found["macro_f1"] = _share(2 * hits, size + given).mean(1)
        if ranked is not None:
            found["roc_auc"], found["average_precision"] = _of_two(weights, *ranked)
        return np.stack([found[name] for name in names], axis=1)

    return compute


def _linear(
    scores: SplitScores, order: "NDArray[Any]", right: "Floats", names: Sequence[str]
) -> "dict[str, Floats]":
    """Return what each image adds to the metrics that are sums over images."""
    import numpy as np

    label, n = scores.label[order], len(order)
    _, place, size = np.unique(label, return_inverse=True, return_counts=True)
    found = {
        "mean_class_accuracy": right / (len(size) * size[place]),
        "nll": -own_score(scores)[order],
    }
    found["nll"] /= n
    if "top5" in names:
        found["top5"] = by_image(scores).among_five[order] / n
    if "brier" in names:
        own = np.exp(own_score(scores))
        found["brier"] = (by_image(scores).squares - 2 * own + 1)[order] / n
    return found


def _ranked(
    scores: SplitScores, order: "NDArray[Any]"
) -> "tuple[NDArray[Any], NDArray[np.bool_], NDArray[Any]]":
    """Rank images by how much more likely the second class is than the first.

    Returns:
        Places by falling difference, (n,); whether each is of the second class; where each
        different value begins.
    """
    import numpy as np

    values = scores.log_probability[order].astype(np.float64)
    difference = values[:, 1] - values[:, 0]
    falling = np.argsort(-difference, kind="stable")
    _, start = np.unique(-difference[falling], return_index=True)
    return falling, scores.label[order][falling] == 1, start


def _of_two(
    weights: "Floats", falling: "NDArray[Any]", second: "NDArray[np.bool_]", start: "NDArray[Any]"
) -> "tuple[Floats, Floats]":
    """Return the area under the ROC curve, and average precision, of the second class, (b,)."""
    import numpy as np

    weights = weights[:, falling]
    yes = np.add.reduceat(weights * second, start, axis=1)
    no = np.add.reduceat(weights * ~second, start, axis=1)
    all_yes, all_no = yes.sum(1), no.sum(1)
    below = all_no[:, None] - no.cumsum(1)
    area = _share((yes * (below + no / 2)).sum(1), all_yes * all_no)
    precision = _share(yes.cumsum(1), (yes + no).cumsum(1))
    return area, _share((yes * precision).sum(1), all_yes)


def _share(part: "Floats", whole: "Floats") -> "Floats":
    """Divide; nothing of nothing is 0."""
    import numpy as np

    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
