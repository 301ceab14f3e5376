"""Which runs train at this moment, and which were interrupted and will resume."""

import contextlib
from dataclasses import dataclass

from training.records import Curves, RecordError, StudyFolder, read_if_there
from training.records.holders import holder_of


@dataclass(frozen=True)
class UnderWay:
    """A run that has begun and has no record yet.

    Attributes:
        running: Whether a process works on it now; otherwise it was interrupted.
        curves: Of its finished epochs, while it runs.
    """

    running: bool
    curves: Curves | None = None


def under_way(folder: StudyFolder, experiment_id: str, seed: int) -> UnderWay | None:
    """Return how far an unfinished run is; None if it hasn't begun or has ended."""
    if holder_of(folder.lock(f"{experiment_id}/seed-{seed}")) is None:
        left = folder.checkpoint(experiment_id, seed).exists()
        return UnderWay(running=False) if left else None
    curves = None
    with contextlib.suppress(RecordError):  # it ends just now
        curves = read_if_there(folder.running(experiment_id, seed), Curves)
    return UnderWay(running=True, curves=curves)
