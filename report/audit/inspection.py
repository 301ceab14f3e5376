"""Check what tested networks were looked at for against contradictions."""

from collections.abc import Iterator

from report.audit.problems import Problem, wrong
from report.evidence.load import Run, StudyView
from report.evidence.sentences import counted
from training.records import FeatureMap

TINY = 1e-9


def inspection_problems(view: StudyView, run: Run) -> Iterator[Problem]:
    """Yield what can't be in the train scores at rest, the speed, the maps and the features."""
    metrics, dataset = run.metrics, view.dataset
    for name in ("train_at_rest", "speed"):
        if metrics.test is None and getattr(metrics, name) is not None:
            yield wrong(run, name, "only tested runs are measured so", f"/{name}")
    rest = metrics.train_at_rest
    same = dataset is not None and dataset.fingerprint == metrics.dataset_fingerprint
    if rest is not None and dataset is not None and same:
        right = rest.accuracy * dataset.n_train
        if abs(right - round(right)) > TINY * max(dataset.n_train, 1):
            problem = f"no number of {counted(dataset.n_train, 'train picture')} is that share"
            yield wrong(run, str(rest.accuracy), problem, "/train_at_rest/accuracy")
    record = run.predictions
    if record is None:
        return
    n = len(record.label)
    if record.heat_maps is not None:
        for kept in record.heat_maps.maps:
            if kept.index >= n:
                problem = f"there are answers to {counted(n, 'picture')}"
                yield wrong(run, str(kept.index), problem, "/heat_maps/maps")
    if record.feature_map is not None:
        yield from _features(run, record.feature_map, n)


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
