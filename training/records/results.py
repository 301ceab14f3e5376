"""The records that training writes and the report reads. Plain data, no torch.

Accuracies are fractions in [0, 1]; losses are mean cross-entropies in nats; a value that isn't
finite is stored as null. Units stand in the field names.
"""

from typing import Literal

import msgspec

from training.records.outline import Outline
from training.records.spec import Experiment, Spec

FORMAT = 1
"""Number of the JSON format. 1: the first."""

Status = Literal["done", "diverged", "failed", "skipped"]
DataKind = Literal["caltech101", "sample", "folder"]
Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class Scores(msgspec.Struct, frozen=True):
    """Mean loss and top-1 accuracy over one split; null where not finite."""

    loss: float | None
    accuracy: float


class HeldOutScores(msgspec.Struct, frozen=True):
    """The one reading of the test set."""

    loss: float | None
    accuracy: float
    n_correct: int
    n_images: int


class Parameters(msgspec.Struct, frozen=True):
    """Parameter counts; `parts` counts each named part of the model, trainable or not.

    Attributes:
        parts: Part name to total count, for example `{"features": 2469696, …}`.
        trainable_parts: The same names to the count that training may change.
    """

    total: int
    trainable: int
    frozen: int
    parts: dict[str, int]
    trainable_parts: dict[str, int]


class Environment(msgspec.Struct, frozen=True):
    """Where a run happened: versions and device."""

    homework: str
    python: str
    torch: str
    torchvision: str
    platform: str
    device: str
    device_name: str
    n_threads: int
    git_commit: str | None = None


class Selected(msgspec.Struct, frozen=True):
    """How a choice was resolved: the run chosen, and among which.

    Attributes:
        id: The chosen experiment.
        rank: Its rank by best-epoch validation accuracy.
        candidates: Ids ranked, best first; all of the grid's finished runs.
        validation_accuracy: What it was ranked by (mean over seeds), same order.
    """

    grid: str
    id: str
    rank: int
    candidates: list[str]
    validation_accuracy: list[float]


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """`metrics.json`: the outcome of one experiment with one seed.

    Attributes:
        best_epoch: 1-based epoch of the highest validation accuracy (ties: lower validation
            loss, then earlier); of a diverged run, its last finite epoch, null if none was.
        train: Scores at `best_epoch`, measured during that epoch's training pass.
        validation: Scores at `best_epoch`, after that epoch.
        test: Scores of the `best_epoch` weights on the test split, for finalists.
        train_seconds: Wall time of all epochs, validation included.
        images_per_second: Training pictures per second of training passes.
        cached_features: Whether the frozen part's outputs were computed once instead of per epoch.
        feature_seconds: Wall time of computing them, which `train_seconds` doesn't hold.
        peak_memory_bytes: Peak device memory on CUDA, else peak resident memory of the process.
        reused_from: The run that this record repeats without training.
        notes: Caveats that the report repeats.
        error: Why the run failed or was skipped, and how to mend it.
    """

    format: int = FORMAT
    id: str
    section: str
    seed: int
    status: Status
    spec: Spec | None
    spec_hash: str
    dataset_fingerprint: str
    parameters: Parameters | None = None
    epochs_run: int = 0
    best_epoch: int | None = None
    train: Scores | None = None
    validation: Scores | None = None
    test: HeldOutScores | None = None
    train_seconds: float = 0.0
    images_per_second: float | None = None
    cached_features: bool = False
    feature_seconds: float = 0.0
    peak_memory_bytes: int | None = None
    selected: Selected | None = None
    reused_from: str | None = None
    environment: Environment | None = None
    finished_at: str = ""
    notes: list[str] = []
    error: str | None = None


class Curves(msgspec.Struct, frozen=True, kw_only=True):
    """`curves.json`: equal-length lists, one entry an epoch; null where not finite."""

    format: int = FORMAT
    id: str
    seed: int
    epoch: list[int]
    learning_rate: list[float]
    train_loss: list[float | None]
    train_accuracy: list[float]
    validation_loss: list[float | None]
    validation_accuracy: list[float]
    epoch_seconds: list[float]


class Predictions(msgspec.Struct, frozen=True, kw_only=True):
    """`predictions.json`: one entry a test picture, in the order of `Dataset.test_images`.

    Attributes:
        label: True class index.
        predicted: Class index with the highest score.
        probability: Softmax probability of the predicted class, rounded to 4 digits.
    """

    format: int = FORMAT
    id: str
    seed: int
    dataset_fingerprint: str
    label: list[int]
    predicted: list[int]
    probability: list[float]


