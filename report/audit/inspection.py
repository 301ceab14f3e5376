"""Check what tested networks were looked at for against contradictions."""

import hashlib
import re
from collections.abc import Iterator

from report.audit.problems import Problem, wrong
from report.evidence.load import StudyView
from report.evidence.repeats import n_images
from report.evidence.run import Run
from report.evidence.sentences import counted
from report.evidence.thumbnails import read_thumbnail
from training.records import (
    Example,
    FeatureMap,
    HeatMap,
    NearImage,
    Predictions,
    doubtful_mistakes,
    maps_wanted,
)

TINY = 1e-9

NAMED = re.compile(r"thumbnails/(?:maps|near|test)/(\d{4,})-([0-9a-f]{8})\.jpg")
"""How files of pictures are named: the picture's position in its split, a hash of the content."""

BYTES_A_WEIGHT = 4
"""At least: weights are kept in fp32, whatever products are computed in."""


def inspection_problems(view: StudyView, run: Run) -> Iterator[Problem]:
    """Yield what can't be in the train scores at rest, the speed, the maps and the features."""
    metrics, dataset = run.metrics, view.dataset
    for name in ("train_at_rest", "speed"):
        if metrics.test is None and getattr(metrics, name) is not None:
            yield wrong(run, name, "only tested runs are measured so", f"/{name}")
    rest = metrics.train_at_rest
    same = dataset is not None and dataset.fingerprint == metrics.dataset_fingerprint
    if rest is not None and dataset is not None and same:
        n_train = n_images(view, run, "train").value
        right = rest.accuracy * n_train
        if abs(right - round(right)) > TINY * max(n_train, 1):
            problem = f"no number of {counted(n_train, 'train picture')} is that share"
            yield wrong(run, str(rest.accuracy), problem, "/train_at_rest/accuracy")
    yield from _speed(run)
    yield from _suspects(run)
    record = run.predictions
    if record is None:
        return
    n = len(record.label)
    yield from _maps(run, record)
    yield from _nearest(run, record)
    yield from _pictures(run, record)
    if record.feature_map is not None:
        yield from _features(run, record.feature_map, n)


def _speed(run: Run) -> Iterator[Problem]:
    """A network's weights take room."""
    speed, counts, spec = run.metrics.speed, run.metrics.parameters, run.metrics.spec
    if speed is None or counts is None or spec is None:
        return
    of_its_own = ":" in spec.model and not spec.model.startswith(("torchvision:", "timm:"))
    least = BYTES_A_WEIGHT * counts.total
    if not of_its_own and speed.network_bytes < least:
        problem = f"{counted(counts.total, 'weight')} take {least} bytes"
        yield wrong(run, str(speed.network_bytes), problem, "/speed/network_bytes")


def _maps(run: Run, record: Predictions) -> Iterator[Problem]:
    """Maps must be of the pictures that the answers pick."""
    kept = [] if record.heat_maps is None else record.heat_maps.maps
    n = len(record.label)
    beyond = next((item.index for item in kept if item.index >= n), None)
    if beyond is not None:
        problem = f"there are answers to {counted(n, 'picture')}"
        yield wrong(run, str(beyond), problem, "/heat_maps/maps")
        return
    wanted = maps_wanted(record)
    for i, item in enumerate(kept):
        if i >= len(wanted) or item.index != wanted[i]:
            problem = "it isn’t the picture that its place among mistakes and right answers is for"
            yield wrong(run, str(item.index), problem, f"/heat_maps/maps/{i}/index")
            return


def _nearest(run: Run, record: Predictions) -> Iterator[Problem]:
    """Neighbours must be of the mistakes that the answers pick, the nearest first."""
    if record.nearest_train is None:
        return
    if [item.index for item in record.nearest_train] != doubtful_mistakes(record):
        found = counted(len(record.nearest_train), "picture")
        problem = "they aren’t those of its mistakes that copies are kept of"
        yield wrong(run, found, problem, "/nearest_train")
    for item in record.nearest_train:
        yield from _falling(run, item.nearest, "/nearest_train")


def _suspects(run: Run) -> Iterator[Problem]:
    found = run.metrics.label_suspects
    for item in found.first if found is not None else ():
        yield from _falling(run, item.nearest, "/label_suspects/first")
        for near in item.nearest:
            yield from _content(run, near.file)


def _falling(run: Run, nearest: list[NearImage], pointer: str) -> Iterator[Problem]:
    distances = [near.distance for near in nearest]
    if distances != sorted(distances):
        yield wrong(run, str(distances[-1]), "nearer pictures stand behind others", pointer)


def _pictures(run: Run, record: Predictions) -> Iterator[Problem]:
    """A picture's file must have the content, and be of the picture, that its name says."""
    maps = [] if record.heat_maps is None else record.heat_maps.maps
    shown: list[Example | HeatMap] = [*record.examples, *maps]
    for kept in shown:
        named = NAMED.fullmatch(kept.file)
        if named is not None and int(named[1]) != kept.index:
            problem = f"it is said to be of test picture {kept.index}"
            yield wrong(run, kept.file, problem, "/predictions")
    near = [image.file for item in record.nearest_train or () for image in item.nearest]
    for file in (*(kept.file for kept in shown), *near):
        yield from _content(run, file)


def _content(run: Run, file: str) -> Iterator[Problem]:
    named = NAMED.fullmatch(file)
    content = None if named is None else read_thumbnail(run.folder.path, file)
    if named is None or content is None:
        return
    if hashlib.blake2b(content, digest_size=4).hexdigest() != named[2]:
        problem = "the file’s content isn’t that which its name stands for"
        yield wrong(run, file, problem, "/predictions")


def _features(run: Run, found: FeatureMap, n: int) -> Iterator[Problem]:
    if found.n_images > n:
        problem = f"there are answers to {counted(n, 'picture')}"
        yield wrong(run, str(found.n_images), problem, "/feature_map/n_images")
    for when, side in (("start", found.start), ("end", found.end)):
        if side is None:
            continue
        lengths = {len(side.x) // 3, len(side.y) // 3, len(side.same_class)}
        if lengths != {found.n_images}:
            problem = f"it lays out {counted(found.n_images, 'picture')}"
            yield wrong(run, str(max(lengths)), problem, f"/feature_map/{when}")
        if side.same_class and int(max(side.same_class)) > found.n_neighbours:
            problem = f"{counted(found.n_neighbours, 'neighbour')} are looked at"
            yield wrong(run, max(side.same_class), problem, f"/feature_map/{when}/same_class")
