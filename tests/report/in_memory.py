"""Runs and studies in memory: just what one sentence is about, nothing read or written."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from report.evidence.load import StudyView
from report.evidence.run import Run
from training.records import (
    ClassCounts,
    Curves,
    Dataset,
    Experiment,
    HeldOutScores,
    Metrics,
    Predictions,
    Scores,
    Settings,
    SizeStatistics,
    Spec,
    StudyFolder,
    StudyRecord,
    ValidationAnswers,
)

FOLDER = StudyFolder(Path("no-such-folder"))
FINGERPRINT = "pictures"


def said(sentences: Any) -> str:
    """Return the text of sentences, with plain spaces."""
    text = " ".join(str(sentence) for sentence in sentences)
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def a_spec(**changes: Any) -> Spec:
    plain = Spec(
        model="alexnet", head=(), width=1.0, weights="none", weights_digest="", freeze="none",
        augmentation="none", normalisation="dataset", mean=None, std=None, image_size=224,
        resize_size=256, optimizer="sgd", learning_rate=1e-3, momentum=0.9, weight_decay=5e-5,
        step_size=20, gamma=0.1, epochs=30, batch_size=256, seed=0,
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


SPEC = a_spec()


def a_run(
    name: str = "scratch/baseline",
    *,
    seed: int = 0,
    validation: float | Scores | None = 0.5,
    train: float | None = 0.5,
    tested: tuple[int, int] | None = None,
    spec: Spec | None = SPEC,
    curves: dict[str, list[Any]] | None = None,
    answers: tuple[Sequence[int], ...] | None = None,
    experiment: Experiment | None = None,
    **fields: Any,
) -> Run:
    """Make a run that has finished.

    Args:
        tested: Test pictures named rightly, and how many there are; None where none was read.
        curves: Lists of `curves.json`; those that aren't given are plausible and as long.
        answers: True classes, guesses and, if given, probabilities; `tested` follows from them.
        fields: Others of `metrics.json`.
    """
    if answers is not None and tested is None:
        tested = sum(a == b for a, b in zip(*answers[:2], strict=True)), len(answers[0])
    values = {
        "id": name, "section": name.partition("/")[0], "seed": seed, "status": "done",
        "spec": spec, "spec_hash": spec.digest() if spec else "",
        "dataset_fingerprint": FINGERPRINT,
        "epochs_run": 10, "best_epoch": None if validation is None else 10,
        "validation": Scores(1.0, validation) if isinstance(validation, float) else validation,
        "train": None if train is None else Scores(1.0, train),
        "test": tested and HeldOutScores(1.0, tested[0] / tested[1], *tested),
    }  # fmt: skip
    experiment = experiment or Experiment(id=name, question="Why?", test=tested is not None)
    run = Run(experiment, Metrics(**(values | fields)), FOLDER)
    # What a property would read from a file is put where it keeps what it has read.
    run.__dict__["curves"] = None if curves is None else _curves(name, seed, curves)
    run.__dict__["predictions"] = None if answers is None else _predictions(name, seed, *answers)
    return run


def _curves(name: str, seed: int, given: dict[str, list[Any]]) -> Curves:
    n = len(next(iter(given.values())))
    ones: dict[str, list[Any]] = {
        "epoch": list(range(1, n + 1)), "learning_rate": [1e-3] * n, "epoch_seconds": [1.0] * n,
        "train_loss": [1.0] * n, "train_accuracy": [0.5] * n,
        "validation_loss": [1.0] * n, "validation_accuracy": [0.5] * n,
    }  # fmt: skip
    return Curves(id=name, seed=seed, **(ones | given))


def _predictions(
    name: str, seed: int, label: Sequence[int], predicted: Sequence[int],
    probability: Sequence[float] = (), fingerprint: str = FINGERPRINT,
) -> Predictions:  # fmt: skip
    return Predictions(
        id=name, seed=seed, dataset_fingerprint=fingerprint, label=list(label),
        predicted=list(predicted), probability=list(probability or [1.0] * len(label)),
    )  # fmt: skip


def validated(label: Sequence[int], predicted: Sequence[int], n_classes: int) -> ValidationAnswers:
    """Describe answers to validation pictures as records keep them."""
    right = [t == p for t, p in zip(label, predicted, strict=True)]
    n_digits = -(-len(right) // 4)
    bits = "".join(str(int(r)) for r in right).ljust(4 * n_digits, "0")
    return ValidationAnswers(
        right=f"{int(bits or '0', 2):0{n_digits}x}",
        given=[list(predicted).count(i) for i in range(n_classes)],
        right_in_class=[
            sum(r for r, t in zip(right, label, strict=True) if t == i) for i in range(n_classes)
        ],
    )


def a_dataset(
    train: Sequence[int] = (50, 50),
    validation: Sequence[int] = (50, 50),
    test: Sequence[int] = (50, 50),
    **changes: Any,
) -> Dataset:
    """Describe pictures by how many of each class each split has."""
    plain = Dataset(
        name="letters", kind="folder", fingerprint=FINGERPRINT,
        classes=["ant", "bee", "cat", "dog", "elk"][: len(train)],
        n_train=sum(train), n_validation=sum(validation), n_test=sum(test),
        counts=ClassCounts(train=list(train), validation=list(validation), test=list(test)),
        split_source="lists", max_per_class=None, image_size=224, resize_size=256,
        mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6),
        sizes=SizeStatistics((1, 2, 3, 4, 5), (6, 7, 8, 9, 10), [], 0),
        dropped_classes=[], n_dropped_images=0, n_ignored_files=0, ignored_files=[],
        n_unreadable_files=0, unreadable_files=[], test_images=[],
        thumbnails=[],
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def a_view(
    *runs: Run,
    dataset: Dataset | None = None,
    experiments: Sequence[Experiment] = (),
    settings: dict[str, Any] | None = None,
    **study: Any,
) -> StudyView:
    """Put runs into a study whose list has their experiments, and others after them."""
    listed = {run.id: run.experiment for run in runs} | {e.id: e for e in experiments}
    found: dict[str, list[Run]] = {name: [] for name in listed}
    for run in runs:
        found[run.id].append(run)
    settings = settings or {}
    n_seeds = max((len(of_one) for of_one in found.values()), default=1) or 1
    record = StudyRecord(
        name="study", preset="quick", title="A study", experiments=list(listed.values()),
        settings=Settings(**({} if "folds" in settings else {"seeds": n_seeds}) | settings),
        **study,
    )  # fmt: skip
    return StudyView(FOLDER, record, dataset, found)
