"""What training gives: curves, the best epoch and its state."""

import math
from dataclasses import dataclass, field

from training.engine.state import State
from training.progress import EpochEnd, Progress
from training.records import Curves, LossScaling, Scores, ValidationAnswers

KEPT_OF_FIT = ("learning_rate", "train", "validation", "epoch_seconds", "best_epoch",
               "training_seconds", "batch_parts", "energy_joules", "loss_scaling", "best_answers",
               "last_answers")  # fmt: skip
"""Fields of `Fit` that a checkpoint's `Position` repeats."""


@dataclass
class Fit:
    """The outcome of training; lists have one entry a finished epoch.

    Attributes:
        diverged: A loss stopped being finite; that epoch's weights are thrown away.
        best_epoch: 1-based, see `Metrics.best_epoch`; 0 if there was no finite epoch.
        best_state: Trainable parameters and buffers after `best_epoch`.
        training_seconds: Time of the training passes alone.
        batch_parts: How many parts a batch had to be divided into for the device's memory.
        energy_joules: What the device consumed; None where that isn't known.
        loss_scaling: Of training in fp16.
        best_answers: To the validation images after `best_epoch`.
        last_answers: Those after the last epoch; None where it diverged.
        drew_apart: Whether several devices drew random numbers, other than for dropout, each by
            itself.
        normalised_apart: Whether several devices normalised batches each by its part's statistics.
    """

    learning_rate: list[float] = field(default_factory=list)
    train: list[Scores] = field(default_factory=list)
    validation: list[Scores] = field(default_factory=list)
    epoch_seconds: list[float] = field(default_factory=list)
    diverged: bool = False
    best_epoch: int = 0
    best_state: State = field(default_factory=dict)
    training_seconds: float = 0.0
    batch_parts: int = 1
    energy_joules: float | None = 0.0
    loss_scaling: LossScaling | None = None
    best_answers: ValidationAnswers | None = None
    last_answers: ValidationAnswers | None = None
    drew_apart: bool = False
    normalised_apart: bool = False

    def curves(self, experiment_id: str, seed: int) -> Curves:
        return Curves(
            id=experiment_id,
            seed=seed,
            epoch=list(range(1, len(self.train) + 1)),
            learning_rate=self.learning_rate,
            train_loss=[scores.loss for scores in self.train],
            train_accuracy=[scores.accuracy for scores in self.train],
            validation_loss=[scores.loss for scores in self.validation],
            validation_accuracy=[scores.accuracy for scores in self.validation],
            epoch_seconds=self.epoch_seconds,
        )


def is_better(result: Fit, epoch: int) -> bool:
    """Compare with the best epoch so far: validation accuracy, then lower validation loss."""
    if result.best_epoch == 0:
        return True
    new, best = result.validation[epoch - 1], result.validation[result.best_epoch - 1]
    assert new.loss is not None
    assert best.loss is not None
    return (new.accuracy, -new.loss) > (best.accuracy, -best.loss)


def report(progress: Progress, epoch: int, n_epochs: int, result: Fit, speed: float) -> None:
    """Tell how the last epoch ended; `speed` is in images a second."""
    train, validation = result.train[-1], result.validation[-1]
    progress.epoch(
        EpochEnd(
            epoch=epoch,
            n_epochs=n_epochs,
            train_loss=math.nan if train.loss is None else train.loss,
            train_accuracy=train.accuracy,
            validation_loss=math.nan if validation.loss is None else validation.loss,
            validation_accuracy=validation.accuracy,
            images_per_second=speed,
        )
    )
