"""Cross-validation of known truth: networks that differ only in how clearly they see classes.

    python bench/known_folds.py        how often tests call two equally good networks different

Each network is a classifier by the nearest class mean, which is trained in each fold; it sees
features of its own, so that equally good ones err on different pictures.
"""

from collections.abc import Sequence

import numpy as np

from report.evidence.resampling import corrected_t, pictures_t
from report.evidence.statistics import SIGNIFICANCE, paired_t

K = 5
N_FEATURES = 6

Dice = np.random.Generator


def over_folds(
    dice: Dice, clearness: Sequence[float], label: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Train each network in each fold of a pool, and test it on other pictures.

    Args:
        clearness: Of each network: how far apart its features put two classes, in deviations.
        label: Classes of the pool, and of the test pictures, (N,), as many of each.

    Returns:
        Guesses for the test pictures, (networks, folds, N), and validation accuracies,
        (networks, folds).
    """
    n, n_classes = len(label), int(label.max()) + 1
    fold = np.arange(n) % K
    guesses = np.empty((len(clearness), K, n), np.int64)
    accuracies = np.empty((len(clearness), K))
    corners = np.eye(n_classes, N_FEATURES) / np.sqrt(2)  # at distance 1 from each other
    for i, apart in enumerate(clearness):
        pool, tested = (apart * corners[label] + dice.normal(size=(n, N_FEATURES)) for _ in "ab")
        for k in range(K):
            trained, held_out = fold != k, fold == k
            means = np.stack([pool[trained & (label == name)].mean(0) for name in range(n_classes)])
            guesses[i, k] = _nearest(tested, means)
            accuracies[i, k] = (_nearest(pool[held_out], means) == label[held_out]).mean()
    return guesses, accuracies


def _nearest(pictures: np.ndarray, means: np.ndarray) -> np.ndarray:
    distances = ((pictures[:, None] - means) ** 2).sum(2)
    return distances.argmin(1)


def wrong(dice: Dice, label: np.ndarray, n_pairs: int) -> dict[str, float]:
    """Return how often each test calls one of two equal networks better."""
    n = len(label)
    n_train, n_held_out = n - n // K, n // K
    found: dict[str, list[float]] = {}
    for _ in range(n_pairs):
        guesses, held_out = over_folds(dice, [2.1, 2.1], label)
        tested = (guesses == label).mean(2).tolist()
        of_folds = corrected_t(*tested, n_train, n)
        of_pictures = pictures_t(label.tolist(), *guesses.reshape(2 * K, -1).tolist())
        for name, p in {
            "plain t test, test pictures": paired_t(*tested),
            "corrected t test, test pictures": of_folds,
            "t test over test pictures": of_pictures,
            "the larger p of the last two": max(of_folds, of_pictures),
            "plain t test, each fold's own pictures": paired_t(*held_out.tolist()),
            "corrected t test, each fold's own pictures": corrected_t(
                *held_out.tolist(), n_train, n_held_out
            ),
        }.items():
            found.setdefault(name, []).append(p)
    return {name: float(np.mean(np.array(p) < SIGNIFICANCE)) for name, p in found.items()}


def main() -> None:
    label = np.repeat(np.arange(4), 100)
    for name, rate in wrong(np.random.default_rng(0), label, 2000).items():
        print(f"| {name} | {rate:.1%} |")


if __name__ == "__main__":
    main()
