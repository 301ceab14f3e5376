"""The statistics behind every "better": intervals for accuracies, tests for two models.

Those for one seed are written out with `math`, so that rendering needs no scipy; tests hold them to
scipy. Student's distribution, for several seeds, is scipy's own.
"""

import math
import statistics
from collections.abc import Sequence

from report.evidence.by_picture import same_length
from training.records import integers

Z_95 = 1.959963984540054
"""97.5 % quantile of the normal distribution."""

SIGNIFICANCE = 0.05
"""A difference is called one where the test gives p below this; McNemar's for every seed."""


def wilson_interval(n_correct: float, n: float, z: float = Z_95) -> tuple[float, float]:
    """Return the score interval of a proportion (Wilson, 1927, without continuity correction).

    Args:
        n_correct: Successes, 0 to n.
        n: Trials, above 0.
        z: Normal quantile; the default gives 95 %.

    Returns:
        Lower and upper end, in [0, 1].
    """
    p = n_correct / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def newcombe_interval(
    n_correct: float, n: float, other_correct: float, other_n: float
) -> tuple[float, float]:
    """Return the 95 % score interval of a difference of proportions (Newcombe, 1998, method 11).

    It is built from Wilson's intervals with continuity correction: without, differences that aren't
    there are claimed in up to 5.6 % of pairs of 100 pictures each, with it in less than 5 %.
    The samples count as independent; for answers to the same pictures, which mostly agree, it is
    wider than it would have to be.

    Returns:
        Lower and upper end of first minus other, in [-1, 1].
    """
    p, q = n_correct / n, other_correct / other_n
    low, high = _wilson_corrected(n_correct, n)
    other_low, other_high = _wilson_corrected(other_correct, other_n)
    return (
        p - q - math.hypot(p - low, other_high - q),
        p - q + math.hypot(high - p, q - other_low),
    )