class ClassCounts(msgspec.Struct, frozen=True):
    """Pictures of each class in each split, in the order of `Dataset.classes`."""

    train: list[int]
    validation: list[int]
    test: list[int]


class SizeStatistics(msgspec.Struct, frozen=True):
    """Picture sizes in pixels, before any resizing.

    Attributes:
        width: Minimum, first quartile, median, third quartile, maximum.
        height: The same five.
        sample: Up to 1,000 (width, height) pairs, evenly spaced over the data set.
        n_converted: Pictures that were not RGB (grey, CMYK, palette) and were converted.
    """

    width: tuple[float, float, float, float, float]
    height: tuple[float, float, float, float, float]
    sample: list[tuple[int, int]]
    n_converted: int


class Thumbnail(msgspec.Struct, frozen=True):
    """A small picture beside `dataset.json`.

    Attributes:
        file: Path relative to the study's folder, below `thumbnails/`.
        group: `samples` (the sample grid), `steps` (preprocessing) or `augmentation`.
        label: Class name, or the step or transformation shown.
        width: Pixels.
        height: Pixels.
    """

    file: str
    group: Literal["samples", "steps", "augmentation"]
    label: str
    width: int
    height: int


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """`dataset.json`: all that the report says of the pictures.

    Attributes:
        kind: `caltech101` if classes and counts are the original's; `sample` for the embedded
            drawn data set; else `folder`.
        fingerprint: Changes with any picture, class or split.
        split_source: `lists` (train.txt and test.txt) or `stratified` (seeded).
        max_per_class: Limit applied to every class before use, if any.
        mean: Channel means of the train split at `image_size`, in [0, 1] (R, G, B).
        std: Channel standard deviations over all pixels of the train split, same scale.
        dropped_classes: Folders left out on purpose (the clutter class).
        ignored_files: Files that aren't pictures; the first 20.
        unreadable_files: Pictures that could not be decoded and were left out; the first 20.
        test_images: Paths of the test pictures, relative to the data folder.
    """

    format: int = FORMAT
    name: str
    kind: DataKind
    fingerprint: str
    classes: list[str]
    n_train: int
    n_validation: int
    n_test: int
    counts: ClassCounts
    split_source: Literal["lists", "stratified"]
    max_per_class: int | None
    image_size: int
    resize_size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    sizes: SizeStatistics
    dropped_classes: list[str]
    n_dropped_images: int
    n_ignored_files: int
    ignored_files: list[str]
    n_unreadable_files: int
    unreadable_files: list[str]
    test_images: list[str]
    thumbnails: list[Thumbnail]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for every experiment of a study unless the experiment says otherwise.

    Attributes:
        epochs: Replaces every experiment's number of epochs when set.
        width: Channel multiplier of alexnet, vgg16 and resnet18.
        weights: `imagenet`, `sample`, or the path of a weights file or of a folder of them.
        seeds: Number of repetitions, with seeds `seed`, `seed + 1`, …
        max_per_class: Use at most this many pictures of a class.
        extras: Also run the experiments marked `extra`.
    """

    learning_rates: tuple[float, ...] = (1e-2, 1e-3, 1e-5)
    optimizers: tuple[Literal["sgd", "adam", "rmsprop"], ...] = ("sgd", "adam", "rmsprop")
    epochs: int | None = None
    batch_size: int = 256
    image_size: int = 224
    momentum: float = 0.9
    weight_decay: float = 5e-5
    step_size: int = 20
    gamma: float = 0.1
    width: float = 1.0
    weights: str = "imagenet"
    seed: int = 0
    seeds: int = 1
    max_per_class: int | None = None
    extras: bool = False


class StudyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`study.json`: the question list that the records answer.

    Attributes:
        preset: The preset that the settings started from.
        command: The command line that wrote this file.
        experiments: The whole list, in order, extras included only when the study runs them.
        report: How its report is arranged.
    """

    format: int = FORMAT
    name: str
    preset: str
    title: str
    author: str = ""
    course: str = ""
    abstract: str = ""
    data: str = ""
    settings: Settings
    experiments: list[Experiment]
    command: str = ""
    homework: str = ""
    report: Outline = Outline()
