"""Checkpoints: the state of an unfinished run, saved so that it resumes to the same bytes."""

import contextlib
import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from training.engine.tensor_files import load_tensors, save_tensors
from training.errors import RecordError
from training.records import LossScaling, Scores, ValidationAnswers

KEPT = 2
"""The newest, and the one before it in case the newest is damaged."""

SHARE = 0.03
"""Of a run's time, at most, that writing checkpoints may take."""


class Identity(msgspec.Struct, frozen=True):
    """What a checkpoint belongs to; one of anything else is of no use.

    Attributes:
        form: Changes whenever the tensors of a checkpoint have other names or meanings.
    """

    spec_hash: str
    dataset_fingerprint: str
    seed: int
    torch: str
    device: str
    precision: str = "fp32"
    deterministic: bool = False
    form: int = 4


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Where training stands, but for its tensors.

    Attributes:
        epoch: The one that is running, from 1; after the last, one more.
        batch: Batches of it that are done.
        seconds: Training time of it so far.
        learning_rate: As the other lists: one entry a finished epoch.
        energy_joules: Consumed so far; None where that isn't known.
        loss_scaling: After the last finished epoch.
        best_answers: To the validation images after the best epoch.
        last_answers: Those after the last finished epoch.
    """

    epoch: int
    batch: int
    seconds: float
    learning_rate: list[float]
    train: list[Scores]
    validation: list[Scores]
    epoch_seconds: list[float]
    best_epoch: int
    training_seconds: float
    batch_parts: int
    energy_joules: float | None = None
    loss_scaling: LossScaling | None = None
    best_answers: ValidationAnswers | None = None
    last_answers: ValidationAnswers | None = None


class _Header(msgspec.Struct, frozen=True):
    identity: Identity
    position: Position


class Checkpoints:
    """The checkpoints of one run.

    Args:
        folder: Holds nothing else.
        identity: Of the run.
        seconds_between: Write at most this often; 0 writes after every batch.
        note: Receives one line about what is ignored, damaged or can't be written.
    """

    def __init__(
        self,
        folder: Path,
        identity: Identity,
        seconds_between: float = 0.0,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.folder = folder
        self.identity = identity
        self.note = note
        self._key = hashlib.sha256(msgspec.json.encode(identity)).hexdigest()[:8]
        self._wanted = seconds_between
        self._between = seconds_between
        self._last = time.monotonic()

    def due(self) -> bool:
        return time.monotonic() - self._last >= self._between

    def save(self, position: Position, tensors: dict[str, Any]) -> bool:
        """Write a checkpoint and drop the oldest; a failure is noted and the run continues.

        Returns:
            Whether it was written.
        """
        started = time.monotonic()
        header = msgspec.json.encode(_Header(self.identity, position)).decode()
        name = f"{self._key}-epoch-{position.epoch:05d}-batch-{position.batch:06d}.pt"
        try:
            save_tensors(self.folder / name, {"header": header, "tensors": tensors})
        except RecordError as error:
            self.note(f"Can't save a checkpoint: {error.message}")
            return False
        finally:
            self._last = time.monotonic()
            if self._wanted > 0:
                self._between = max(self._wanted, (self._last - started) / SHARE)
        for old in self._files()[KEPT:]:
            _remove(old)
        return True

    def newest(self) -> tuple[Position, dict[str, Any]] | None:
        """Return the newest checkpoint of this run that is whole, or None."""
        for left in self.folder.glob(".*"):
            _remove(left)
        for file in self._files():
            try:
                content = load_tensors(file)
                header = msgspec.json.decode(content["header"], type=_Header)
                if header.identity == self.identity:
                    return header.position, content["tensors"]
                reason = f"{file} belongs to another run."
            except (RecordError, msgspec.MsgspecError, KeyError, TypeError) as error:
                reason = error.message if isinstance(error, RecordError) else str(error)
            self.note(f"Ignoring a checkpoint: {reason}")
            _remove(file)
        if any(self.folder.glob("*.pt")):
            self.note(
                f"Ignoring the checkpoints in {self.folder}: they belong to other settings, "
                "images, device or version of torch."
            )
        return None

    def remove(self) -> None:
        """Remove all of them; the run's record says more."""
        remove_checkpoints(self.folder)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"{self._key}-*.pt"), reverse=True)


def remove_checkpoints(folder: Path) -> None:
    """Remove a folder of checkpoints, if it is there."""
    for file in folder.glob("*"):
        _remove(file)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _remove(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.unlink()
