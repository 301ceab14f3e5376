"""Make a study of very many experiments out of a finished one: two large grids."""

import shutil
from pathlib import Path

import msgspec

from training.records import (
    Curves,
    Experiment,
    Metrics,
    StudyFolder,
    StudyRecord,
    learning_rate_label,
    read,
    write,
)


def write_many(example: Path, folder: Path, n_experiments: int) -> Path:
    """Copy a finished study and widen its grids to a number of experiments in all.

    Every new pair repeats the record of an existing pair of its optimizer, with another rate.
    """
    shutil.copytree(example, folder)
    place = StudyFolder(folder)
    study = read(place.study, StudyRecord)
    members = [e for e in study.experiments if e.name.startswith("grid-")]
    missing = n_experiments - len(study.experiments)
    added = []
    for number in range(missing):
        added.append(_repeat(place, members[number % len(members)], 1 + number // len(members)))
    experiments = [*study.experiments, *added]
    order = list(dict.fromkeys(e.section for e in study.experiments))
    experiments.sort(key=lambda e: order.index(e.section))
    write(place.study, msgspec.structs.replace(study, name=folder.name, experiments=experiments))
    return folder


def _repeat(place: StudyFolder, old: Experiment, number: int) -> Experiment:
    assert old.learning_rate is not None
    rate = round(old.learning_rate * (1 + number / 1000), 12)
    name = f"{old.section}/grid-{old.optimizer}-{learning_rate_label(rate)}"
    new = msgspec.structs.replace(old, id=name, learning_rate=rate)
    metrics = read(place.metrics(old.id, 0), Metrics)
    assert metrics.spec is not None
    spec = msgspec.structs.replace(metrics.spec, learning_rate=rate)
    record = msgspec.structs.replace(metrics, id=name, spec=spec, spec_hash=spec.digest())
    write(place.metrics(name, 0), record)
    curves = read(place.curves(old.id, 0), Curves)
    write(place.curves(name, 0), msgspec.structs.replace(curves, id=name))
    return new
