"""Scores for the runs of a fake study, which agree with their other records."""

import hashlib

import msgspec
import numpy as np

from training.records import Dataset, Metrics, Predictions, StudyFolder, encode_scores, write_bytes


def with_scores(
    metrics: Metrics, predictions: Predictions, dataset: Dataset, paths: StudyFolder
) -> Metrics:
    """Write `scores.npy`; return a record that speaks of it and has its test loss."""
    assert metrics.validation is not None
    assert metrics.test is not None
    seed = hashlib.sha256(f"{metrics.id}-{metrics.seed}".encode()).digest()[:4]
    dice = np.random.default_rng(int.from_bytes(seed, "big"))
    n_classes = len(dataset.classes)
    label = np.array(predictions.label)
    test = scores_of(label, np.array(predictions.predicted), predictions.probability, n_classes)
    truth = np.repeat(np.arange(n_classes), dataset.counts.validation)
    right = dice.permutation(len(truth)) < round(metrics.validation.accuracy * len(truth))
    given = np.where(right, truth, (truth + 1) % n_classes)
    sure = dice.uniform(0.4, 0.99, len(truth)).round(4)
    validation = scores_of(truth, given, sure, n_classes)
    found = encode_scores((label, test), (truth, validation))
    assert found is not None
    content, kept = found
    write_bytes(paths.scores(metrics.id, metrics.seed), content)
    loss = round(float(-test[np.arange(len(label)), label].mean()), 6)
    tested = msgspec.structs.replace(metrics.test, loss=loss)
    return msgspec.structs.replace(metrics, scores=kept, test=tested)


def scores_of(label, answer, probability, n_classes):
    """Give each answer its probability, the true class three fifths of what is left, others less.

    Returns:
        Log-probabilities, (n, n_classes).
    """
    probability = np.asarray(probability)
    places, wrong = np.arange(len(label)), label != answer
    left = 1 - probability - np.where(wrong, 0.6 * (1 - probability), 0)
    found = np.repeat((left / (n_classes - 1 - wrong))[:, None], n_classes, axis=1)
    found[places[wrong], label[wrong]] = 0.6 * (1 - probability[wrong])
    found[places, answer] = probability
    return np.log(found)
