"""Write a complete, plausible and deterministic study folder without training anything.

Run it to look at one: `python tests/report/fake_study.py FOLDER [--real] [--seeds N]`.
"""

import argparse
import json
import math
import random
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import msgspec
import numpy as np
from fake_scores import with_scores
from fake_views import inspected, near_images, with_views
from PIL import Image, ImageDraw, ImageFont

from training.data.looks import FEATURES, describe_looks
from training.records import (
    ClassCounts,
    Cost,
    CurvePoint,
    Curves,
    Dataset,
    Environment,
    Example,
    Experiment,
    FilterPictures,
    FirstLayer,
    HeldOutScores,
    LabelSuspect,
    LabelSuspects,
    LearningCurve,
    Looks,
    Metrics,
    Parameters,
    Predictions,
    Scores,
    Selected,
    SizeStatistics,
    Spec,
    StudyFolder,
    StudyGrid,
    StudyRecord,
    StudySection,
    Thumbnail,
    examples_wanted,
    matches_group,
    read,
    write,
)
from training.study import StudyFile, build_study

FINGERPRINT = "fake0123456789ab"
LEFT_OUT = ["data", "preprocessing", "scratch", "heatmaps", "transfer", "freezing", "augmentation",
            "mistakes", "background", "appendix"]  # fmt: skip
"""Sections that a shorter report goes without."""
CLASSES = ("anchor", "butterfly", "camera", "dolphin", "emu", "ferry", "gramophone", "hedgehog",
           "ibis", "kangaroo", "lotus", "menorah")  # fmt: skip


