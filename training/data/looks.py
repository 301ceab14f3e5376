"""Measure how pictures look, and whether splits or classes can be told by that alone.

A few numbers a picture, of a sample of its decoded pixels: that costs little beside decoding.
"""

import concurrent.futures
import math
import os
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from training.byte_names import escaped
from training.data.checked_pixels import Pixels
from training.data.splits import Splits
from training.holm import holm
from training.kolmogorov import p_value
from training.plurals import counted
from training.records import (
    SPLITS,
    Feature,
    FeatureLooks,
    Five,
    Looks,
    Outstanding,
    OutstandingKind,
)

FEATURES: tuple[Feature, ...] = get_args(Feature)
OF_PIXELS = FEATURES[:8]
"""Those that are measured on decoded pixels; the others on the file."""

ON_A_SCALE_OF_RATIOS: tuple[Feature, ...] = ("aspect_ratio", "pixels", "file_bytes")

CHUNK = 32
"""Pictures measured at a time."""

SAMPLED, LINES = 20, 8
"""Rows and columns of a picture that are looked at, and rows of which sharpness is measured."""

GREY = np.array((0.299, 0.587, 0.114), np.float32) / 255

MOST_ASKED = 2000
"""Validation pictures that are asked which class a feature tells; of more, evenly spaced ones."""

MOST_NEAR = 30
"""Train pictures of which the nearest are asked for their class."""

MOST_CLASSES = 200
SHOWN = 4

FAR = 1.5
"""Times the distance of the quartiles by which a picture must lie beyond them (Tukey, 1977)."""

TOLD, ENOUGH = 0.9, 10
"""Share of a class's validation pictures, and of the answers, that must be right for the class to
be told by a feature; and how many pictures that takes."""

SIGNIFICANCE = 0.05

LARGE = 0.1
"""Distance of two distributions from which a difference is worth a word."""

KINDS: dict[OutstandingKind, tuple[Feature, int]] = {
    "dark": ("brightness", -1),
    "bright": ("brightness", 1),
    "blurred": ("sharpness", -1),
    "tiny": ("pixels", -1),
    "long": ("aspect_ratio", 0),
}
"""Which feature a picture stands out by, and on which side: below, above, or either."""


def of_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Measure some pictures.

    Args:
        pixels: (N, S, S, 3).

    Returns:
        (N, 8), see `OF_PIXELS`.
    """
    n, side = pixels.shape[:2]
    step = max(1, side // SAMPLED)
    red, green, blue = (
        pixels[:, ::step, ::step, channel].astype(np.float32) for channel in range(3)
    )
    grey = GREY[0] * red + GREY[1] * green + GREY[2] * blue
    edge = np.concatenate([grey[:, 0], grey[:, -1], grey[:, 1:-1, 0], grey[:, 1:-1, -1]], axis=1)
    mean, deviation = _spread(grey.reshape(n, -1))
    border, of_border = _spread(edge)
    means = [channel.reshape(n, -1).mean(1) / 255 for channel in (red, green, blue)]
    sharpness = _sharpness(pixels, max(1, side // LINES))
    found = (mean, deviation, sharpness, *means, border, of_border)
    return np.column_stack(found).astype(np.float64)


def _spread(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and standard deviation of each row."""
    mean = values.mean(1)
    apart = values - mean[:, None]
    return mean, np.sqrt(np.einsum("ij,ij->i", apart, apart) / values.shape[1])


