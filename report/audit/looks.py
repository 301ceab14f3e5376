"""Hold what `dataset.json` says of how pictures look against itself."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from report.audit.problems import Problem
from report.evidence.load import StudyView
from report.evidence.sentences import counted
from training.holm import holm
from training.kolmogorov import p_value
from training.records import SPLITS, Dataset, FeatureLooks, Looks

FILE = "dataset.json"
TINY = 1e-6
"""Relative; the p-values of the same distances may differ by this much."""

TOLD, ENOUGH = 0.9, 10
"""What it takes for a class to be told by a feature, see `docs/records.md`."""


def looks_problems(view: StudyView) -> Iterator[Problem]:
    """Yield quantiles that fall, p-values that distances don't have, and counts that can't be."""
    dataset = view.dataset
    if dataset is None or dataset.looks is None:
        return
    looks = dataset.looks
    yield from _tests(looks, dataset)
    for place, item in enumerate(looks.features):
        yield from _quantiles(place, item)
        yield from _told(place, item, dataset)
    yield from _outstanding(looks)


def _wrong(text: object, problem: str, pointer: str) -> Problem:
    return Problem(FILE, str(text), problem, f"{FILE}#/looks/{pointer}")


def _tests(looks: Looks, dataset: Dataset) -> Iterator[Problem]:
    """The p-values must be those of the distances, corrected by Holm for all of them."""
    names = [(place, split) for place in range(len(looks.features)) for split in SPLITS[1:]]
    distances = [getattr(looks.features[place], f"{split}_distance") for place, split in names]
    sizes = [getattr(dataset, f"n_{split}") for _, split in names]
    found = holm([p_value(d, dataset.n_train, n) for d, n in zip(distances, sizes, strict=True)])
    for (place, split), expected in zip(names, found, strict=True):
        told = getattr(looks.features[place], f"{split}_p")
        if not math.isclose(told, expected, rel_tol=TINY):
            problem = f"the distances recorded give {expected:.4g}"
            yield _wrong(told, problem, f"features/{place}/{split}_p")


def _quantiles(place: int, item: FeatureLooks) -> Iterator[Problem]:
    rows: dict[str, Sequence[float]] = {split: getattr(item, split) for split in SPLITS}
    rows |= {f"classes/{i}": quartiles for i, quartiles in enumerate(item.classes)}
    for name, values in rows.items():
        if list(values) != sorted(values):
            problem = "its quantiles don’t rise"
            yield _wrong(values[len(values) // 2], problem, f"features/{place}/{name}")


def _told(place: int, item: FeatureLooks, dataset: Dataset) -> Iterator[Problem]:
    """A class that a feature tells must be one, and be told as often as that takes."""
    if item.class_told is None:
        return
    pointer, right, of = f"features/{place}/class_told", item.class_told_right, item.class_told_of
    if item.class_told >= len(dataset.classes):
        problem = f"there are {counted(len(dataset.classes), 'class', 'classes')}"
        yield _wrong(item.class_told, problem, pointer)
        return
    n = dataset.counts.validation[item.class_told]
    if of > n:
        problem = f"it has {counted(n, 'validation picture')}"
        yield _wrong(of, problem, f"{pointer}_of")
    if right > of or right < TOLD * of or of < ENOUGH:
        problem = f"of {of} that is too many, or too few for the class to be told"
        yield _wrong(right, problem, f"{pointer}_right")


def _outstanding(looks: Looks) -> Iterator[Problem]:
    """As many pictures of a kind must stand out as are shown."""
    for kind, n in Counter(item.kind for item in looks.outstanding).items():
        told = looks.n_outstanding.get(kind, 0)
        if told < n:
            yield _wrong(told, f"{n} are shown", f"n_outstanding/{kind}")
