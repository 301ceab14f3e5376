"""What tested runs of a fake study were looked at for: speed, train scores, maps, features."""

import math
import random
from collections.abc import Sequence

import msgspec
from PIL import Image

from training.records import (
    Dataset,
    FeatureMap,
    HeatMap,
    HeatMaps,
    Metrics,
    NearImage,
    NearTrain,
    Predictions,
    Projection,
    Scores,
    Speed,
    StudyFolder,
    doubtful_mistakes,
    maps_wanted,
)
from training.records.inspection import N_PLACES

LATENCY = {"alexnet": 0.0041, "vgg16": 0.0312, "resnet18": 0.0083}
N_NEIGHBOURS = 5


def inspected(metrics: Metrics, dataset: Dataset) -> Metrics:
    """Let a network name one in fifty train pictures more rightly than while it was trained."""
    assert metrics.train is not None
    assert metrics.spec is not None
    assert metrics.parameters is not None
    n_right = min(dataset.n_train, round(dataset.n_train * (metrics.train.accuracy + 0.02)))
    loss = 4.6 * (1 - n_right / dataset.n_train) ** 1.3
    latency = LATENCY.get(metrics.spec.model, 0.0105)
    own = random.Random(metrics.id).uniform(0.98, 1.02)
    return msgspec.structs.replace(
        metrics,
        train_at_rest=Scores(loss, n_right / dataset.n_train),
        speed=Speed(latency * own, 30, 2.5 / latency, 64, 4 * metrics.parameters.total),
    )


def with_views(
    record: Predictions, metrics: Metrics, paths: StudyFolder, pictures: bool
) -> Predictions:
    """Lay pictures out in rings, and let rightly named ones lie with their class."""
    assert metrics.spec is not None
    changed = metrics.spec.weights != "none" and metrics.spec.freeze != "backbone"
    return msgspec.structs.replace(
        record,
        feature_map=FeatureMap(
            n_images=len(record.label),
            n_features=1024,
            n_neighbours=N_NEIGHBOURS,
            end=_cloud(record, 0.12),
            start=_cloud(record, 0.3) if changed else None,
        ),
        heat_maps=HeatMaps("features.11", 5, _maps(record, paths)) if pictures else None,
        nearest_train=_nearest(record, paths) if pictures else None,
    )


def _nearest(record: Predictions, paths: StudyFolder) -> list[NearTrain]:
    """Let two pictures of the answer's class and one of the label's lie nearest."""
    return [
        NearTrain(
            i, near_images((record.predicted[i], record.label[i], record.predicted[i]), paths)
        )
        for i in doubtful_mistakes(record)
    ]


def near_images(labels: Sequence[int], paths: StudyFolder) -> list[NearImage]:
    """Make up train pictures of some classes that lie near to another one."""
    found = []
    for rank, label in enumerate(labels, 1):
        file = f"thumbnails/near/{label:05d}-{rank}.png"
        (paths.path / file).parent.mkdir(parents=True, exist_ok=True)
        if not (paths.path / file).exists():  # of another run, the same
            noise = random.Random(f"{label} {rank}").randbytes(16)
            Image.frombytes("L", (4, 4), noise).resize((72, 72)).save(paths.path / file)
        found.append(NearImage(f"c/{label}-{rank}.png", label, 1.5 * rank, file, 72, 72))
    return found


def _cloud(record: Predictions, spread: float) -> Projection:
    rng = random.Random(f"{record.id} {spread}")
    n_classes = max(record.label) + 1
    x, y, counts = "", "", ""
    for true, guess in zip(record.label, record.predicted, strict=True):
        angle = 2 * math.pi * true / n_classes
        for kept, middle in (("x", math.cos(angle)), ("y", math.sin(angle))):
            place = min(1, max(0, 0.5 + 0.35 * middle + rng.gauss(0, spread / 3)))
            text = f"{round(N_PLACES * place):03x}"
            x, y = (x + text, y) if kept == "x" else (x, y + text)
        mean = 4.4 if true == guess else 1.5
        counts += str(min(N_NEIGHBOURS, max(0, round(rng.gauss(mean - 4 * spread, 0.8)))))
    return Projection(x, y, (0.31, 0.18), counts)


def _maps(record: Predictions, paths: StudyFolder) -> list[HeatMap]:
    kept = []
    for index in maps_wanted(record):
        file = f"thumbnails/maps/{index:04d}-{record.id.replace('/', '-')}.png"
        (paths.path / file).parent.mkdir(parents=True, exist_ok=True)
        noise = random.Random(index).randbytes(25)
        Image.frombytes("L", (5, 5), noise).resize((72, 72)).save(paths.path / file)
        kept.append(HeatMap(index, file, 72, 72, round(0.2 - 0.02 * (index % 7), 4)))
    return kept