def _sharpness(pixels: NDArray[np.uint8], step: int) -> NDArray[np.float32]:
    """Return log10(1 + variance of the Laplacian) of each picture's green channel, some rows."""
    n, side = pixels.shape[:2]
    if side < 3:
        return np.zeros(n, np.float32)
    first = min(step // 2, side - 3)
    above, here, below = (
        pixels[:, first + i : side - 2 + i : step, :, 1].astype(np.float32) for i in range(3)
    )
    laplacian = 4 * here[..., 1:-1] - here[..., :-2] - here[..., 2:]
    laplacian -= above[..., 1:-1]
    laplacian -= below[..., 1:-1]
    _, deviation = _spread(laplacian.reshape(n, -1))
    return np.log10(1 + deviation**2)


def measure(
    pixels: Pixels, root: Path, paths: Sequence[str], sizes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return all features of all pictures, (N, 11), in the order of `FEATURES`.

    Args:
        pixels: (N, S, S, 3).
        sizes: Width and height of each file's picture, (N, 2).
    """
    chunks = (pixels[i : i + CHUNK] for i in range(0, len(pixels), CHUNK))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(of_pixels, chunks))
    return with_files(np.concatenate(parts), root, paths, sizes)


def with_files(
    measured: NDArray[np.float64],
    root: Path,
    paths: Sequence[str],
    sizes: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Put what files say beside what pixels say, (N, 8) to (N, 11)."""
    shape = sizes.astype(np.float64).clip(1)
    n_bytes = np.array([_n_bytes(root / path) for path in paths], np.float64)
    return np.column_stack([measured, shape[:, 0] / shape[:, 1], shape.prod(1), n_bytes])


def _n_bytes(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def describe_looks(
    measured: NDArray[np.float64],
    labels: NDArray[np.int64],
    splits: Splits,
    n_classes: int,
    paths: Sequence[str],
) -> tuple[Looks, list[int]]:
    """Sum up how the pictures look; also return the rows of those that stand out, as listed.

    Args:
        measured: See `measure`.
        labels: Class number of each row.
        paths: Of each row.
    """
    tests = {
        (name, split): two_samples(column[splits["train"]], column[splits[split]])
        for name, column in zip(FEATURES, measured.T, strict=True)
        for split in SPLITS[1:]
    }
    corrected = dict(zip(tests, holm([p for _, p in tests.values()]), strict=True))
    features = []
    classes = _by_class(measured, labels, splits["train"], n_classes)
    for name, column, of_classes in zip(FEATURES, measured.T, classes, strict=True):
        told, accuracy, limit = _told(column, labels, splits, n_classes)
        features.append(
            FeatureLooks(
                feature=name,
                train=_five(column[splits["train"]]),
                validation=_five(column[splits["validation"]]),
                test=_five(column[splits["test"]]),
                classes=of_classes,
                validation_distance=tests[name, "validation"][0],
                validation_p=corrected[name, "validation"],
                test_distance=tests[name, "test"][0],
                test_p=corrected[name, "test"],
                class_accuracy=accuracy,
                limit=limit,
                class_told=told[0] if told else None,
                class_told_right=told[1] if told else 0,
                class_told_of=told[2] if told else 0,
            )
        )
    counts, outstanding, rows = _outstanding(measured, splits, paths)
    return Looks(features, counts, outstanding), rows


def _five(values: NDArray[np.float64]) -> Five:
    """Return minimum, quartiles and maximum; zeros of nothing."""
    if not len(values):
        return (0.0,) * 5
    low, first, median, third, high = map(_rounded, np.quantile(values, (0, 0.25, 0.5, 0.75, 1)))
    return low, first, median, third, high


def _by_class(
    measured: NDArray[np.float64], labels: NDArray[np.int64], train: NDArray[np.int64], n: int
) -> list[list[tuple[float, float, float]]]:
    """Return the quartiles of each class's train pictures for each feature; nothing of many."""
    if n > MOST_CLASSES:
        return [[] for _ in FEATURES]
    quartiles = np.zeros((n, 3, len(FEATURES)))
    for i in range(n):
        own = train[labels[train] == i]
        if len(own):
            quartiles[i] = np.quantile(measured[own], (0.25, 0.5, 0.75), axis=0)
    return [
        [(_rounded(a), _rounded(b), _rounded(c)) for a, b, c in quartiles[:, :, place]]
        for place in range(len(FEATURES))
    ]


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


def two_samples(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float]:
    """Return Kolmogorov and Smirnov's distance of two samples and its asymptotic p-value.

    Where values are equal the p-value is too large rather than too small.
    """
    if not len(first) or not len(second):
        return 0.0, 1.0
    first, second = np.sort(first), np.sort(second)
    both = np.concatenate([first, second])
    shares = [np.searchsorted(x, both, side="right") / len(x) for x in (first, second)]
    distance = float(np.abs(shares[0] - shares[1]).max())
    return distance, p_value(distance, len(first), len(second))


def _told(
    column: NDArray[np.float64], labels: NDArray[np.int64], splits: Splits, n_classes: int
) -> tuple[tuple[int, int, int] | None, float, float]:
    """Classify validation pictures by one feature, fitted on train; the classes count alike.

    Returns:
        The class that is told, how many of its pictures are, and of how many; the mean accuracy
        over the classes; and up to where that can't be told from guessing.
    """
    train, validation = splits["train"], splits["validation"]
    if not len(train) or not len(validation):
        return None, 0.0, 1.0
    validation = validation[:: -(-len(validation) // MOST_ASKED)]
    answers = by_neighbours(column[train], labels[train], column[validation], n_classes)
    truth = labels[validation]
    sizes, given = (np.bincount(x, minlength=n_classes) for x in (truth, answers))
    right = np.bincount(truth[truth == answers], minlength=n_classes)
    there = sizes > 0
    accuracy = float((right[there] / sizes[there]).mean())
    limit = guessing_limit(given, sizes, len(FEATURES))
    told = (sizes >= ENOUGH) & (right >= TOLD * sizes) & (right >= TOLD * given)
    if not told.any():
        return None, accuracy, limit
    best = int(np.where(told, right / np.maximum(sizes, 1), -1).argmax())
    return (best, int(right[best]), int(sizes[best])), accuracy, limit


def by_neighbours(
    values: NDArray[np.float64], labels: NDArray[np.int64], asked: NDArray[np.float64], n: int
) -> NDArray[np.int64]:
    """Answer with the class that is overrepresented most among the nearest values.

    Their number is the root of the number of values. Equal values count in random order, which is
    the same each time.

    Args:
        labels: Of the values, below `n`.
    """
    near = int(np.clip(round(math.sqrt(len(values))), 1, MOST_NEAR))
    shuffled = np.random.Generator(np.random.PCG64(0)).random(len(values))
    order = np.lexsort((shuffled, values))
    values, labels = values[order], labels[order]
    first, last = (np.searchsorted(values, asked, side=side) for side in ("left", "right"))
    middle = (first + last) // 2
    places = middle[:, None] + np.arange(-near, near)
    inside = (places >= 0) & (places < len(values))
    places = places.clip(0, len(values) - 1)
    distance = np.where(inside, np.abs(values[places] - asked[:, None]), np.inf)
    nearest = np.argpartition(distance, near - 1, axis=1)[:, :near]
    rows = np.arange(len(asked))[:, None]
    inside, found = inside[rows, nearest], labels[places[rows, nearest]]
    weight = 1 / np.maximum(np.bincount(labels, minlength=n), 1)
    votes = np.bincount(
        (rows * n + found)[inside], weights=weight[found[inside]], minlength=len(asked) * n
    )
    answers: NDArray[np.int64] = votes.reshape(len(asked), n).argmax(1)
    return answers


def guessing_limit(given: NDArray[np.int64], sizes: NDArray[np.int64], n_looks: int) -> float:
    """Return up to which a mean over classes can't be told from answers that ignore the picture.

    By Hoeffding's variance (1951) of a sum over random permutations, exceeded by chance in one of
    forty times `n_looks`.
    """
    n, there = int(sizes.sum()), sizes > 0
    if n < 2:
        return 1.0
    spread = (given * (1 - given / n))[there] / sizes[there]
    error = math.sqrt(float(spread.sum()) / (n - 1)) / int(there.sum())
    level = statistics.NormalDist().inv_cdf(1 - SIGNIFICANCE / 2 / n_looks)
    return 1 / int(there.sum()) + level * error


def _outstanding(
    measured: NDArray[np.float64], splits: Splits, paths: Sequence[str]
) -> tuple[dict[OutstandingKind, int], list[Outstanding], list[int]]:
    """Find the pictures that lie far beyond the quartiles of all that are used."""
    used = np.unique(np.concatenate([splits[split] for split in SPLITS]))
    counts: dict[OutstandingKind, int] = {}
    found, rows = [], []
    for kind, (feature, side) in KINDS.items():
        values = measured[used, FEATURES.index(feature)]
        far = _how_far(np.log(values) if feature in ON_A_SCALE_OF_RATIOS else values, side)
        order = [i for i in np.argsort(-far, kind="stable").tolist() if far[i] > FAR]
        if order:
            counts[kind] = len(order)
        for i in order[:SHOWN]:
            row = int(used[i])
            split = next(name for name in SPLITS if row in splits[name])
            found.append(Outstanding(kind, escaped(paths[row]), split, _rounded(values[i])))
            rows.append(row)
    return counts, found, rows


def _how_far(values: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Return how many distances of the quartiles each value lies beyond them.

    Where more than half of the values are equal, the others have no measure to be far by.
    """
    low, high = np.quantile(values, (0.25, 0.75))
    if high <= low:
        return np.zeros(len(values))
    below, above = (low - values) / (high - low), (values - high) / (high - low)
    far: NDArray[np.float64] = below if side < 0 else above
    return far if side else np.maximum(below, above)


NAMES: dict[Feature, str] = {
    "border": "the border’s brightness", "border_contrast": "the border’s contrast",
    "aspect_ratio": "aspect ratio", "pixels": "number of pixels", "file_bytes": "file size",
    "red": "mean red", "green": "mean green", "blue": "mean blue",
}  # fmt: skip


def name_of(feature: Feature) -> str:
    """Return what a feature is called."""
    return NAMES.get(feature, feature)


def drifting(looks: Looks) -> list[tuple[FeatureLooks, str, float]]:
    """Return the features by which a split differs from train, the farthest first."""
    found = [
        (item, split, getattr(item, f"{split}_distance"))
        for item in looks.features
        for split in SPLITS[1:]
        if getattr(item, f"{split}_p") < SIGNIFICANCE
        and getattr(item, f"{split}_distance") >= LARGE
    ]
    return sorted(found, key=lambda item: -item[2])


def gives_away(item: FeatureLooks, n_classes: int) -> bool:
    """Tell whether a feature alone tells classes: by more than chance, and enough to mind."""
    chance = 1 / max(1, n_classes)
    return item.class_accuracy > max(item.limit, chance + LARGE * (1 - chance))


def lines(looks: Looks, classes: Sequence[str]) -> list[str]:
    """Say in a few lines what is to be minded."""
    said = [
        f"{split} differs from train in {name_of(item.feature)} (distance {distance:.2f})"
        for item, split, distance in drifting(looks)[:3]
    ]
    chance = 1 / max(1, len(classes))
    best = max(looks.features, key=lambda item: item.class_accuracy)
    if gives_away(best, len(classes)):
        said.append(
            f"{name_of(best.feature)} alone tells the class of {best.class_accuracy:.1%} of the "
            f"validation images, the mean over classes; guessing tells {chance:.1%}"
        )
    for item in looks.features:
        if item.class_told is not None:
            name = escaped(classes[item.class_told])
            said.append(f"{name_of(item.feature)} alone tells {name} from all other classes")
            break
    kinds = [f"{n} {kind}" for kind, n in looks.n_outstanding.items()]
    if kinds:
        first = looks.outstanding[0]
        n = sum(looks.n_outstanding.values())
        said.append(f"{counted(n, 'image')} {'stands' if n == 1 else 'stand'} out: "
                    f"{', '.join(kinds)}; the first is {first.path}")  # fmt: skip
    return said