@dataclass
class Fake:
    """What kind of study to make up.

    Attributes:
        preset: `quick` looks like the sample, `reference` like Caltech-101 with 101 classes.
        only: Experiments to write; all when empty.
        skipped: Ids (or sections) to mark as skipped for want of weights.
        diverged: Ids that diverge at epoch 3.
        own: Name of a data set that is neither the sample nor Caltech-101.
        uncounted: Ids (or sections) whose records don't say what training cost.
        looks: Whether the data set's record says how its pictures look.
        energy: Whether the device has a counter.
        scores: Whether tested runs keep their log-probabilities, as older ones didn't.
        inspected: Whether tested runs say how they were looked at; older records don't.
        sections: Of a study of one's own, whose `experiments` and `grids` stand in for the
            homework's.
    """

    preset: str = "quick"
    seeds: int = 1
    only: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    diverged: tuple[str, ...] = ("scratch/grid-rmsprop-1e-2",)
    overrides: dict[str, object] = field(default_factory=dict)
    file: StudyFile = field(default_factory=StudyFile)
    thumbnails: bool = True
    own: str = ""
    uncounted: tuple[str, ...] = ()
    looks: bool = True
    energy: bool = False
    scores: bool = True
    inspected: bool = True
    sections: tuple[StudySection, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    grids: tuple[StudyGrid, ...] = ()


def shorten(folder: Path) -> None:
    """Leave sections out of a study's report, because laying out and reading pages takes long."""
    record = folder / "study.json"
    arranged = {"report": {"leave_out": LEFT_OUT}}
    record.write_text(json.dumps(json.loads(record.read_text()) | arranged))


def write_fake_study(folder: Path, fake: Fake | None = None) -> StudyRecord:
    """Write study.json, dataset.json, thumbnails and the records of every experiment."""
    fake = fake or Fake()
    overrides = {"seeds": fake.seeds, **fake.overrides}
    study = build_study(fake.preset, fake.file, overrides, name=folder.name)
    study = msgspec.structs.replace(study, command="homework run-all --preset " + fake.preset)
    if fake.sections:
        study = msgspec.structs.replace(
            study, sections=fake.sections, experiments=list(fake.experiments), grids=fake.grids
        )
    paths = StudyFolder(folder)
    write(paths.study, study)
    dataset = fake_dataset(paths, fake)
    write(paths.dataset, dataset)
    wanted = [e for e in study.experiments if _wanted(e, study, fake)]
    for experiment in sorted(wanted, key=lambda e: e.choice is not None):
        for seed in _seeds(study):
            _write_run(paths, study, dataset, experiment, seed, fake)
    return study


def _seeds(study: StudyRecord) -> range:
    return study.settings.run_seeds


def _wanted(experiment: Experiment, study: StudyRecord, fake: Fake) -> bool:
    if experiment.extra and not study.settings.extras:
        return False
    return not fake.only or experiment.id in fake.only or experiment.section in fake.only


def fake_dataset(paths: StudyFolder, fake: Fake) -> Dataset:
    real = fake.preset == "reference"
    rng = random.Random(7)
    n_classes = 101 if real else len(CLASSES)
    classes = [f"class_{i:03d}" for i in range(n_classes)] if real else list(CLASSES)
    train = [rng.randint(12, 34) for _ in classes]
    if real:
        train[5], train[3], train[50] = 267, 145, 80
    test = [n + rng.choice((-1, 0, 0, 1)) for n in train]
    n_test = sum(test)
    size = (96, 110) if not real else (224, 256)
    return Dataset(
        name=fake.own or ("Caltech-101" if real else "embedded sample"),
        kind="folder" if fake.own else "caltech101" if real else "sample",
        fingerprint=FINGERPRINT,
        classes=classes,
        n_train=sum(train),
        n_validation=sum(train),
        n_test=n_test,
        counts=ClassCounts(train=train, validation=list(train), test=test),
        split_source="folders" if fake.own else "lists",
        split_changes=("validation-from-train",) if fake.own else (),
        max_per_class=None,
        image_size=size[0],
        resize_size=size[1],
        mean=(0.5418, 0.5221, 0.4953),
        std=(0.3121, 0.3076, 0.3201),
        sizes=_sizes(rng),
        dropped_classes=["BACKGROUND_Google"],
        n_dropped_images=467 if real else 20,
        n_ignored_files=1,
        ignored_files=["BACKGROUND_Google/tmp"],
        n_unreadable_files=0,
        unreadable_files=[],
        test_images=[f"c/{i:04d}.png" for i in range(n_test)],
        thumbnails=_thumbnails(paths, classes) if fake.thumbnails else [],
        looks=_looks(paths, train, test, classes) if fake.looks else None,
    )


def _looks(paths: StudyFolder, train: list[int], test: list[int], classes: list[str]) -> Looks:
    """Make up how pictures look: classes lie apart in brightness, two pictures stand out."""
    rng = np.random.default_rng(11)
    counts = {"train": train, "validation": train, "test": test}
    labels = np.concatenate([np.repeat(np.arange(len(classes)), n) for n in counts.values()])
    ends = np.cumsum([0, *(sum(n) for n in counts.values())])
    splits = {split: np.arange(ends[i], ends[i + 1]) for i, split in enumerate(counts)}
    measured = rng.normal(0.5, 0.1, (len(labels), len(FEATURES))).clip(0.05, 0.95)
    measured[:, 0] = labels / len(classes) + 0.02 * measured[:, 0]
    measured[splits["test"], FEATURES.index("sharpness")] += 0.06
    measured[3, FEATURES.index("sharpness")] = -4
    measured[7, FEATURES.index("aspect_ratio")] = 40
    looks, _ = describe_looks(
        measured, labels, splits, len(classes), [f"c/{i:04d}.png" for i in range(len(labels))]
    )
    shown = []
    for i, item in enumerate(looks.outstanding):
        file = f"thumbnails/outstanding-{i:02d}.png"
        paths.thumbnails.mkdir(parents=True, exist_ok=True)
        _glyph(item.kind[0], i, (80, 80)).save(paths.path / file)
        shown.append(msgspec.structs.replace(item, file=file, width=80, height=80))
    return msgspec.structs.replace(looks, outstanding=shown)


def _sizes(rng: random.Random) -> SizeStatistics:
    pairs = [(rng.choice((300, 300, 300, 200, rng.randint(120, 330))),
              rng.choice((200, 200, 225, 300, rng.randint(110, 320))))
             for _ in range(300)]  # fmt: skip

    def five(values: list[int]) -> tuple[float, float, float, float, float]:
        ordered = sorted(values)
        picks = [ordered[round(q * (len(ordered) - 1))] for q in (0, 0.25, 0.5, 0.75, 1)]
        return tuple(float(p) for p in picks)  # type: ignore[return-value]

    return SizeStatistics(
        width=five([w for w, _ in pairs]),
        height=five([h for _, h in pairs]),
        sample=pairs,
        n_converted=11,
    )


def _thumbnails(paths: StudyFolder, classes: list[str]) -> list[Thumbnail]:
    paths.thumbnails.mkdir(parents=True, exist_ok=True)
    wanted = [("samples", name) for name in classes[:12]]
    wanted += [("steps", s) for s in ("original", "resized", "cropped", "normalised")]
    wanted += [("augmentation", s) for s in ("original", "horizontal flip", "rotation",
                                             "vertical flip")]  # fmt: skip
    found = []
    for i, (group, label) in enumerate(wanted):
        picture = _glyph(label[0].upper(), i, (96, 80) if label == "original" else (80, 80))
        if group == "augmentation":
            picture = _transformed(picture, label)
        file = f"thumbnails/{group}-{i:02d}.png"
        picture.save(paths.path / file)
        found.append(Thumbnail(file, group, label, *picture.size))  # type: ignore[arg-type]
    return found


def _glyph(letter: str, i: int, size: tuple[int, int]) -> Image.Image:
    hue = (i * 47) % 360
    picture = Image.new("RGB", size, f"hsl({hue}, 45%, 78%)")
    draw = ImageDraw.Draw(picture)
    centre = (size[0] / 2, size[1] / 2)
    draw.text(centre, letter, f"hsl({(hue + 180) % 360}, 60%, 25%)",
              ImageFont.load_default(46), anchor="mm")  # fmt: skip
    return picture


def _transformed(picture: Image.Image, label: str) -> Image.Image:
    picture = _glyph("R", 3, (80, 80))
    if label == "horizontal flip":
        return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if label == "vertical flip":
        return picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    return picture.rotate(37) if label == "rotation" else picture


ASYMPTOTES = {
    "scratch/baseline": (0.24, 14), "scratch/grid-sgd-1e-2": (0.46, 9),
    "scratch/grid-sgd-1e-3": (0.22, 14), "scratch/grid-sgd-1e-5": (0.09, 20),
    "scratch/grid-adam-1e-2": (0.09, 3), "scratch/grid-adam-1e-3": (0.56, 6),
    "scratch/grid-adam-1e-5": (0.30, 12), "scratch/grid-rmsprop-1e-2": (0.09, 3),
    "scratch/grid-rmsprop-1e-3": (0.49, 7), "scratch/grid-rmsprop-1e-5": (0.37, 9),
    "transfer/grid-sgd-1e-2": (0.86, 2), "transfer/grid-sgd-1e-3": (0.83, 3),
    "transfer/grid-sgd-1e-5": (0.14, 12), "transfer/grid-adam-1e-2": (0.09, 3),
    "transfer/grid-adam-1e-3": (0.44, 5), "transfer/grid-adam-1e-5": (0.855, 2.5),
    "transfer/grid-rmsprop-1e-2": (0.085, 3), "transfer/grid-rmsprop-1e-3": (0.35, 6),
    "transfer/grid-rmsprop-1e-5": (0.852, 2), "freezing/cnn": (0.851, 2.2),
    "freezing/fc": (0.53, 7), "freezing/fc-head-free": (0.78, 4),
    "augmentation/one-of-three": (0.85, 4), "beyond/vgg16": (0.84, 2),
    "beyond/resnet18": (0.90, 2), "data/how-many": (0.85, 3),
    "tuning/grid-1e-4-16": (0.78, 4), "tuning/grid-1e-2-16": (0.40, 4),
    "smoothing/none": (0.60, 4), "smoothing/a-tenth": (0.85, 4),
}  # fmt: skip


def _write_run(
    paths: StudyFolder, study: StudyRecord, dataset: Dataset, experiment: Experiment, seed: int,
    fake: Fake,
) -> None:  # fmt: skip
    selected = _select(paths, study, experiment) if experiment.choice else None
    source = study_experiment(study, selected.id) if selected else None
    common = {"id": experiment.id, "section": experiment.section, "seed": seed,
              "dataset_fingerprint": FINGERPRINT}  # fmt: skip
    path = paths.metrics(experiment.id, seed)
    if experiment.id in fake.skipped or experiment.section in fake.skipped:
        error = (
            "The ImageNet weights of AlexNet can't be had: no network. "
            "Put alexnet-owt-7be5be79.pth into ~/.cache/torch/hub/checkpoints."
        )
        write(path, Metrics(**common, status="skipped", spec=None, spec_hash="", error=error))  # type: ignore[arg-type]
        return
    if experiment.id in fake.failed:
        write(path, Metrics(**common, status="failed", spec=None, spec_hash="",
                            error="CUDA out of memory."))  # type: ignore[arg-type]  # fmt: skip
        return
    if experiment.choice and (selected is None or source is None):
        return
    run_as = source if experiment.role == "reuse" and source else experiment
    spec = _spec(study, dataset, run_as, source, seed)
    curves, best = _curves(run_as, spec, seed, dataset, run_as.id in fake.diverged)
    metrics = Metrics(
        **common,  # type: ignore[arg-type]
        status="diverged" if run_as.id in fake.diverged else "done",
        spec=spec,
        spec_hash=spec.digest(),
        parameters=_parameters(spec),
        epochs_run=len(curves.epoch),
        best_epoch=best,
        train=Scores(curves.train_loss[best - 1], curves.train_accuracy[best - 1]),
        validation=Scores(curves.validation_loss[best - 1], curves.validation_accuracy[best - 1]),
        train_seconds=sum(curves.epoch_seconds),
        images_per_second=dataset.n_train * len(curves.epoch) / sum(curves.epoch_seconds),
        cached_features=spec.freeze in ("features", "backbone"),
        feature_seconds=12.5 if spec.freeze in ("features", "backbone") else 0.0,
        peak_memory_bytes=612 * 2**20,
        selected=selected,
        reused_from=selected.id if experiment.role == "reuse" and selected else None,
        environment=Environment(
            "0.1.0",
            "3.11.7",
            "2.6.0",
            "0.21.0",
            "Linux-6.1-x86_64",
            "cpu",
            "Example CPU",
            2,
            "0123abc",
        ),
        finished_at=f"2025-03-0{1 + seed}T12:{len(run_as.id) % 60:02d}:00Z",
        notes=[experiment.note] if experiment.note else [],
    )
    if run_as.id not in fake.uncounted and run_as.section not in fake.uncounted:
        metrics = msgspec.structs.replace(metrics, cost=_cost(metrics, dataset, fake))
    if spec.train_per_class:
        curve = _learning_curve(dataset, spec.train_per_class, seed)
        doubtful = _label_suspects(dataset, paths) if fake.thumbnails else None
        metrics = msgspec.structs.replace(metrics, learning_curve=curve, label_suspects=doubtful)
    write(paths.curves(experiment.id, seed), msgspec.structs.replace(curves, id=experiment.id))
    if experiment.test:
        predictions = _predictions(experiment.id, metrics, dataset)
        if fake.thumbnails:
            predictions = _with_examples(predictions, dataset, paths)
            metrics = msgspec.structs.replace(metrics, first_layer=_first_layer(metrics, paths))
        if fake.inspected:
            metrics = inspected(metrics, dataset)
            predictions = with_views(predictions, metrics, paths, fake.thumbnails)
        write(paths.predictions(experiment.id, seed), predictions)
        n_correct = sum(
            p == t for p, t in zip(predictions.predicted, predictions.label, strict=True)
        )
        n = len(predictions.label)
        test = HeldOutScores(metrics.validation.loss, n_correct / n, n_correct, n)  # type: ignore[union-attr]
        metrics = msgspec.structs.replace(metrics, test=test)
        if fake.scores:
            metrics = with_scores(metrics, predictions, dataset, paths)
    write(path, metrics)


def _label_suspects(dataset: Dataset, paths: StudyFolder) -> LabelSuspects:
    """Let three labels be contradicted."""
    first = []
    for i in range(3):
        file = f"thumbnails/suspects/{i:02d}.png"
        (paths.path / file).parent.mkdir(parents=True, exist_ok=True)
        _glyph("?", i, (80, 80)).save(paths.path / file)
        near = near_images((i + 1, i + 1, i), paths)
        first.append(LabelSuspect(f"c/{i}.png", i, i + 1, 0.9 - i / 10, file, 80, 80, near))
    return LabelSuspects(dataset.n_train, 3, 1.5, first)


def _learning_curve(dataset: Dataset, counts: tuple[int, ...], seed: int) -> LearningCurve:
    """Let accuracy rise by a power law, the draws a little apart."""
    rng = random.Random(f"curve {seed}")
    points = []
    for n in counts:
        for draw in (1, 2, 3):
            accuracy = 0.88 - 0.9 * n**-0.6 + rng.uniform(-0.01, 0.01)
            right = (int(accuracy * of) for of in (dataset.n_validation, dataset.n_test))
            points.append(CurvePoint(n, draw, n * len(dataset.classes), 0.01, *right))
    return LearningCurve(dataset.n_validation, dataset.n_test, 2.5, points)


FORWARD_FLOP = {"alexnet": 1_421_012_352, "vgg16": 30_949_326_096, "resnet18": 3_627_226_112}


def _cost(metrics: Metrics, dataset: Dataset, fake: Fake) -> Cost:
    """Let a backward pass take twice what a forward pass does, and a head a hundredth of all."""
    assert metrics.spec is not None
    forward = FORWARD_FLOP.get(metrics.spec.model, 800_000_000)
    features = forward * (dataset.n_train + dataset.n_validation) * metrics.cached_features
    each_epoch = forward * (3 * dataset.n_train + dataset.n_validation)
    return Cost(
        training_flop=metrics.epochs_run * each_epoch // (100 if metrics.cached_features else 1),
        feature_flop=features,
        peak_flop_per_second=4.1e13,
        energy_joules=215.5 * metrics.train_seconds if fake.energy else None,
    )


def study_experiment(study: StudyRecord, experiment_id: str) -> Experiment:
    return next(e for e in study.experiments if e.id == experiment_id)


def _select(paths: StudyFolder, study: StudyRecord, experiment: Experiment) -> Selected | None:
    choice = experiment.choice
    assert choice is not None
    members = [e for e in study.experiments if matches_group(e.id, choice.grid)]
    ranked = []
    for member in members:
        files = [paths.metrics(member.id, seed) for seed in _seeds(study)]
        found = [read(file, Metrics) for file in files if file.exists()]
        scores = [metrics.validation.accuracy for metrics in found if metrics.validation]
        if scores:
            ranked.append((fmean(scores), member.id))
    ranked.sort(key=lambda item: -item[0])
    if len(ranked) < choice.rank:
        return None
    return Selected(choice.grid, ranked[choice.rank - 1][1], choice.rank,
                    [i for _, i in ranked], [a for a, _ in ranked])  # fmt: skip


def _spec(
    study: StudyRecord, dataset: Dataset, experiment: Experiment, source: Experiment | None,
    seed: int,
) -> Spec:  # fmt: skip
    settings = study.settings
    batch_size = _set(experiment, source, "batch_size", settings.batch_size)
    optimizer = experiment.optimizer or (source.optimizer if source else None) or "sgd"
    learning_rate = experiment.learning_rate or (source.learning_rate if source else None) or 1e-3
    if experiment.scale_learning_rate:
        learning_rate *= batch_size / settings.batch_size
    pretrained = experiment.weights == "pretrained"
    return Spec(
        model=experiment.model,
        head=experiment.head,
        width=settings.width,
        weights=settings.weights if pretrained else "none",
        weights_digest="",
        freeze=experiment.freeze,
        augmentation=experiment.augmentation,
        normalisation="weights" if pretrained else "dataset",
        mean=None,
        std=None,
        image_size=dataset.image_size,
        resize_size=dataset.resize_size,
        optimizer=optimizer,
        learning_rate=learning_rate,
        momentum=settings.momentum if optimizer == "sgd" else 0.0,
        weight_decay=_set(experiment, source, "weight_decay", settings.weight_decay),
        label_smoothing=_set(experiment, source, "label_smoothing", 0.0),
        step_size=settings.step_size,
        gamma=settings.gamma,
        epochs=experiment.epochs or settings.epochs or 30,
        batch_size=batch_size,
        seed=seed,
        train_per_class=experiment.train_per_class,
    )


def _set(
    experiment: Experiment, source: Experiment | None, name: str, usual: float | int
) -> float | int:
    """Return what an experiment sets, or the one that it was chosen from, or the study."""
    known = (getattr(item, name) for item in (experiment, source) if item is not None)
    return next((value for value in known if value is not None), usual)


def _curves(
    experiment: Experiment, spec: Spec, seed: int, dataset: Dataset, diverges: bool
) -> tuple[Curves, int]:
    rng = random.Random(f"{experiment.id}-{seed}")
    ceiling, tau = ASYMPTOTES.get(experiment.id, (0.7, 4))
    tau *= spec.epochs / 30 if spec.epochs < 20 else 1
    gap = 0.04 + 0.25 * max(0.0, ceiling - 0.3)
    epochs = range(1, (3 if diverges else spec.epochs) + 1)
    validation, train, losses, train_losses, rates = [], [], [], [], []
    for epoch in epochs:
        reached = 1 - math.exp(-epoch / tau)
        noise = rng.uniform(-0.012, 0.012)
        validation.append(round(max(0.01, 0.09 + (ceiling - 0.09) * reached + noise), 6))
        top = min(0.999, ceiling + gap)
        train.append(round(max(0.01, 0.08 + (top - 0.08) * (1 - math.exp(-epoch / tau * 0.8))), 6))
        losses.append(round(4.6 * (1 - validation[-1]) ** 1.3 + 0.2 * reached * gap, 6))
        train_losses.append(round(4.6 * (1 - train[-1]) ** 1.3, 6))
        rates.append(spec.learning_rate * spec.gamma ** ((epoch - 1) // spec.step_size))
    if diverges:
        train_losses[-1] = losses[-1] = None  # type: ignore[call-overload]
    n_finite = len(epochs) - diverges
    best = max(range(n_finite), key=lambda i: validation[i]) + 1
    seconds = [round(1.5 + 0.3 * rng.random(), 3) for _ in epochs]
    return Curves(id=experiment.id, seed=seed, epoch=list(epochs), learning_rate=rates,
                  train_loss=train_losses, train_accuracy=train, validation_loss=losses,
                  validation_accuracy=validation, epoch_seconds=seconds), best  # fmt: skip


COUNTS = {
    "alexnet": {"features": 2469696, "classifier": 54947941},
    "vgg16": {"features": 14714688, "classifier": 128042709},
    "resnet18": {"backbone": 11176512, "head": 2515045},
}


def _parameters(spec: Spec) -> Parameters:
    parts = dict(COUNTS.get(spec.model, {"backbone": 3374448, "head": 129381}))
    if spec.width != 1:
        parts = {name: round(n * spec.width**2) for name, n in parts.items()}
    trainable = dict(parts)
    if spec.freeze == "features":
        trainable["features"] = 0
    if spec.freeze == "classifier":
        trainable["classifier"] = 0
    if spec.freeze == "classifier-but-head":
        trainable["classifier"] = 4097 * 101
    if spec.freeze == "head":
        trainable["head"] = 0
    if spec.freeze == "backbone":
        trainable = dict.fromkeys(parts, 0)
        trainable[list(parts)[-1]] = 8496853 if spec.model == "vgg16" else parts[list(parts)[-1]]
    total, free = sum(parts.values()), sum(trainable.values())
    return Parameters(total, free, total - free, parts, trainable)


def _predictions(experiment_id: str, metrics: Metrics, dataset: Dataset) -> Predictions:
    """Let every model meet the same difficulty of each picture, plus noise of its own."""
    shared, own = random.Random(3), random.Random(f"{experiment_id}-{metrics.seed}")
    labels = [i for i, n in enumerate(dataset.counts.test) for _ in range(n)]
    assert metrics.validation is not None
    accuracy = metrics.validation.accuracy
    predicted, probability = [], []
    for label in labels:
        difficulty = 0.7 * shared.random() + 0.3 * own.random()
        right = difficulty < 0.15 + 0.7 * accuracy if accuracy > 0.2 else own.random() < accuracy
        wrong = (label + own.choice((1, 1, 2, 5))) % len(dataset.classes)
        predicted.append(label if right else wrong)
        probability.append(round(0.4 + 0.59 * (1 - difficulty), 4))
    return Predictions(id=experiment_id, seed=metrics.seed, dataset_fingerprint=FINGERPRINT,
                       label=labels, predicted=predicted, probability=probability)  # fmt: skip


def _with_examples(record: Predictions, dataset: Dataset, paths: StudyFolder) -> Predictions:
    examples = []
    for index in examples_wanted(record):
        file = paths.path / f"thumbnails/test/{index:04d}-fake.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():  # of another run, the same
            label = record.label[index]
            picture = _glyph(dataset.classes[label][0].upper(), label, (80, 80)).rotate(index % 31)
            picture.save(file)
        examples.append(Example(index, file.relative_to(paths.path).as_posix(), 80, 80))
    return msgspec.structs.replace(record, examples=examples)


def _first_layer(metrics: Metrics, paths: StudyFolder) -> FirstLayer:
    frozen = metrics.spec is not None and metrics.spec.freeze in ("features", "backbone")
    change = 0.0 if frozen else 0.153
    if metrics.reused_from is None:
        return FirstLayer("features.0", 16, (11, 11), change)
    size = (4 * 12 - 1, 4 * 12 - 1)
    files = [f"thumbnails/filters/{metrics.section}-{when}.png" for when in ("start", "end")]
    for file, seed in zip(files, (1, 2), strict=True):
        (paths.path / file).parent.mkdir(parents=True, exist_ok=True)
        noise = random.Random(seed).randbytes(size[0] * size[1] * 3)
        Image.frombytes("RGB", size, noise).save(paths.path / file)
    pictures = FilterPictures(*files, *size, n_shown=16, limit=0.087)  # type: ignore[misc]
    return FirstLayer("features.0", 16, (11, 11), change, pictures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--real", action="store_true", help="look like Caltech-101")
    parser.add_argument("--seeds", type=int, default=1)
    chosen = parser.parse_args()
    write_fake_study(
        chosen.folder, Fake(preset="reference" if chosen.real else "quick", seeds=chosen.seeds)
    )
