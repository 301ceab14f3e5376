"""What a study's folder says at this moment."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from report.evidence.display_names import names_of
from training.records import (
    Curves,
    Experiment,
    HomeworkError,
    Metrics,
    StudyFolder,
    StudyRecord,
    read,
    read_if_there,
)
from training.records.holders import holder_of, trains_stand_ins


@dataclass(frozen=True)
class State:
    """A study at one moment.

    Attributes:
        version: Changes when the report would.
        total: Runs that the list has, extras aside.
        done: How many of them have ended well.
        failed: How many failed.
        skipped: How many were skipped.
        running: Curves of unfinished runs, with the experiment's name.
        stand_ins: Whether stand-in weights are being trained for a run.
        problem: Why there is no state to show, else empty.
    """

    version: str
    title: str = ""
    total: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0
    running: tuple[dict[str, Any], ...] = ()
    stand_ins: bool = False
    problem: str = ""


def read_state(folder: StudyFolder) -> State:
    """Read what there is; a record that can’t be read becomes a problem, not an exception."""
    if not folder.study.is_file():
        return State("waiting", problem=f"There is no study in {folder.path} yet.")
    try:
        study = read(folder.study, StudyRecord)
        runs = list(_runs(folder, study))
        counts = _counts(folder, runs)
    except HomeworkError as error:
        return State(f"problem {error.message}", problem=error.message)
    return State(
        version=_version(folder, runs),
        title=study.title,
        total=len(runs),
        done=counts["done"],
        failed=counts["failed"],
        skipped=counts["skipped"],
        running=tuple(_running(folder, runs, names_of(study))),
        stand_ins=trains_stand_ins(folder),
    )


def _runs(folder: StudyFolder, study: StudyRecord) -> Iterator[tuple[Experiment, int]]:
    settings = study.settings
    for experiment in study.experiments:
        for seed in settings.run_seeds:
            there = folder.metrics(experiment.id, seed).exists()
            if settings.extras or not experiment.extra or there:
                yield experiment, seed


def _counts(folder: StudyFolder, runs: list[tuple[Experiment, int]]) -> dict[str, int]:
    counts = {"done": 0, "failed": 0, "skipped": 0}
    for experiment, seed in runs:
        metrics = read_if_there(folder.metrics(experiment.id, seed), Metrics)
        if metrics is not None:
            counts["done" if metrics.status == "diverged" else metrics.status] += 1
    return counts


def _running(
    folder: StudyFolder, runs: list[tuple[Experiment, int]], names: dict[str, str]
) -> Iterator[dict[str, Any]]:
    for experiment, seed in runs:
        if holder_of(folder.lock(f"{experiment.id}/seed-{seed}")) is None:
            continue  # it was killed
        curves = read_if_there(folder.running(experiment.id, seed), Curves)
        if curves is not None and curves.epoch:
            yield {
                "name": names[experiment.id],
                "id": experiment.id,
                "seed": seed,
                "epochs": experiment.epochs,
                "train": curves.train_accuracy,
                "validation": curves.validation_accuracy,
                "loss": curves.train_loss[-1],
            }


def _version(folder: StudyFolder, runs: list[tuple[Experiment, int]]) -> str:
    """Return a digest of the times of all finished records."""
    files = [folder.study, folder.dataset]
    files += [folder.metrics(experiment.id, seed) for experiment, seed in runs]
    return hashlib.sha256(" ".join(map(_time, files)).encode()).hexdigest()[:16]


def _time(file: Path) -> str:
    try:
        return str(file.stat().st_mtime_ns)
    except OSError:
        return ""
