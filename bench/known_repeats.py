"""Repeated trainings of known truth: networks that differ only in how clearly they see classes.

    python bench/known_repeats.py      how often tests call two equally good networks different

Each network is a classifier by the nearest class mean, which is trained in each fold, or with each
seed on the pictures that this one draws; it sees features of its own, so that equally good ones err
on different pictures.
"""

from collections.abc import Sequence

import numpy as np

from report.evidence.resampling import corrected_t, min_f_of_answers
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
    fold = np.arange(len(label)) % K
    return _repeated(dice, clearness, label, [(fold != k, fold == k) for k in range(K)])


def over_seeds(dice: Dice, clearness: Sequence[float], label: np.ndarray, drawn: int) -> np.ndarray:
    """Train each network with each of `K` seeds, and test it on other pictures.

    Args:
        clearness: See `over_folds`.
        label: Likewise.
        drawn: How many pictures each seed draws to train on: the fewer, the more seeds differ.

    Returns:
        Guesses for the test pictures, (networks, seeds, N).
    """
    # Each network draws anew: its random starts are its own.
    guesses = [
        _repeated(dice, [apart], label, [(_draw(dice, label, drawn),) * 2 for _ in range(K)])[0]
        for apart in clearness
    ]
    return np.concatenate(guesses)


def _draw(dice: Dice, label: np.ndarray, drawn: int) -> np.ndarray:
    """Draw pictures, at least one of each class: a mask, (N,)."""
    order = dice.permutation(len(label))
    chosen = np.isin(np.arange(len(label)), order[:drawn])
    chosen[order[np.unique(label[order], return_index=True)[1]]] = True
    return chosen


def _repeated(
    dice: Dice,
    clearness: Sequence[float],
    label: np.ndarray,
    parts: Sequence[tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray]:
    n, n_classes = len(label), int(label.max()) + 1
    guesses = np.empty((len(clearness), len(parts), n), np.int64)
    accuracies = np.empty((len(clearness), len(parts)))
    corners = np.eye(n_classes, N_FEATURES) / np.sqrt(2)  # at distance 1 from each other
    for i, apart in enumerate(clearness):
        pool, tested = (apart * corners[label] + dice.normal(size=(n, N_FEATURES)) for _ in "ab")
        for k, (trained, held_out) in enumerate(parts):
            means = np.stack([pool[trained & (label == name)].mean(0) for name in range(n_classes)])
            guesses[i, k] = _nearest(tested, means)
            accuracies[i, k] = (_nearest(pool[held_out], means) == label[held_out]).mean()
    return guesses, accuracies


def _nearest(pictures: np.ndarray, means: np.ndarray) -> np.ndarray:
    distances = ((pictures[:, None] - means) ** 2).sum(2)
    return distances.argmin(1)


def wrong_over_folds(dice: Dice, label: np.ndarray, n_pairs: int) -> dict[str, float]:
    """Return how often each test calls one of two equal networks better."""
    n = len(label)
    n_train, n_held_out = n - n // K, n // K
    found: dict[str, list[float]] = {}
    for _ in range(n_pairs):
        guesses, held_out = over_folds(dice, [2.1, 2.1], label)
        tested = (guesses == label).mean(2).tolist()
        of_folds = corrected_t(*tested, n_train, n)
        of_both = min_f_of_answers(label.tolist(), guesses.reshape(2 * K, -1).tolist(), n / n_train)
        for name, p in {
            "plain t test, test pictures": paired_t(*tested),
            "corrected t test, test pictures": of_folds,
            "min F′ over folds and test pictures": of_both,
            "the larger p of the last two": max(of_folds, of_both),
            "plain t test, each fold's own pictures": paired_t(*held_out.tolist()),
            "corrected t test, each fold's own pictures": corrected_t(
                *held_out.tolist(), n_train, n_held_out
            ),
        }.items():
            found.setdefault(name, []).append(p)
    return _rates(found)


def wrong_over_seeds(dice: Dice, label: np.ndarray, n_pairs: int, drawn: int) -> dict[str, float]:
    """Return the same over seeds; see `over_seeds`."""
    found: dict[str, list[float]] = {}
    for _ in range(n_pairs):
        guesses = over_seeds(dice, [2.1, 2.1], label, drawn)
        of_seeds = paired_t(*(guesses == label).mean(2).tolist())
        of_both = min_f_of_answers(label.tolist(), guesses.reshape(2 * K, -1).tolist())
        for name, p in {
            "paired t test over seeds": of_seeds,
            "min F′ over seeds and test pictures": of_both,
            "the larger p of both": max(of_seeds, of_both),
        }.items():
            found.setdefault(f"{name}, {drawn} pictures drawn", []).append(p)
    return _rates(found)


def _rates(found: dict[str, list[float]]) -> dict[str, float]:
    return {name: float(np.mean(np.array(p) < SIGNIFICANCE)) for name, p in found.items()}


def main() -> None:
    label = np.repeat(np.arange(4), 100)
    found = wrong_over_folds(np.random.default_rng(0), label, 2000)
    for drawn in (300, 100, 30):
        found |= wrong_over_seeds(np.random.default_rng(0), label, 2000, drawn)
    for name, rate in found.items():
        print(f"| {name} | {rate:.1%} |")


if __name__ == "__main__":
    main()
