"""Write the records of a run, and let go of the images that its older records alone named."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from training.errors import HomeworkError
from training.records import (
    Curves,
    Metrics,
    Predictions,
    StudyFolder,
    read_if_there,
    write_together,
)


def write_run(
    metrics: Metrics,
    curves: Curves,
    predictions: Predictions | None,
    folder: StudyFolder,
    scores: bytes | None = None,
) -> None:
    """Write a run's records together, in the place of older ones.

    Args:
        scores: Content of `scores.npy`, of which `metrics.scores` speaks.

    Raises:
        RecordError: They can't be written; the older ones are as they were.
    """
    name = metrics.id, metrics.seed
    before = set(_pictures(folder, *name))
    parts: dict[Path, msgspec.Struct | bytes | None] = {
        folder.curves(*name): curves,
        folder.predictions(*name): predictions,
        folder.scores(*name): scores,
        folder.metrics(*name): metrics,
    }
    records = {path: part for path, part in parts.items() if part is not None}
    write_together(records, remove=parts.keys() - records.keys())
    if before - set(_pictures(folder, *name)) and not _others_work(folder, *name):
        _remove_unnamed(folder, before)


def _pictures(folder: StudyFolder, experiment_id: str, seed: int) -> Iterator[str]:
    """Yield the images that a run's records name, below `thumbnails/`."""
    with contextlib.suppress(HomeworkError):
        metrics = read_if_there(folder.metrics(experiment_id, seed), Metrics)
        suspects = metrics.label_suspects if metrics else None
        for suspect in suspects.first if suspects else ():
            yield from (near.file for near in suspect.nearest)
        shown = metrics.first_layer.pictures if metrics and metrics.first_layer else None
        if shown is not None:
            yield from (shown.start, shown.end)
        if metrics is not None and metrics.altered is not msgspec.UNSET:
            yield from (thumbnail.file for thumbnail in metrics.altered)
    with contextlib.suppress(HomeworkError):
        predictions = read_if_there(folder.predictions(experiment_id, seed), Predictions)
        if predictions is not None:
            yield from (example.file for example in predictions.examples)
            if predictions.heat_maps is not None:
                yield from (kept.file for kept in predictions.heat_maps.maps)
            for item in predictions.nearest_train or ():
                yield from (near.file for near in item.nearest)


def _others_work(folder: StudyFolder, experiment_id: str, seed: int) -> bool:
    """Tell whether another process may just be about to name an image that it found there."""
    own = folder.lock(f"{experiment_id}/seed-{seed}").with_suffix(".holder").name
    holders = folder.lock("study").parent.glob("*.holder")
    return any(holder.name != own for holder in holders)


def _remove_unnamed(folder: StudyFolder, files: set[str]) -> None:
    runs = folder.path.glob("*/*/seed-*")
    named = {
        file
        for run in runs
        for file in _pictures(folder, f"{run.parts[-3]}/{run.parts[-2]}", int(run.name[5:]))
    }
    for file in files - named:
        path = folder.path / file
        if path.resolve().is_relative_to(folder.thumbnails.resolve()):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