def _wilson_corrected(n_correct: float, n: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval with continuity correction (Newcombe, 1998, method 4)."""
    p, z, twice = n_correct / n, Z_95, 2 * (n + Z_95 * Z_95)
    below = z * math.sqrt(max(0.0, z * z - 2 - 1 / n + 4 * p * (n * (1 - p) + 1)))
    above = z * math.sqrt(max(0.0, z * z + 2 - 1 / n + 4 * p * (n * (1 - p) - 1)))
    low = 0.0 if n_correct <= 0 else max(0.0, (2 * n * p + z * z - 1 - below) / twice)
    high = 1.0 if n_correct >= n else min(1.0, (2 * n * p + z * z + 1 + above) / twice)
    return low, high


def paired_interval(only_first: int, only_second: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a difference of two shares of the same pictures.

    The adjusted Wald interval of Bonett and Price (2012). Where the exact McNemar test, which is a
    little more cautious, finds no difference, it reaches to zero, so that both say the same.

    Args:
        only_first: Pictures that only the first model gets right.
        only_second: Those that only the second does.
        n: All pictures.

    Returns:
        Lower and upper end of first minus second, in [-1, 1].
    """
    first, second = (only_first + 1) / (n + 2), (only_second + 1) / (n + 2)
    centre = first - second
    half = Z_95 * math.sqrt((first + second - centre * centre) / (n + 2))
    low, high = max(-1.0, centre - half), min(1.0, centre + half)
    if mcnemar_exact(only_first, only_second) >= SIGNIFICANCE:
        low, high = min(low, 0.0), max(high, 0.0)
    return low, high


def student_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return Student's 95 % interval of the mean of at least two accuracies, within [0, 1]."""
    from scipy.special import stdtrit

    n = len(values)
    half = float(stdtrit(n - 1, 0.975)) * statistics.stdev(values) / math.sqrt(n)
    mean = statistics.fmean(values)
    return max(0.0, mean - half), min(1.0, mean + half)


def paired_t(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the two-sided p-value of the paired t test (Student, 1908).

    Args:
        first: At least two accuracies, one a seed.
        second: The other model's, in the same order of seeds.
    """
    from scipy.special import stdtr

    differences = [a - b for a, b in zip(first, second, strict=True)]
    n, mean = len(differences), statistics.fmean(differences)
    deviation = statistics.stdev(differences)
    if deviation <= 1e-12:
        return 1.0 if abs(mean) <= 1e-12 else 0.0
    t = mean / deviation * math.sqrt(n)
    return min(1.0, 2 * float(stdtr(n - 1, -abs(t))))


def discordant(
    label: Sequence[int], first: Sequence[int], second: Sequence[int]
) -> tuple[int, int]:
    """Count the pictures that only the first, and only the second, model gets right."""
    true, a, b = same_length(label, first, second)
    mine, theirs = a == true, b == true
    return int((mine & ~theirs).sum()), int((theirs & ~mine).sum())


def confused(label: Sequence[int], predicted: Sequence[int], true: int, guess: int) -> int:
    """Count the pictures of class `true` that were taken for class `guess`."""
    labels, answers = same_length(label, predicted)
    return int(((labels == true) & (answers == guess)).sum())


def by_class(classes: Sequence[int], n_classes: int) -> list[int]:
    """Count how often each class is in a list of class numbers."""
    import numpy as np

    found = integers(classes)
    known = found[(found >= 0) & (found < n_classes)]
    counts: list[int] = np.bincount(known, minlength=n_classes).tolist()
    return counts


def right_by_class(label: Sequence[int], predicted: Sequence[int], n_classes: int) -> list[int]:
    """Count the pictures of each class that were named rightly."""
    true, answers = same_length(label, predicted)
    return by_class(true[true == answers], n_classes)


def class_gain(
    label: Sequence[int], first: Sequence[int], second: Sequence[int], index: int
) -> float:
    """Return how much larger a share of one class the first model names rightly."""
    true, a, b = same_length(label, first, second)
    own = true == index
    gained = int((a[own] == index).sum()) - int((b[own] == index).sum())
    return gained / int(own.sum())


def class_shares(
    label: Sequence[int], predicted: Sequence[int], sizes: Sequence[int]
) -> tuple[list[float], list[int]]:
    """Return which share of each class is named rightly, and its size elsewhere.

    Classes without a picture among the labels are left out.

    Args:
        sizes: By class number.
    """
    n, right = by_class(label, len(sizes)), right_by_class(label, predicted, len(sizes))
    there = [i for i in range(len(sizes)) if n[i]]
    return [right[i] / n[i] for i in there], [sizes[i] for i in there]


def wrong_alike(label: Sequence[int], *predicted: Sequence[int]) -> list[int]:
    """Return the places that all of some models get wrong with the same answer."""
    import numpy as np

    true, first, *others = same_length(label, *predicted)
    alike = first != true
    for answers in others:
        alike &= answers == first
    places: list[int] = np.flatnonzero(alike).tolist()
    return places


def n_perfect(label: Sequence[int], predicted: Sequence[int]) -> int:
    """Count the classes of which every picture was named rightly."""
    import numpy as np

    true, answers = same_length(label, predicted)
    return len(np.setdiff1d(true, true[true != answers]))


def n_right_without(label: Sequence[int], predicted: Sequence[int], left: Sequence[int]) -> int:
    """Count the pictures named rightly, those at some places left aside."""
    true, answers = same_length(label, predicted)
    right = true == answers
    right[[place for place in left if 0 <= place < len(right)]] = False
    return int(right.sum())


def mean_where(
    right: bool, label: Sequence[int], predicted: Sequence[int], values: Sequence[float]
) -> float:
    """Return the mean of some values of the pictures named rightly, or of the others."""
    import numpy as np

    true, answers = same_length(label, predicted)
    chosen = np.asarray(values, np.float64)[(true == answers) == right]
    return statistics.fmean(chosen.tolist())


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of the exact McNemar test (McNemar, 1947).

    Under the null hypothesis each discordant picture is a fair coin; this is the binomial test.
    """
    n = only_first + only_second
    k = min(only_first, only_second)
    if n == 0:
        return 1.0
    log_half = n * math.log(2)
    tail = math.fsum(math.exp(_log_choose(n, i) - log_half) for i in range(k + 1))
    return min(1.0, 2 * tail)


def homogeneity(n: int, counts: Sequence[int]) -> float:
    """Return the p-value of Pearson's chi-squared test that several shares are the same (1900).

    The samples count as independent; where they are answers to the same pictures, which mostly
    agree, a difference has to be larger than it would have to be.

    Args:
        n: Trials of each.
        counts: Successes of each, at least two.
    """
    from scipy.special import chdtrc

    share = sum(counts) / (n * len(counts))
    if share in (0.0, 1.0):
        return 1.0
    distance = math.fsum((count - n * share) ** 2 for count in counts)
    return float(chdtrc(len(counts) - 1, distance / (n * share * (1 - share))))


def two_shares(n_correct: float, n: float, other_correct: float, other_n: float) -> float:
    """Return the p-value that two samples have the same share, of pictures that aren't the same.

    Pearson's chi-squared test (1900) with Yates' correction for continuity (1934).
    """
    share = (n_correct + other_correct) / (n + other_n)
    if share in (0.0, 1.0):
        return 1.0
    variance = share * (1 - share) * (1 / n + 1 / other_n)
    apart = abs(n_correct / n - other_correct / other_n)
    least = max(0.0, apart - (1 / n + 1 / other_n) / 2)
    return math.erfc(least / math.sqrt(2 * variance))


def of_classes(values: Sequence[int], label: Sequence[int], among: Sequence[int]) -> list[int]:
    """Return the values of those pictures whose true class is among some."""
    wanted = set(among)
    return [value for value, true in zip(values, label, strict=True) if true in wanted]


def right_bits(right: str) -> int:
    """Read `ValidationAnswers.right`: a bit an image, as one number."""
    return int(right or "0", 16)


def only_first_right(first: str, second: str) -> int:
    """Count the images that the first of two `ValidationAnswers.right` has and the second hasn't.

    Raises:
        ValueError: They aren't of equally many images.
    """
    if len(first) != len(second):
        raise ValueError("answers to different pictures")
    return (right_bits(first) & ~right_bits(second)).bit_count()


def class_accuracy(right: Sequence[int], sizes: Sequence[int]) -> float:
    """Return the mean over classes of the share that is named rightly, empty classes aside.

    Answers that don't depend on the picture give one in the number of classes in expectation,
    whichever they are and however uneven the classes.

    Args:
        right: Images of each class named rightly.
        sizes: Images of each class; of one class at least one.
    """
    return statistics.fmean(r / n for r, n in zip(right, sizes, strict=True) if n)


def guessing_limit(given: Sequence[int], sizes: Sequence[int], n_looks: int = 1) -> float:
    """Return up to which `class_accuracy` answers can't be told from ones that ignore the picture.

    Among all ways to hand the answers out to the images the sum has a variance in closed form
    (Hoeffding, 1951); its normal approximation is exceeded by chance in one of forty.

    Args:
        given: How often each class was answered.
        sizes: Images of each class.
        n_looks: Epochs among which the best was picked; the level is divided by it (Bonferroni).
    """
    n, n_classes = sum(sizes), sum(size > 0 for size in sizes)
    if n < 2:
        return 1.0
    spread = sum(a * (1 - a / n) / size for a, size in zip(given, sizes, strict=True) if size)
    error = math.sqrt(spread / (n - 1)) / n_classes
    level = statistics.NormalDist().inv_cdf(1 - SIGNIFICANCE / 2 / n_looks)
    return 1 / n_classes + level * error


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
