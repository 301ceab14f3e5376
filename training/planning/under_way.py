"""Which runs train at this moment, and which were interrupted and will resume."""

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from training.records import Curves, RecordError, StudyFolder, read_if_there
from training.records.holders import holder_file, holder_of


@dataclass(frozen=True)
class UnderWay:
    """A run that has begun and has no record yet.

    Attributes:
        running: Whether a process works on it now; otherwise it was interrupted.
        curves: Of its finished epochs, while it runs.
    """

    running: bool
    curves: Curves | None = None


def under_way(
    folder: StudyFolder, runs: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], UnderWay]:
    """Return how far unfinished runs are; those that haven't begun or have ended are left out.

    Args:
        runs: Experiments' ids and seeds.
    """
    locks = folder.lock("any").parent
    held = set(os.listdir(locks)) if locks.is_dir() else set()  # noqa: PTH208 - names alone
    found = {}
    for name, seed in runs:
        if held and _is_held(folder.lock(f"{name}/seed-{seed}"), held):
            found[name, seed] = _running(folder, name, seed)
        elif os.path.exists(folder.checkpoint(name, seed)):  # noqa: PTH110 - for very many runs
            found[name, seed] = UnderWay(running=False)
    return found


def _is_held(lock: Path, held: set[str]) -> bool:
    return holder_file(lock).name in held and holder_of(lock) is not None


def _running(folder: StudyFolder, experiment_id: str, seed: int) -> UnderWay:
    curves = None
    with contextlib.suppress(RecordError):  # it ends just now
        curves = read_if_there(folder.running(experiment_id, seed), Curves)
    return UnderWay(running=True, curves=curves)
